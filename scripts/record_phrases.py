"""
Records the phrases that must sound even when no synthesizer can be reached.

`python -m scripts.record_phrases --uri HOST:PORT --voice NAME` asks a Riva server (or `voicebot
local`) and writes the bot's own phrases into bot/app/sounds and those of the dialplan
into asterisk/sounds/hi, all at 16 kHz.
"""

import argparse
import asyncio
import wave
from contextlib import aclosing
from pathlib import Path

from bot.call.phrasebook import Phrase
from bot.config import PhraseSettings, RivaSettings
from bot.core.audio import WIDEBAND
from bot.riva.channel import Riva
from bot.riva.tts import RivaSynthesizer

ROOT = Path(__file__).resolve().parent.parent
DIALPLAN = {
    "bot-apology": "क्षमा कीजिए, इस समय हमारी स्वचालित सेवा उपलब्ध नहीं है। कृपया लाइन पर बने रहिए, "
    "हम आपको हमारे प्रतिनिधि से जोड़ रहे हैं।",
    "bot-nobody": "क्षमा कीजिए, अभी कोई प्रतिनिधि उपलब्ध नहीं है। कृपया कुछ देर बाद फिर से फ़ोन कीजिए। नमस्ते।",
    "bot-accept": "एक कॉल आपके लिए है। कॉल लेने के लिए एक दबाइए।",
}
"""What the dialplan plays when the bot cannot take the call, when no person can either, and to an
agent whom the bot cannot tell about a call."""


async def main() -> None:
    """Record everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri", default="127.0.0.1:50051")
    parser.add_argument("--voice", default="")
    options = parser.parse_args()
    patience = {"first_audio_timeout": 60.0, "chunk_timeout": 60.0}
    riva = Riva(RivaSettings(uri=options.uri))
    tts = RivaSynthesizer(
        riva.tts, riva.settings.tts.model_copy(update=patience), WIDEBAND, options.voice
    )
    for phrase in Phrase:
        if text := getattr(PhraseSettings(), phrase.value):
            _write(ROOT / f"bot/app/sounds/{phrase.value}.wav", await _spoken(tts, text))
    for name, text in DIALPLAN.items():
        pcm = await _spoken(tts, text)
        (ROOT / f"asterisk/sounds/hi/{name}.sln16").write_bytes(pcm)
    await riva.close()


async def _spoken(tts: RivaSynthesizer, text: str) -> bytes:
    print(text)
    async with aclosing(tts.speech(text)) as pieces:
        return b"".join([piece.pcm async for piece in pieces])


def _write(path: Path, pcm: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(WIDEBAND)
        file.writeframes(pcm)


if __name__ == "__main__":
    asyncio.run(main())

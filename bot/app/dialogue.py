"""What the calls of one dialogue share: its settings, its model, its phrases; and how a call of it
is put together from them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.app.own_tools import offers_call_back
from bot.app.phrases import Phrases
from bot.app.services import Services, WatchedModel, WatchedRecognizer
from bot.app.speech_memory import SpeechMemory, Wanted
from bot.app.toolbox import Toolbox
from bot.asterisk.handover import Handover, Unanswered
from bot.call.allowed import Allowed
from bot.call.answer_guard import Secrets
from bot.call.call import Call
from bot.call.hearing import Hearing
from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.rounds import Toolset
from bot.call.tongue import Tongue
from bot.call.turns import Opening
from bot.call.turnstile import Turnstile
from bot.call.watch import Watch
from bot.call.whisper import Whisper, summary
from bot.config import Settings
from bot.config_outbound import OutboundSettings
from bot.config_profile import HoursSettings
from bot.core.errand import Errand
from bot.core.events import Ending
from bot.core.ports import Caller, CallTransport
from bot.hindi.language import Language
from bot.hindi.mix import Mix
from bot.hours import is_open
from bot.nim.chat import NimChat
from bot.outbound.greeting import filled, told
from bot.riva.asr import RivaRecognizer
from bot.riva.channel import Riva
from bot.signal.echo import EchoGuard
from bot.signal.silero import silero
from bot.signal.smart_turn import EndScorer
from bot.signal.tones import Tones
from bot.signal.voice import VoiceActivity, voice_settings


class Dialogue:
    """
    The dialogue of one profile.

    `riva`, `judge` and `turnstile` are those of the process.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        riva: Riva,
        chat: NimChat,
        phrases: Phrases,
        toolbox: Toolbox,
        judge: EndScorer | None,
        turnstile: Turnstile,
        memory: SpeechMemory,
    ) -> None:
        """Raises ConfigError where a pronunciation cannot be said."""
        self.name = name
        self.settings = settings
        self.chat = chat
        self.phrases = phrases
        self.toolbox = toolbox
        self._riva = riva
        self._judge = judge
        self._turnstile = turnstile
        self._mixes = {mix: getattr(settings.llm.mix, mix.value) for mix in Mix}
        self._secrets = Secrets(
            "\n".join((settings.llm.system_prompt, *self._mixes.values(), settings.english.note)),
            settings.llm.persona,
            settings.turns.guard.never_say,
        )
        english = in_english(settings)
        self.english = Phrases(english, riva, memory, hindi=False) if english else None

    def connect(self) -> None:
        """See that the services are connected by the time a call needs them."""
        self._riva.wake()
        self.chat.warm()

    def call(
        self,
        line: CallTransport,
        caller: Caller,
        watch: Watch,
        services: Services,
        unanswered: Unanswered | None = None,
        errand: Errand | None = None,
    ) -> Call:
        """
        A call of this caller on this line; `services` watches its requests.

        `unanswered`: the caller comes back from a transfer. `errand`: what we have called them
        for.
        """
        toolset = Toolset(self.toolbox.of_call(caller), self.settings.tools)
        return Call(
            line,
            WatchedModel(self.chat, services, self.settings.llm.model),
            self._hearing(line.rate),
            self._hindi(line.rate, services, errand),
            watch,
            self._turnstile,
            Allowed(self.toolbox.policy, self._secrets, toolset),
            self._opening(unanswered, errand),
            self._english(line.rate, services),
            unanswered.history if unanswered else (),
        )

    def _opening(self, unanswered: Unanswered | None, errand: Errand | None) -> Opening:
        if unanswered is not None:
            return back(self.settings, unanswered.language)
        if errand is not None:
            message = self.settings.outbound.machine == "message"
            return Opening(called=True, message=message)
        return opening(self.settings.hours)

    def whisper(self, line: CallTransport, told: Handover, services: Services) -> Whisper:
        """What an agent on this line is told about a call."""
        voice = self.phrases.synthesizer(line.rate, services)
        return Whisper(line, voice, self.phrases.book, self.settings.whisper, told.summary)

    def handover(self, call: Call, ending: Ending) -> Handover:
        """What goes with the caller of this call, which is over; nothing where nobody gets them."""
        if ending is not Ending.TRANSFER:
            return Handover()
        about = summary(call.wish, call.history, self.settings.whisper)
        return Handover(about, call.history, call.language)

    async def prepare(self) -> None:
        """Have the phrases ready, in every language; retry until they are."""
        await self.phrases.prepare()
        if self.english is not None:
            await self.english.prepare()

    def own_speech(self) -> set[Wanted]:
        """What of the memory's own speech is this dialogue's."""
        return self.phrases.keys | (self.english.keys if self.english else set())

    def _hindi(self, rate: int, services: Services, errand: Errand | None) -> Tongue:
        """What every call begins with; where we call, with words of its own."""
        tongue = self._tongue(self.settings, self.phrases, rate, services, mixes=self._mixes)
        if errand is None:
            return tongue
        book = called_book(tongue.book, self.settings.outbound, errand.data)
        return replace(tongue, book=book, note=told(errand.data))

    def _english(self, rate: int, services: Services) -> Tongue | None:
        """What a call needs to go on in English, where the services have it."""
        phrases, settings = self.english, in_english(self.settings)
        if phrases is None or settings is None:
            return None
        return self._tongue(settings, phrases, rate, services, note=settings.english.note)

    def _tongue(
        self,
        settings: Settings,
        phrases: Phrases,
        rate: int,
        services: Services,
        note: str = "",
        mixes: Mapping[Mix, str] | None = None,
    ) -> Tongue:
        asr = settings.riva.asr
        recognizer = RivaRecognizer(self._riva.asr, asr, rate)
        return Tongue(
            WatchedRecognizer(recognizer, services, asr.language),
            phrases.synthesizer(rate, services),
            phrases.book,
            settings.turns,
            note,
            mixes or {},
        )

    def _hearing(self, rate: int) -> Hearing:
        turns = self.settings.turns
        return Hearing(
            rate,
            VoiceActivity(rate, silero(), voice_settings(self.settings.voice)),
            EchoGuard(rate) if turns.barge_in.echo_guard else None,
            Tones(rate) if turns.idle.machine else None,
            self._judge,
        )


def called_book(
    book: Phrasebook, outbound: OutboundSettings, data: Mapping[str, str]
) -> Phrasebook:
    """The phrases for somebody whom we call: greeted by name, a machine left our message."""
    own = {Phrase.GREETING: outbound.greeting, Phrase.MACHINE: outbound.message}
    texts = {phrase: filled(text, data) for phrase, text in own.items() if text}
    return replace(
        book,
        texts=book.texts | texts,
        ready={key: speech for key, speech in book.ready.items() if key[0] not in texts},
        recorded={key: speech for key, speech in book.recorded.items() if key[0] not in texts},
    )


def back(settings: Settings, language: Language) -> Opening:
    """How a call goes on that comes back from a transfer."""
    offer = offers_call_back(settings)
    phrase = Phrase.UNANSWERED_CALL_BACK if offer else Phrase.UNANSWERED
    return Opening(phrase, notice=False, language=language)


def in_english(settings: Settings) -> Settings | None:
    """The same settings for what is heard and said in English; None where that cannot be."""
    english, riva, turns = settings.english, settings.riva, settings.turns
    if not (english.asr_language and english.tts_language):
        return None
    asr = {"language": english.asr_language, "model": english.asr_model, "boosts": ()}
    tts = {"language": english.tts_language, "voice": english.tts_voice}
    spoken = {
        "asr": riva.asr.model_copy(update=asr),
        "tts": riva.tts.model_copy(update=tts),
    }
    said = {
        "field": turns.field.model_copy(update=english.field.model_dump()),
        "filler": turns.filler.model_copy(update={"texts": english.filler}),
    }
    return settings.model_copy(
        update={
            "riva": riva.model_copy(update=spoken),
            "turns": turns.model_copy(update=said),
            "phrases": english.phrases,
        }
    )


def opening(hours: HoursSettings) -> Opening:
    """How a call begins that comes now."""
    if is_open(hours, datetime.now(UTC)):
        return Opening()
    endings = {"talk": None, "hang_up": Ending.HANG_UP, "transfer": Ending.TRANSFER}
    return Opening(Phrase.CLOSED, endings[hours.outside])

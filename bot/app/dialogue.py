"""What the calls of one dialogue share: its settings, its model, its phrases; and how a call of it
is put together from them."""

from datetime import UTC, datetime

from bot.app.hours import is_open
from bot.app.phrases import Phrases
from bot.app.services import Services, WatchedModel, WatchedRecognizer
from bot.app.toolbox import Toolbox
from bot.call.answer_guard import Secrets
from bot.call.call import Call, Watch
from bot.call.hearing import Hearing
from bot.call.phrasebook import Phrase
from bot.call.rounds import Toolset
from bot.call.turns import Opening
from bot.call.turnstile import Turnstile
from bot.config import Settings
from bot.config_profile import HoursSettings
from bot.core.events import Ending
from bot.core.ports import Caller, CallTransport
from bot.nim.chat import NimChat
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
    ) -> None:
        self.name = name
        self.settings = settings
        self.chat = chat
        self.phrases = phrases
        self.toolbox = toolbox
        self._riva = riva
        self._judge = judge
        self._turnstile = turnstile
        llm, guard = settings.llm, settings.turns.guard
        self._secrets = Secrets(llm.system_prompt, llm.persona, guard.never_say)

    def connect(self) -> None:
        """See that the services are connected by the time a call needs them."""
        self._riva.wake()
        self.chat.warm()

    def call(self, line: CallTransport, caller: Caller, watch: Watch, services: Services) -> Call:
        """A call of this caller on this line; `services` watches its requests."""
        asr = self.settings.riva.asr
        recognizer = RivaRecognizer(self._riva.asr, asr, line.rate)
        return Call(
            line,
            WatchedRecognizer(recognizer, services, asr.language),
            WatchedModel(self.chat, services, self.settings.llm.model),
            self.phrases.synthesizer(line.rate, services),
            self._hearing(line.rate),
            self.phrases.book,
            self.settings.turns,
            watch,
            self._turnstile,
            self.toolbox.policy,
            opening(self.settings.hours),
            self._secrets,
            Toolset(self.toolbox.of_call(caller), self.settings.tools),
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


def opening(hours: HoursSettings) -> Opening:
    """How a call begins that comes now."""
    if is_open(hours, datetime.now(UTC)):
        return Opening()
    endings = {"talk": None, "hang_up": Ending.HANG_UP, "transfer": Ending.TRANSFER}
    return Opening(Phrase.CLOSED, endings[hours.outside])

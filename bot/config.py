"""Every knob of the bot, typed, with its default. How they are read: config_file.py."""

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.config_api import ApiSettings
from bot.config_outbound import OutboundSettings
from bot.config_part import EnvSecret, Part, Port, Seconds
from bot.config_profile import (
    HoursSettings,
    LimitsSettings,
    ProfilesSettings,
    TargetSettings,
    TransferMode,
)
from bot.config_records import RecordingSettings, RecordSettings, WebhookSettings
from bot.config_sip import SipSettings
from bot.config_texts import texts
from bot.config_tools import ToolsSettings
from bot.config_transfer import WhisperSettings

PREFIX = "BOT_"
DELIMITER = "__"

Weight = Annotated[float, Field(ge=-5, le=5)]
"""Seconds that a sign adds to a wait, or takes from it."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Key = Annotated[str, Field(pattern=r"^[0-9*#A-D]?$")]
"""One key of a telephone; empty: none."""


class AudioSocketSettings(Part):
    """Where Asterisk connects with the audio of a call."""

    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` for all. There is no encryption: keep it private."""
    port: Port = 9092
    admission: Literal["registered", "open"] = "registered"
    """`open` accepts calls that nobody registered: for a lab only."""
    advertise: str = ""
    """`host:port` that Asterisk is told to dial; empty: what we are bound to, or with `0.0.0.0` the
    address at which Asterisk's question arrived."""
    max_calls: Annotated[int, Field(ge=1, le=2000)] = 50
    """Calls at once; further ones are refused, and the dialplan's fallback takes them."""
    max_pending: Annotated[int, Field(ge=1, le=1000)] = 32
    """Connections that have not said their UUID yet."""
    hello_timeout: Seconds = 2.0
    """Seconds that a connection may take to send its UUID."""
    max_frame_bytes: Annotated[int, Field(ge=320, le=65535)] = 8192
    """The longest message accepted (Asterisk sends 320 or 640 bytes of sound)."""


class WebSocketSettings(Part):
    """The line `websocket` alone: TLS, which AudioSocket has not."""

    cert: str = ""
    """Our certificate with its chain, PEM; empty: no TLS. It must name what Asterisk is told to
    dial (`audiosocket.advertise`). Read at the start."""
    key: str = ""


class GatewayTlsSettings(Part):
    """TLS of the gateway. New files are read when they change; no restart is needed."""

    cert: str = ""
    """The server's certificate with its chain, PEM; empty: no TLS."""
    key: str = ""
    client_ca: str = ""
    """When set, clients must show a certificate of this authority."""


class GatewaySettings(Part):
    """The gRPC gateway for clients without a telephone exchange (docs/gateway.md)."""

    enabled: bool = False
    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` for all, which needs `tokens`."""
    port: Port = 50061
    tls: GatewayTlsSettings = GatewayTlsSettings()
    tokens: dict[str, SecretStr] = {}
    """Who may talk, and with which token: {"kiosk": "..."}. Empty: everybody on this
    machine."""
    operators: dict[str, SecretStr] = {}
    """Who may list, watch, end and transfer calls. Empty: nobody where `tokens` are set."""
    transcripts: bool = False
    """Operators who watch calls may read what was said. Off: caller data is private."""
    reflection: bool = True
    """Tell clients the protocol (which is public), for tools such as grpcurl."""
    open_timeout: Seconds = 5.0
    """Seconds that a client may take to say who it is."""
    stalled_timeout: Seconds = 10.0
    """Seconds without reading anything after which a client is taken for stuck, and left."""
    max_message_bytes: Annotated[int, Field(ge=16_384, le=1_048_576)] = 32_768
    """The longest message accepted; 400 ms of sound take 12800 bytes at most."""
    keepalive: Annotated[float, Field(ge=1, le=3600)] = 10.0
    """Seconds between questions to a quiet client whether it is still there."""
    keepalive_timeout: Annotated[float, Field(ge=0.1, le=60)] = 5.0
    """Seconds that it has to answer."""
    watchers: Annotated[int, Field(ge=1, le=1000)] = 16
    """Operators' watches at once."""


class HttpSettings(Part):
    """Registration for the dialplan, health and metrics."""

    host: str = "127.0.0.1"
    port: Port = 8080


class PbxSettings(Part):
    """What the dialplan may ask, and where calls go when the bot hands them back."""

    token: SecretStr = SecretStr("")
    """When set, the dialplan must send `Authorization: Bearer TOKEN`."""
    ticket_seconds: Seconds = 10.0
    """How long a registered call may take to arrive by AudioSocket."""
    transfer_context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,79}$")] = "bot-agents"
    """The dialplan context to which callers are transferred; it must allow it (BOT_TRANSFERS)."""
    transfer_exten: Annotated[str, Field(pattern=r"^[A-Za-z0-9*#_+-]{1,79}$")] = "s"
    """The extension in that context."""
    transfer_mode: TransferMode = "blind"
    """Whether the agent there is told about the call first: `warm` (docs/transfer.md)."""


class TlsSettings(Part):
    """TLS to Riva. `ca` empty: the system's roots. `cert` and `key`: a client certificate."""

    enabled: bool = False
    plain_keys: bool = False
    """Send keys (`authorization` and the like of `riva.metadata`) without TLS, too: only through a
    network that is encrypted by other means. To this machine it needs no leave."""
    ca: str = ""
    cert: str = ""
    key: str = ""


class EndpointingSettings(Part):
    """Riva's EndpointingConfig; -1 leaves a field to the server. Milliseconds, multiples of 80."""

    start_history: int = -1
    start_threshold: float = -1.0
    stop_history: int = -1
    stop_threshold: float = -1.0
    stop_history_eou: int = -1
    stop_threshold_eou: float = -1.0


class BoostSettings(Part):
    """Words that the recogniser should expect (Riva's SpeechContext)."""

    phrases: tuple[str, ...]
    boost: float = 10.0


class AsrSettings(Part):
    """Riva's RecognitionConfig."""

    model: str = ""
    """Empty: the server's choice for the language."""
    language: str = "hi-IN"
    sample_rate: Literal[8000, 16000] = 16_000
    punctuation: bool = True
    verbatim: bool = True
    """True: words as spoken; False: the server's inverse text normalisation."""
    profanity_filter: bool = False
    boosts: tuple[BoostSettings, ...] = ()
    endpointing: EndpointingSettings = EndpointingSettings()
    custom: dict[str, str] = {}
    """Riva's custom_configuration, for example {"enable_vad_endpointing": "true"}."""
    force_eou: bool = True
    """Ask for the end of an utterance when our voice activity has heard it."""
    metadata: dict[str, SecretStr] = {}
    """gRPC metadata for recognition, over `riva.metadata`: a hosted function's `function-id`."""
    keep_alive: Annotated[float, Field(ge=0.1, le=600)] = 1.0
    """After this long without caller audio, silence is sent to keep the stream alive."""
    reconnects: Annotated[int, Field(ge=0, le=100)] = 3
    """Reconnections in a row before the call is told that we are deaf."""


class TtsSettings(Part):
    """Riva's SynthesizeSpeechRequest."""

    voice: str = ""
    """Empty: the server's first voice for the language. Names are case-sensitive."""
    language: str = "hi-IN"
    sample_rate: Literal[0, 8000, 16000, 22050, 24000, 44100, 48000] = 0
    """0: the rate of the line."""
    word_times: bool = True
    custom: dict[str, str] = {}
    metadata: dict[str, SecretStr] = {}
    """gRPC metadata for synthesis, over `riva.metadata`."""
    memory_mb: Annotated[float, Field(ge=0, le=10_000)] = 64.0
    """Speech that was made before is said again at once: how much of it is kept in memory."""
    disk: str = ""
    """A folder that keeps such speech over restarts; empty: none."""
    disk_mb: Annotated[float, Field(ge=1, le=100_000)] = 256.0
    """The folder's bound; the speech that was not used for longest goes first."""
    spoken_form: bool = True
    """Give the synthesizer figures, signs and Latin words as Hindi words (docs/hindi.md). Only for
    a `language` that begins with "hi"."""
    pronunciations: dict[str, str] = {}
    """How your own words are said, in Devanagari: {"PhonePe": "फ़ोन पे"}. Capitals do not matter."""
    pronunciation_file: str = ""
    """A YAML file of the same; what stands in `pronunciations` goes over it. Read at the start."""
    first_audio_timeout: Seconds = 5.0
    chunk_timeout: Seconds = 3.0
    """The longest wait between two pieces of one sentence's audio."""


class RivaSettings(Part):
    """NVIDIA Riva, or the embedded server that speaks its protocol."""

    uri: str = "127.0.0.1:50051"
    """`host:port`, or several separated by commas (round robin)."""
    asr_uri: str = ""
    tts_uri: str = ""
    """Where they differ from `uri`."""
    tls: TlsSettings = TlsSettings()
    metadata: dict[str, SecretStr] = {}
    """gRPC metadata of each request to both services: {"authorization": "Bearer ..."}."""
    connect_timeout: Seconds = 5.0
    asr: AsrSettings = AsrSettings()
    tts: TtsSettings = TtsSettings()


_PHRASES = texts("hi", "phrases")
_FIELD = texts("hi", "turns", "field")
_ENGLISH = texts("en", "phrases")
_ENGLISH_FIELD = texts("en", "turns", "field")
_MIX = texts("hi", "llm", "mix")
SYSTEM_PROMPT: str = texts("hi", "llm")["system_prompt"]
"""All of these are in prompts.yaml."""


class MixSettings(Part):
    """What the model is told of the caller's mix of Hindi and English; empty: nothing."""

    hindi: str = _MIX["hindi"]
    mixed: str = _MIX["mixed"]
    english: str = _MIX["english"]


class LlmSettings(Part):
    """The language model: an LLM NIM or any OpenAI-compatible server."""

    base_url: str = "http://127.0.0.1:8000/v1"
    model: str = "meta/llama-3.1-8b-instruct"
    api_key: EnvSecret = SecretStr("none")
    """Or the variable that holds it: "${MY_KEY}"."""
    system_prompt: str = SYSTEM_PROMPT
    persona: str = ""
    """Added to the system prompt: who the bot is and whom it speaks for."""
    mix: MixSettings = MixSettings()
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.3
    max_tokens: Annotated[int, Field(ge=16, le=4096)] = 256
    """Of one answer."""
    history_tokens: Annotated[int, Field(ge=256, le=1_000_000)] = 4000
    """The longest history sent, estimated; the oldest turns are left out first."""
    first_token_timeout: Seconds = 6.0
    token_timeout: Seconds = 3.0
    """The longest wait between two tokens."""
    tools: bool = True
    """Offer the model the tools of `tools`."""
    redact: bool = False
    """Hide telephone numbers, OTPs and the like from the model too: it reads marks such as [PHONE],
    and so do the tools that it calls. Off: the conversation that it reads is whole."""
    extra_body: dict[str, Any] = {}
    """Sent with each request: {"chat_template_kwargs": {"enable_thinking": false}}."""


class VoiceActivitySettings(Part):
    """When we believe that the caller speaks."""

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Probability from which a silent caller's frame is voice."""
    stop_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """The same for a caller who speaks; not above `threshold`."""
    sure_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """The same for a caller who speaks over us, before we fall silent: coughs seldom reach it."""
    gate_dbfs: Annotated[float, Field(ge=-90, le=0)] = -60.0
    """Sound below this level is silence, and costs nothing."""
    min_speech: Annotated[float, Field(ge=0, le=2)] = 0.064
    """Seconds of voice before speech is believed."""
    hangover: Annotated[float, Field(gt=0, le=2)] = 0.19
    """Seconds of silence before speech is taken for ended."""


class EndOfTurnSettings(Part):
    """
    How long the caller may be silent before it is our turn, in seconds.

    The wait is `base` and all that applies of the rest, kept between `shortest` and `longest`. It
    counts from the caller's last voiced sound. docs/turn-taking.md explains each weight; all zero
    but `base` is a fixed pause.
    """

    base: Weight = 0.6
    shortest: Seconds = 0.25
    longest: Seconds = 2.5
    finished: Weight = -0.35
    """The words sound finished: they end in a verb group, a thanks, a whole question."""
    unfinished: Weight = 0.7
    """The words ask to go on: they end in "और", "कि", "मेरा", "में"."""
    hesitating: Weight = 0.9
    """The words end in "अम्म", "मतलब", "एक मिनट"."""
    number: Weight = 0.3
    """The words end in a number that nobody asked for."""
    answered: Weight = -0.35
    """The yes, the no, or all the digits that we asked for."""
    digits_missing: Weight = 0.9
    """We asked for a number, and digits are still missing."""
    first_pass: Weight = -0.1
    """The recogniser saw the end of the utterance by itself (Riva's `stop_history_eou`)."""
    unstable: Weight = 0.2
    """No final words yet, times how unstable the interim ones are (1 - stability)."""
    no_new_words: Seconds = 2.0
    """It sounds as if the caller spoke on, but no new word has come for so long: that is noise."""
    acoustic: Weight = 0.4
    """Times how unfinished it sounds to the acoustic model: from 0 (finished, or unsure) to 1."""
    acoustic_model: str = ""
    """A smart-turn ONNX file (`voicebot fetch-turn-model` gets one); empty: do without."""


class BargeInSettings(Part):
    """What happens when the caller speaks over us."""

    lower_db: Annotated[float, Field(ge=0, le=60)] = 12.0
    """By how much our voice is lowered as soon as the caller may be speaking; 0: not at all."""
    confirm: Seconds = 0.12
    """Surely voiced sound over our voice (`voice.sure_threshold`) that makes us fall silent."""
    verdict: Annotated[float, Field(ge=0, le=10)] = 1.0
    """Seconds that words may take once the caller is silent too, or is no more surely heard;
    without any, we go on where we were. 0: never go on, what stopped us has interrupted us."""
    longest_nod: Seconds = 1.2
    """Speech over our voice that is longer is no nod, whatever the words are."""
    nods: bool = True
    """A "हाँ", "जी", "अच्छा" in the middle of an explanation does not interrupt us."""
    rewind: Annotated[float, Field(ge=0, le=3)] = 0.4
    """We go on from the beginning of the word that was cut, or at most these seconds earlier."""
    echo_guard: bool = True
    """Take the echo of our own voice out of what the caller sends."""


class FieldTexts(Part):
    """What is said while a number is collected."""

    ask_again: str = _FIELD["ask_again"]
    """`{digits}`: how many are wanted."""
    too_few: str = _FIELD["too_few"]
    too_many: str = _FIELD["too_many"]
    confirm: str = _FIELD["confirm"]
    again: str = _FIELD["again"]
    wrong_key: str = _FIELD["wrong_key"]


class FieldSettings(FieldTexts):
    """How a number is collected, by keys and by voice."""

    first_digit: Seconds = 8.0
    """Silence after the question before it is asked again."""
    inter_digit: Seconds = 3.0
    """After a key, the longest wait for the next one."""
    terminator: Key = "#"
    """Ends the number."""
    clear: Key = "*"
    """Begins the number anew."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """Questions for one number before the model is told that there is none."""


class FillerSettings(Part):
    """What covers a late answer."""

    after: Seconds = 1.0
    """Silence after the caller's turn that is too long to leave empty."""
    texts: tuple[str, ...] = tuple(texts("hi", "turns", "filler")["texts"])
    """Said in turn, never in two answers running. Empty: none."""


class IdleSettings(Part):
    """When nobody speaks to us: silence, hold, noise, a machine. Each ends in a goodbye."""

    silence: Seconds = 8.0
    """Nobody speaks: ask whether the caller is still there."""
    prompts: Annotated[int, Field(ge=0, le=10)] = 2
    """Such questions in a row, of silence and of noise together, before we say goodbye."""
    held_after: Seconds = 3.0
    """Without any sound from the line, not even silence, the caller has put us on hold."""
    longest_hold: Seconds = 120.0
    noise: Seconds = 12.0
    """Sound like speech, but no words in it: say that we can not understand."""
    longest_utterance: Seconds = 60.0
    """Speech without a pause, after which we answer what we have."""
    machine: bool = True
    """Say goodbye to recorded announcements, beeps and busy tones."""


class GuardSettings(Part):
    """What is refused of what callers say and what the model answers (docs/guard.md)."""

    callers: bool = True
    """Refuse what changes the bot's instructions, reads them, asks for other callers' data, or
    names tools; the model never reads it."""
    refusals: Annotated[int, Field(ge=1, le=100)] = 3
    """Refused turns of one call, the last of which hands the caller to a person."""
    answers: bool = True
    """Stop an answer that has words of `llm.system_prompt` or the orders in `llm.persona`, or a
    tool call written as text."""
    never_say: tuple[str, ...] = ()
    """Phrases that no answer may have: names of systems, of other customers, of rivals."""


class TurnSettings(Part):
    """Whose turn it is, in seconds."""

    end_of_turn: EndOfTurnSettings = EndOfTurnSettings()
    early_start: bool = True
    """Ask the model while the caller may still go on; what is not needed is thrown away."""
    final_timeout: Seconds = 2.5
    """After the pause, the longest wait for the recogniser's final words."""
    barge_in: BargeInSettings = BargeInSettings()
    keys_pause: Seconds = 2.0
    """After a key that nobody asked for, the longest wait for the next one."""
    field: FieldSettings = FieldSettings()
    filler: FillerSettings = FillerSettings()
    idle: IdleSettings = IdleSettings()
    guard: GuardSettings = GuardSettings()
    longest_answer: Seconds = 25.0
    """Estimated seconds of speech after which an answer ends with its sentence, and the caller is
    asked whether to go on (`phrases.more`)."""
    max_call: Seconds = 900.0
    max_failures: Annotated[int, Field(ge=1, le=10)] = 3
    """Answers in a row that failed, before the caller is handed to a person."""


class PhraseSettings(Part):
    """What the bot says by itself."""

    notice: str = _PHRASES["notice"]
    """Said before the greeting: "This call is recorded". Empty: nothing."""
    greeting: str = _PHRASES["greeting"]
    silence: str = _PHRASES["silence"]
    apology: str = _PHRASES["apology"]
    goodbye: str = _PHRASES["goodbye"]
    too_long: str = _PHRASES["too_long"]
    noise: str = _PHRASES["noise"]
    machine: str = _PHRASES["machine"]
    """To an answering machine or a busy tone, before we hang up."""
    closed: str = _PHRASES["closed"]
    """In place of the greeting outside the opening hours (`hours`)."""
    give_up: str = _PHRASES["give_up"]
    refusal: str = _PHRASES["refusal"]
    """To a caller who attacks the bot (docs/guard.md)."""
    hand_over: str = _PHRASES["hand_over"]
    """To one who does so too often."""
    more: str = _PHRASES["more"]
    """After an answer that was too long (`turns.longest_answer`)."""
    switched: str = _PHRASES["switched"]
    """The caller asked for this language, and now hears it."""
    one_language: str = _PHRASES["one_language"]
    """The caller asked for a language that there is not (`english`)."""
    unanswered: str = _PHRASES["unanswered"]
    """To a caller who comes back from a transfer that nobody took."""
    unanswered_call_back: str = _PHRASES["unanswered_call_back"]
    """The same where there is the tool `call_back`: offers it."""
    uninterruptible: tuple[
        Literal["notice", "greeting", "goodbye", "too_long", "give_up", "hand_over"], ...
    ] = ("notice",)
    """Phrases that are said to their end, whatever the caller does."""


class EnglishPhrases(PhraseSettings):
    """The same in English."""

    notice: str = _ENGLISH["notice"]
    greeting: str = _ENGLISH["greeting"]
    silence: str = _ENGLISH["silence"]
    apology: str = _ENGLISH["apology"]
    goodbye: str = _ENGLISH["goodbye"]
    too_long: str = _ENGLISH["too_long"]
    noise: str = _ENGLISH["noise"]
    machine: str = _ENGLISH["machine"]
    closed: str = _ENGLISH["closed"]
    give_up: str = _ENGLISH["give_up"]
    refusal: str = _ENGLISH["refusal"]
    hand_over: str = _ENGLISH["hand_over"]
    more: str = _ENGLISH["more"]
    switched: str = _ENGLISH["switched"]
    one_language: str = _ENGLISH["one_language"]
    unanswered: str = _ENGLISH["unanswered"]
    unanswered_call_back: str = _ENGLISH["unanswered_call_back"]


class EnglishFieldTexts(FieldTexts):
    """The same in English."""

    ask_again: str = _ENGLISH_FIELD["ask_again"]
    too_few: str = _ENGLISH_FIELD["too_few"]
    too_many: str = _ENGLISH_FIELD["too_many"]
    confirm: str = _ENGLISH_FIELD["confirm"]
    again: str = _ENGLISH_FIELD["again"]
    wrong_key: str = _ENGLISH_FIELD["wrong_key"]


class EnglishSettings(Part):
    """
    English for callers who ask for it ("English please"); docs/language.md.

    It needs both languages of the services; while one is empty, the caller is told that there is
    only Hindi.
    """

    asr_language: str = ""
    """Of the recogniser: `en-IN` or `en-US`, as the server has it."""
    asr_model: str = ""
    tts_language: str = ""
    """Of the voice: `en-IN` or `en-US`."""
    tts_voice: str = ""
    """Empty: the server's choice for the language."""
    note: str = texts("en", "llm")["note"]
    """What the model is told."""
    phrases: EnglishPhrases = EnglishPhrases()
    filler: tuple[str, ...] = tuple(texts("en", "turns", "filler")["texts"])
    field: EnglishFieldTexts = EnglishFieldTexts()


class LogSettings(Part):
    """Logs are JSON lines on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"
    transcripts: bool = False
    """Write what was said into the log. Off: caller data is private."""


class TraceSettings(Part):
    """OpenTelemetry traces of calls, by OTLP over HTTP. They need the extra `otel`."""

    endpoint: Annotated[str, Field(pattern=r"^(https?://[^\s?#]+)?$")] = ""
    """The collector, `http://HOST:4318`; `/v1/traces` is added. Empty: no traces."""
    headers: dict[str, SecretStr] = {}
    """Sent with each delivery: {"authorization": "Bearer ..."}."""
    sample: Annotated[float, Field(gt=0, le=1)] = 1.0
    """The share of calls that are traced."""
    queue: Annotated[int, Field(ge=1, le=100_000)] = 2048
    """Spans that may wait for their delivery; further ones are dropped and counted."""
    timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Seconds that one delivery may take, all tries included."""
    transcripts: bool = False
    """Write what was said into spans. Off: caller data is private, and traces go elsewhere."""


class Settings(BaseSettings):
    """All settings of the bot."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        extra="forbid",
        frozen=True,
        validate_default=True,
    )

    line: Literal["audiosocket", "websocket"] = "audiosocket"
    """What Asterisk speaks with us: AudioSocket, or WebSocket (chan_websocket, from 22.8 on). The
    settings of `audiosocket` (address, admission, bounds) hold for both: docs/lines.md."""
    audiosocket: AudioSocketSettings = AudioSocketSettings()
    websocket: WebSocketSettings = WebSocketSettings()
    gateway: GatewaySettings = GatewaySettings()
    sip: SipSettings = SipSettings()
    http: HttpSettings = HttpSettings()
    api: ApiSettings = ApiSettings()
    pbx: PbxSettings = PbxSettings()
    riva: RivaSettings = RivaSettings()
    llm: LlmSettings = LlmSettings()
    voice: VoiceActivitySettings = VoiceActivitySettings()
    turns: TurnSettings = TurnSettings()
    phrases: PhraseSettings = PhraseSettings()
    english: EnglishSettings = EnglishSettings()
    hours: HoursSettings = HoursSettings()
    transfers: dict[Name, TargetSettings] = {}
    """Where callers can be transferred, by a name for the model; empty: only where `pbx` says."""
    whisper: WhisperSettings = WhisperSettings()
    tools: ToolsSettings = ToolsSettings()
    limits: LimitsSettings = LimitsSettings()
    profiles: ProfilesSettings = ProfilesSettings()
    log: LogSettings = LogSettings()
    trace: TraceSettings = TraceSettings()
    records: RecordSettings = RecordSettings()
    webhooks: WebhookSettings = WebhookSettings()
    recordings: RecordingSettings = RecordingSettings()
    outbound: OutboundSettings = OutboundSettings()
    drain_timeout: Seconds = 1800.0
    """After SIGTERM, seconds that calls may take to end by themselves."""

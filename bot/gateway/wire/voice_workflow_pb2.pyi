# ruff: noqa: E501, F401, I001, RUF100, UP007, UP045
# fmt: off
# mypy: ignore-errors
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Encoding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCODING_UNSPECIFIED: _ClassVar[Encoding]
    ENCODING_LINEAR16: _ClassVar[Encoding]
    ENCODING_MULAW: _ClassVar[Encoding]
    ENCODING_ALAW: _ClassVar[Encoding]
    ENCODING_OPUS: _ClassVar[Encoding]

class Ending(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENDING_UNSPECIFIED: _ClassVar[Ending]
    ENDING_CALLER_LEFT: _ClassVar[Ending]
    ENDING_HANG_UP: _ClassVar[Ending]
    ENDING_TRANSFER: _ClassVar[Ending]
    ENDING_FALLBACK: _ClassVar[Ending]
ENCODING_UNSPECIFIED: Encoding
ENCODING_LINEAR16: Encoding
ENCODING_MULAW: Encoding
ENCODING_ALAW: Encoding
ENCODING_OPUS: Encoding
ENDING_UNSPECIFIED: Ending
ENDING_CALLER_LEFT: Ending
ENDING_HANG_UP: Ending
ENDING_TRANSFER: Ending
ENDING_FALLBACK: Ending

class AudioFormat(_message.Message):
    __slots__ = ("encoding", "sample_rate_hz")
    ENCODING_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    encoding: Encoding
    sample_rate_hz: int
    def __init__(self, encoding: _Optional[_Union[Encoding, str]] = ..., sample_rate_hz: _Optional[int] = ...) -> None: ...

class ConverseRequest(_message.Message):
    __slots__ = ("open", "audio", "dtmf")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    DTMF_FIELD_NUMBER: _ClassVar[int]
    open: Open
    audio: Audio
    dtmf: Dtmf
    def __init__(self, open: _Optional[_Union[Open, _Mapping]] = ..., audio: _Optional[_Union[Audio, _Mapping]] = ..., dtmf: _Optional[_Union[Dtmf, _Mapping]] = ...) -> None: ...

class Open(_message.Message):
    __slots__ = ("profile", "audio_format", "caller", "called")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FORMAT_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    CALLED_FIELD_NUMBER: _ClassVar[int]
    profile: str
    audio_format: AudioFormat
    caller: str
    called: str
    def __init__(self, profile: _Optional[str] = ..., audio_format: _Optional[_Union[AudioFormat, _Mapping]] = ..., caller: _Optional[str] = ..., called: _Optional[str] = ...) -> None: ...

class Audio(_message.Message):
    __slots__ = ("data", "sequence")
    DATA_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    sequence: int
    def __init__(self, data: _Optional[bytes] = ..., sequence: _Optional[int] = ...) -> None: ...

class Dtmf(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: str
    def __init__(self, keys: _Optional[str] = ...) -> None: ...

class ConverseResponse(_message.Message):
    __slots__ = ("opened", "audio", "transcript", "bot_text", "barge_in", "turn_ended", "ended")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    BOT_TEXT_FIELD_NUMBER: _ClassVar[int]
    BARGE_IN_FIELD_NUMBER: _ClassVar[int]
    TURN_ENDED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    opened: Opened
    audio: Audio
    transcript: Transcript
    bot_text: BotText
    barge_in: BargeIn
    turn_ended: TurnEnded
    ended: Ended
    def __init__(self, opened: _Optional[_Union[Opened, _Mapping]] = ..., audio: _Optional[_Union[Audio, _Mapping]] = ..., transcript: _Optional[_Union[Transcript, _Mapping]] = ..., bot_text: _Optional[_Union[BotText, _Mapping]] = ..., barge_in: _Optional[_Union[BargeIn, _Mapping]] = ..., turn_ended: _Optional[_Union[TurnEnded, _Mapping]] = ..., ended: _Optional[_Union[Ended, _Mapping]] = ...) -> None: ...

class Opened(_message.Message):
    __slots__ = ("call_id", "audio_format", "frame_ms")
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FORMAT_FIELD_NUMBER: _ClassVar[int]
    FRAME_MS_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    audio_format: AudioFormat
    frame_ms: int
    def __init__(self, call_id: _Optional[str] = ..., audio_format: _Optional[_Union[AudioFormat, _Mapping]] = ..., frame_ms: _Optional[int] = ...) -> None: ...

class Transcript(_message.Message):
    __slots__ = ("text", "is_final", "stability", "confidence")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IS_FINAL_FIELD_NUMBER: _ClassVar[int]
    STABILITY_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    text: str
    is_final: bool
    stability: float
    confidence: float
    def __init__(self, text: _Optional[str] = ..., is_final: _Optional[bool] = ..., stability: _Optional[float] = ..., confidence: _Optional[float] = ...) -> None: ...

class BotText(_message.Message):
    __slots__ = ("turn", "text")
    TURN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    turn: int
    text: str
    def __init__(self, turn: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class BargeIn(_message.Message):
    __slots__ = ("state",)
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[BargeIn.State]
        STATE_HUSHED: _ClassVar[BargeIn.State]
        STATE_WENT_ON: _ClassVar[BargeIn.State]
        STATE_INTERRUPTED: _ClassVar[BargeIn.State]
    STATE_UNSPECIFIED: BargeIn.State
    STATE_HUSHED: BargeIn.State
    STATE_WENT_ON: BargeIn.State
    STATE_INTERRUPTED: BargeIn.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: BargeIn.State
    def __init__(self, state: _Optional[_Union[BargeIn.State, str]] = ...) -> None: ...

class TurnEnded(_message.Message):
    __slots__ = ("turn", "interrupted", "heard", "phrase", "marks", "intervals")
    class MarksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class IntervalsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    TURN_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_FIELD_NUMBER: _ClassVar[int]
    HEARD_FIELD_NUMBER: _ClassVar[int]
    PHRASE_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    INTERVALS_FIELD_NUMBER: _ClassVar[int]
    turn: int
    interrupted: bool
    heard: str
    phrase: str
    marks: _containers.ScalarMap[str, float]
    intervals: _containers.ScalarMap[str, float]
    def __init__(self, turn: _Optional[int] = ..., interrupted: _Optional[bool] = ..., heard: _Optional[str] = ..., phrase: _Optional[str] = ..., marks: _Optional[_Mapping[str, float]] = ..., intervals: _Optional[_Mapping[str, float]] = ...) -> None: ...

class Ended(_message.Message):
    __slots__ = ("ending", "seconds")
    ENDING_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    ending: Ending
    seconds: float
    def __init__(self, ending: _Optional[_Union[Ending, str]] = ..., seconds: _Optional[float] = ...) -> None: ...

class CallEventsRequest(_message.Message):
    __slots__ = ("call_id",)
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    def __init__(self, call_id: _Optional[str] = ...) -> None: ...

class CallEventsResponse(_message.Message):
    __slots__ = ("call_id", "at", "began", "transcript", "bot_text", "barge_in", "turn_ended", "ended", "keys_pressed")
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    BEGAN_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_FIELD_NUMBER: _ClassVar[int]
    BOT_TEXT_FIELD_NUMBER: _ClassVar[int]
    BARGE_IN_FIELD_NUMBER: _ClassVar[int]
    TURN_ENDED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    KEYS_PRESSED_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    at: float
    began: CallInfo
    transcript: Transcript
    bot_text: BotText
    barge_in: BargeIn
    turn_ended: TurnEnded
    ended: Ended
    keys_pressed: KeysPressed
    def __init__(self, call_id: _Optional[str] = ..., at: _Optional[float] = ..., began: _Optional[_Union[CallInfo, _Mapping]] = ..., transcript: _Optional[_Union[Transcript, _Mapping]] = ..., bot_text: _Optional[_Union[BotText, _Mapping]] = ..., barge_in: _Optional[_Union[BargeIn, _Mapping]] = ..., turn_ended: _Optional[_Union[TurnEnded, _Mapping]] = ..., ended: _Optional[_Union[Ended, _Mapping]] = ..., keys_pressed: _Optional[_Union[KeysPressed, _Mapping]] = ...) -> None: ...

class KeysPressed(_message.Message):
    __slots__ = ("count",)
    COUNT_FIELD_NUMBER: _ClassVar[int]
    count: int
    def __init__(self, count: _Optional[int] = ...) -> None: ...

class CallInfo(_message.Message):
    __slots__ = ("call_id", "caller", "called", "line", "seconds")
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    CALLED_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    caller: str
    called: str
    line: str
    seconds: float
    def __init__(self, call_id: _Optional[str] = ..., caller: _Optional[str] = ..., called: _Optional[str] = ..., line: _Optional[str] = ..., seconds: _Optional[float] = ...) -> None: ...

class ListCallsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListCallsResponse(_message.Message):
    __slots__ = ("calls",)
    CALLS_FIELD_NUMBER: _ClassVar[int]
    calls: _containers.RepeatedCompositeFieldContainer[CallInfo]
    def __init__(self, calls: _Optional[_Iterable[_Union[CallInfo, _Mapping]]] = ...) -> None: ...

class HangupRequest(_message.Message):
    __slots__ = ("call_id",)
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    def __init__(self, call_id: _Optional[str] = ...) -> None: ...

class HangupResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TransferRequest(_message.Message):
    __slots__ = ("call_id",)
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    call_id: str
    def __init__(self, call_id: _Optional[str] = ...) -> None: ...

class TransferResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

"""What Riva's servers offer: voices and recognition models by language, and which one to take."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import grpc
from riva.client.proto.riva_asr_pb2 import RivaSpeechRecognitionConfigRequest
from riva.client.proto.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from riva.client.proto.riva_tts_pb2 import RivaSynthesisConfigRequest
from riva.client.proto.riva_tts_pb2_grpc import RivaSpeechSynthesisStub

from bot.core.errors import ConfigError
from bot.core.findings import nearest
from bot.riva.channel import Servers
from bot.riva.errors import service_error

ANSWER_SECONDS: Final = 5.0
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}-[A-Za-z]{2}")

Offer = dict[str, list[str]]
"""Names by language, both sorted."""


async def voices(servers: Servers) -> Offer:
    """The voices of each language (GetRivaSynthesisConfig). Raises ServiceError."""
    stub = RivaSpeechSynthesisStub(servers.channel())
    ask = stub.GetRivaSynthesisConfig
    return _by_language(
        (language, name)
        for config in await _configs("tts", servers, ask, RivaSynthesisConfigRequest())
        for name in _voice_names(config.parameters)
        for language in _spoken_by(name, _split(config.parameters["language_code"]))
    )


async def models(servers: Servers) -> Offer:
    """The streaming recognition models of each language. Raises ServiceError."""
    stub = RivaSpeechRecognitionStub(servers.channel())
    ask = stub.GetRivaSpeechRecognitionConfig
    return _by_language(
        (language, config.model_name)
        for config in await _configs("asr", servers, ask, RivaSpeechRecognitionConfigRequest())
        if config.parameters["type"] in ("online", "")
        for language in _split(config.parameters["language_code"])
    )


def check_voice(offered: Mapping[str, list[str]], voice: str, language: str) -> str:
    """
    The voice to ask for: `voice` itself, or the language's first one when `voice` is empty.

    ConfigError lists what is offered, the nearest name first. A server that tells of no voices at
    all is believed to have the one that is wished.
    """
    if not offered:
        return voice
    names = _of(offered, language)
    if not names:
        known = ", ".join(sorted(offered))
        raise ConfigError(f"riva.tts.language: no voice speaks {language!r}; offered: {known}")
    if not voice:
        return names[0]
    if voice in names:
        return voice
    known = ", ".join(nearest(voice, names))
    raise ConfigError(f"riva.tts.voice: {voice!r} is not offered for {language}; offered: {known}")


def check_model(offered: Mapping[str, list[str]], model: str, language: str) -> str:
    """The model to ask for, empty for the server's choice. ConfigError as in `check_voice`."""
    if not offered:
        return model
    names = _of(offered, language)
    if not names:
        known = ", ".join(sorted(offered))
        raise ConfigError(f"riva.asr.language: no model hears {language!r}; offered: {known}")
    if not model or model in names:
        return model
    known = ", ".join(nearest(model, names))
    raise ConfigError(f"riva.asr.model: {model!r} is not offered for {language}; offered: {known}")


async def _configs(service: str, servers: Servers, ask: Any, request: Any) -> Sequence[Any]:
    """What a server tells of its models; nothing where it has no such request."""
    try:
        answer = await ask(request, metadata=servers.metadata, timeout=ANSWER_SECONDS)
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            return ()
        raise service_error(service, error.code(), error.details()) from error
    configs: Sequence[Any] = answer.model_config
    return configs


def _of(offered: Mapping[str, list[str]], language: str) -> list[str]:
    """The names for a language (hi-IN): its own, those for `hi`, and those for `multi`."""
    keys = (language, language.partition("-")[0], "multi")
    return [name for key in dict.fromkeys(keys) for name in offered.get(key, [])]


def _by_language(pairs: Iterable[tuple[str, str]]) -> Offer:
    offer: dict[str, set[str]] = {}
    for language, name in pairs:
        offer.setdefault(language, set()).add(name)
    return {language: sorted(offer[language]) for language in sorted(offer)}


def _voice_names(parameters: Mapping[str, str]) -> list[str]:
    """`voice_name`, or `voice_name.subvoice` for each of `subvoices` ("EN-US.Aria:0,...")."""
    voice = parameters.get("voice_name", "")
    subvoices = [item.split(":")[0] for item in _split(parameters.get("subvoices", ""))]
    return [f"{voice}.{sub}" for sub in subvoices] or ([voice] if voice else [])


def _spoken_by(name: str, languages: list[str]) -> list[str]:
    """A voice that names its locale (Magpie-Multilingual.HI-IN.Ray) speaks only that one."""
    own = {part.lower() for part in name.split(".") if _LOCALE.fullmatch(part)}
    return [language for language in languages if language.lower() in own] or languages


def _split(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]

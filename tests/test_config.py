"""The configuration: names that are fixed, their order, and messages that help."""

import os

import pytest

from bot.config_file import load
from bot.core.errors import ConfigError

FIXED = [
    ("BOT_AUDIOSOCKET__HOST", "0.0.0.0", lambda s: s.audiosocket.host),
    ("BOT_AUDIOSOCKET__PORT", "9999", lambda s: str(s.audiosocket.port)),
    ("BOT_AUDIOSOCKET__ADMISSION", "open", lambda s: s.audiosocket.admission),
    ("BOT_HTTP__HOST", "::1", lambda s: s.http.host),
    ("BOT_HTTP__PORT", "8888", lambda s: str(s.http.port)),
    ("BOT_RIVA__URI", "riva:50051", lambda s: s.riva.uri),
    ("BOT_RIVA__ASR_URI", "asr:1", lambda s: s.riva.asr_uri),
    ("BOT_RIVA__TTS_URI", "tts:2", lambda s: s.riva.tts_uri),
    ("BOT_LLM__BASE_URL", "http://nim:8000/v1", lambda s: s.llm.base_url),
    ("BOT_LLM__MODEL", "meta/llama-3.3-70b-instruct", lambda s: s.llm.model),
    ("BOT_LLM__API_KEY", "nvapi-1", lambda s: s.llm.api_key.get_secret_value()),
]
"""The variables that the documentation promises."""
SECRET = "sk-very-secret"


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """No variable of the machine's own."""
    for name in [name for name in os.environ if name.upper().startswith("BOT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path):
    """Writes a configuration file."""

    def write(text):
        path = tmp_path / "bot.yaml"
        path.write_text(text)
        return path

    return write


def wrong(path=None):
    """What is said of a wrong configuration."""
    with pytest.raises(ConfigError) as error:
        load(path)
    return str(error.value)


@pytest.mark.parametrize(("name", "value", "read"), FIXED)
def test_the_promised_variables_work(monkeypatch, name, value, read):
    """Each sets its setting."""
    monkeypatch.setenv(name, value)
    assert read(load()) == value


def test_the_bot_listens_on_loopback_and_on_the_promised_ports_unless_told_otherwise():
    """Nobody is exposed by forgetting a setting."""
    settings = load()
    assert (settings.audiosocket.host, settings.audiosocket.port) == ("127.0.0.1", 9092)
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8080)
    assert settings.audiosocket.admission == "registered"


def test_variables_go_over_the_file_setting_by_setting(monkeypatch, file):
    """What the environment does not name stays as the file has it."""
    path = file("riva: {uri: 'a:1', asr: {model: conformer}}\nllm: {model: small}\n")
    monkeypatch.setenv("BOT_RIVA__ASR__LANGUAGE", "en-IN")
    monkeypatch.setenv("BOT_LLM__MODEL", "large")
    settings = load(path)
    assert (settings.riva.uri, settings.riva.asr.model) == ("a:1", "conformer")
    assert (settings.riva.asr.language, settings.llm.model) == ("en-IN", "large")


def test_the_file_may_be_named_by_a_variable(monkeypatch, file):
    """BOT_CONFIG is the file's path, and no setting itself."""
    monkeypatch.setenv("BOT_CONFIG", str(file("http: {port: 1234}")))
    assert load().http.port == 1234


def test_maps_take_free_keys(monkeypatch):
    """Riva's custom configuration and metadata have names of their own."""
    monkeypatch.setenv("BOT_RIVA__METADATA__FUNCTION-ID", "abc")
    monkeypatch.setenv("BOT_LLM__EXTRA_BODY", '{"chat_template_kwargs": {"thinking": false}}')
    settings = load()
    assert settings.riva.metadata["function-id"].get_secret_value() == "abc"
    assert settings.llm.extra_body == {"chat_template_kwargs": {"thinking": False}}


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("BOT_AUDIOSOCKET__PROT", "BOT_AUDIOSOCKET__PORT"),
        ("BOT_RIVA_URI", "BOT_RIVA__URI"),
        ("BOT_LLM__APIKEY", "BOT_LLM__API_KEY"),
        ("BOT_RIVA__ASR__BOOST", "BOT_RIVA__ASR__BOOSTS"),
    ],
)
def test_an_unknown_variable_names_itself_and_the_nearest_right_one(monkeypatch, name, right):
    """Its value is not shown: it may be a secret under a wrong name."""
    monkeypatch.setenv(name, SECRET)
    assert wrong() == f"{name}: no such setting; did you mean {right}?"


def test_an_unknown_key_of_the_file_names_itself_and_the_nearest_right_one(file):
    """The whole path of it."""
    message = wrong(file("riva: {tts: {vioce: HI-IN}}"))
    assert message == "riva.tts.vioce: no such setting; did you mean voice?"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("BOT_HTTP__PORT", "many", "http.port (BOT_HTTP__PORT): Input should be a valid integer"),
        ("BOT_HTTP__PORT", "70000", "less than or equal to 65535"),
        ("BOT_AUDIOSOCKET__ADMISSION", "all", "'registered' or 'open'"),
        ("BOT_TURNS__MAX_CALL", "0", "greater than 0"),
        ("BOT_PBX__TRANSFER_CONTEXT", "a b", "should match pattern"),
    ],
)
def test_an_ill_typed_variable_names_itself_its_problem_and_what_was_given(
    monkeypatch, name, value, problem
):
    """Enough to mend it without reading the source."""
    monkeypatch.setenv(name, value)
    message = wrong()
    assert problem in message
    assert f"({name})" in message
    assert f"(given: '{value}')" in message


def test_every_wrong_setting_is_told_at_once(file):
    """One start shows all there is to mend."""
    message = wrong(file("http: {port: x, hots: y}\nlog: {level: loud}\n"))
    assert len(message.splitlines()) == 3


@pytest.mark.parametrize(
    "text",
    [
        f"llm: {{api_key: [{SECRET}]}}",
        f"pbx: {{token: {{a: {SECRET}}}}}",
        f"riva: {{metadata: {SECRET}}}",
        f"riva: {{metadata: {{authorization: [{SECRET}]}}}}",
        f"llm: {{api_key: {SECRET}, temperature: 9}}",
        f'llm: {{api_key: "{SECRET}',
        f"pbx: {{tokn: {SECRET}}}",
        SECRET,
        f"- api_key: {SECRET}",
    ],
)
def test_a_secret_is_in_no_message(file, text):
    """However it was put in the wrong place, and in no repr of right settings."""
    assert SECRET not in wrong(file(text))
    settings = load(file(f"llm: {{api_key: {SECRET}}}\nriva: {{metadata: {{a: {SECRET}}}}}"))
    assert SECRET not in repr(settings)


WHOLE = [SECRET, f'{{"api_key": "{SECRET}"', f'["{SECRET}"]', f'[{{"api_key": "{SECRET}"}}]']


@pytest.mark.parametrize("value", WHOLE)
def test_a_secret_is_in_no_message_about_a_whole_part(monkeypatch, file, value):
    """Where a mapping is expected, what was given instead is not shown."""
    assert SECRET not in wrong(file(f"llm: {value}"))
    monkeypatch.setenv("BOT_LLM", value)
    assert SECRET not in wrong()


def test_a_file_that_is_no_yaml_or_not_there_is_named(file, tmp_path):
    """With the place of the mistake."""
    assert "not valid YAML" in wrong(file("a: [1"))
    assert "line 1" in wrong(file("a: [1"))
    assert "--config FILE" in wrong(tmp_path / "none.yaml")

"""Profiles: what their files may say, what errors tell, and what becomes of a changed folder."""

import os
from datetime import UTC, date, datetime

import pytest

from bot.app.profile_file import WrongProfile, read_profile
from bot.app.profile_folder import changed, read_profiles
from bot.app.profile_numbers import canonical, number, routes
from bot.cli import main
from bot.config import Settings
from bot.config_profile import HoursSettings
from bot.core.errors import ConfigError
from bot.hours import is_open, told

BANK = """\
numbers: ["+91 80 1234 5678", "1800*"]
llm:
  persona: "आप सागर बैंक की ओर से बोलती हैं।"
riva:
  asr:
    boosts: [{phrases: [सागर बैंक], boost: 20}]
  tts: {voice: Asha}
phrases:
  greeting: "नमस्ते, सागर बैंक!"
turns:
  max_call: 300
hours:
  weekly: {mon-fri: "09:00-18:00"}
limits: {calls: 2}
transfers:
  cards: {exten: "6002", description: "कार्ड"}
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with one profile."""
    (tmp_path / "bank.yaml").write_text(BANK, encoding="utf-8")
    return tmp_path


def wrong(tmp_path, text):
    """What is said of a file with this text."""
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongProfile) as error:
        read_profile(path, Settings())
    return [line.removeprefix(f"{path}:") for line in str(error.value).splitlines()]


def test_a_profile_lies_over_the_settings(folder):
    """What it names is its own; all else is as it was, below the same section too."""
    base = Settings(llm={"model": "m", "temperature": 0.1}, turns={"max_failures": 7})
    profile = read_profile(folder / "bank.yaml", base)
    settings = profile.settings
    assert profile.name == "bank" and profile.numbers == ("8012345678", "1800*")
    assert settings.llm.model == "m" and settings.llm.persona.startswith("आप सागर")
    assert settings.turns.max_call == 300 and settings.turns.max_failures == 7
    assert settings.riva.asr.boosts[0].phrases == ("सागर बैंक",)
    assert settings.riva.tts.voice == "Asha" and settings.riva.uri == base.riva.uri
    assert settings.transfers["cards"].exten == "6002" and settings.limits.calls == 2
    assert base.llm.persona == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "llm:\n  temprature: 1\n",
            "2: llm.temprature: no such setting; did you mean temperature?",
        ),
        (
            "numbers: []\nturns:\n  max_call: -1\n",
            "3: turns.max_call: Input should be greater than 0 (given: -1)",
        ),
        (
            "log: {level: debug}\n",
            "1: log: is of the whole process; set it in the bot's own settings",
        ),
        (
            "llm: {}\nriva:\n  uri: x:1\n",
            "3: riva.uri: is of the whole process; set it in the bot's own settings",
        ),
        (
            "numbers:\n- 0701\n",
            "2: numbers.0: no text; write numbers in quotes: YAML takes 0701 for 449 (given: 449)",
        ),
        (
            "numbers:\n- '1'\n- delhi\n",
            '3: numbers.1: no number \'delhi\'; write "+918012345678", an extension, or "8012*"'
            " (given: 'delhi')",
        ),
        ("llm:\n  model: a\nllm: {}\n", "3: llm stands here twice; keep one"),
        ("llm: [\n", "2: is not valid YAML: expected the node content, but found '<stream end>'"),
        ("- a\n", "1: is no map of settings; write `numbers: [...]` and sections"),
        ("llm: fast\n", "1: llm: a section; write its settings below it"),
        (
            "hours:\n  weekly:\n    mon-fry: 09:00-18:00\n",
            "3: hours.weekly.mon-fry: no day 'mon-fry'; write a day"
            " (mon, tue, wed, thu, fri, sat, sun) or days: mon-fri (given: 'mon-fry')",
        ),
        (
            "hours:\n  weekly:\n    mon: 9-18\n",
            "3: hours.weekly.mon: no hours '9-18'; write \"09:00-18:00\", up to 24:00"
            " (given: '9-18')",
        ),
        (
            "llm:\n  api_key: ${NOT_THERE_AT_ALL}\n",
            "2: llm.api_key: the environment has no variable NOT_THERE_AT_ALL;"
            " set it for the bot",
        ),
        (
            "riva:\n  tts:\n    pronunciations: {बैंक: bank!}\n",
            "3: riva.tts.pronunciations: 'बैंक': 'bank!' cannot be said; write it in Devanagari"
            " letters, at most 100, as in 'PNB': 'पी एन बी'",
        ),
        (
            "transfers:\n  x:\n    exten: '1 2'\n",
            "3: transfers.x.exten: String should match pattern '^[A-Za-z0-9*#_+-]{1,79}$'"
            " (given: '1 2')",
        ),
    ],
)  # fmt: skip
def test_an_error_names_line_field_and_remedy(tmp_path, text, line):
    """Whatever is wrong: unknown, ill-typed, out of range, misplaced, twice, no YAML at all."""
    assert wrong(tmp_path, text) == [line]


def test_all_errors_of_a_file_are_told_at_once(tmp_path):
    """One line for each."""
    assert len(wrong(tmp_path, "log: {}\nllm: {x: 1}\nphrases: {y: 2}\n")) == 3


def test_a_secret_comes_from_the_environment_and_is_never_told(tmp_path, monkeypatch):
    """`${NAME}` in a key; a wrong one is not shown in an error."""
    monkeypatch.setenv("BANK_KEY", "s3cret")
    path = tmp_path / "x.yaml"
    path.write_text("llm: {api_key: '${BANK_KEY}'}\n")
    assert read_profile(path, Settings()).settings.llm.api_key.get_secret_value() == "s3cret"
    assert "s3cret" not in wrong(tmp_path, "llm: {api_key: [s3cret]}\n")[0]


@pytest.mark.parametrize(
    "called", ["+918012345678", "00918012345678", "918012345678", "08012345678", "8012345678"]
)
def test_a_number_is_found_however_it_is_written(called):
    """With the country's code, the trunk's 0, or neither."""
    assert routes({"bank": [number("+91-80-1234-5678")]}).find(called) == "bank"


def test_the_longest_beginning_wins_and_the_exact_number_over_it():
    """`1800*` and `18001*`; `*` takes all that is left."""
    found = routes({"a": ["1800*"], "b": ["18001*"], "c": ["18001234567"], "d": ["*"]}).find
    assert [found(n) for n in ("18005", "18001", "18001234567", "100", "")] == list("abcdd")
    assert canonical("+14155550100") == "+14155550100"


def test_two_profiles_with_one_number_are_an_error_that_names_both(folder):
    """At the start neither is guessed at."""
    (folder / "shop.yaml").write_text('llm: {}\nnumbers: ["08012345678"]\n')
    profiles = read_profiles(folder, Settings())
    assert profiles.problems == {
        "shop": f"{folder}/shop.yaml:2: numbers: 8012345678 is also in {folder}/bank.yaml:1;"
        " a number has one profile: take it out of one"
    }


def test_a_wrong_file_keeps_the_old_profile(folder):
    """And a right one later replaces it; nothing else is read again."""
    (folder / "shop.yaml").write_text('numbers: ["200"]\n')
    first = read_profiles(folder, Settings())
    assert not changed(folder, first)
    (folder / "bank.yaml").write_text("llm: {x: 1}\n")
    assert changed(folder, first)
    second = read_profiles(folder, Settings(), first)
    assert second.profiles == first.profiles and list(second.problems) == ["bank"]
    (folder / "bank.yaml").write_text('numbers: ["300"]\n')
    third = read_profiles(folder, Settings(), second)
    assert third.problems == {} and third.routes.find("300") == "bank"
    assert third.profiles["shop"] is first.profiles["shop"]


def test_who_has_a_number_keeps_it(folder):
    """A file that comes later and wants it is wrong; it stays wrong until one of them gives way."""
    first = read_profiles(folder, Settings())
    (folder / "a.yaml").write_text('numbers: ["8012345678"]\n')
    second = read_profiles(folder, Settings(), first)
    assert second.routes.find("8012345678") == "bank" and list(second.problems) == ["a"]
    (folder / "bank.yaml").write_text("numbers: []\n")
    (folder / "a.yaml").write_text('numbers: ["08012345678"]\n')
    third = read_profiles(folder, Settings(), second)
    assert third.routes.find("8012345678") == "a" and not third.problems


def test_a_file_that_goes_takes_its_profile_with_it(folder):
    """Its numbers are nobody's."""
    first = read_profiles(folder, Settings())
    (folder / "bank.yaml").unlink()
    second = read_profiles(folder, Settings(), first)
    assert second.profiles == {} and second.routes.find("8012345678") is None


def test_a_folder_as_kubernetes_mounts_it(tmp_path):
    """Files are links into a hidden folder that is swapped at once; it is no profile itself."""
    for version, numbers in (("..1", "100"), ("..2", "200")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "bank.yaml").write_text(f'numbers: ["{numbers}"]\n')
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "bank.yaml").symlink_to("..data/bank.yaml")
    first = read_profiles(tmp_path, Settings())
    (tmp_path / "new").symlink_to("..2")
    os.replace(tmp_path / "new", tmp_path / "..data")
    second = read_profiles(tmp_path, Settings(), first)
    assert first.routes.find("100") == second.routes.find("200") == "bank"
    assert second.routes.find("100") is None


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path):
    """It names the setting and the remedy."""
    with pytest.raises(ConfigError, match=r"profiles\.folder .*; name a folder"):
        read_profiles(tmp_path / "none", Settings())


def test_the_command_checks_a_folder(folder, capsys, monkeypatch):
    """Exit code 0 and the numbers; or 2 and what is wrong."""
    monkeypatch.delenv("BOT_CONFIG", raising=False)
    assert main(["profiles", "check", str(folder)]) == 0
    assert capsys.readouterr().out == "ok     bank: 8012345678, 1800*\n"
    (folder / "bank.yaml").write_text("numbers: {}\n")
    assert main(["profiles", "check", str(folder)]) == 2
    assert capsys.readouterr().out.startswith(f"WRONG  {folder}/bank.yaml:1: numbers:")


HOURS = HoursSettings(
    weekly={"mon-fri": "09:00-13:00, 14:00-18:00", "sat": "22:00-02:00"},
    holidays={date(2026, 11, 24): "गुरु नानक जयंती"},
)


@pytest.mark.parametrize(
    ("when", "is_now"),
    [
        ("2026-11-23 03:29", False),
        ("2026-11-23 03:30", True),
        ("2026-11-23 08:00", False),
        ("2026-11-23 12:30", False),
        ("2026-11-24 05:00", False),
        ("2026-11-28 16:29", False),
        ("2026-11-28 20:29", True),
        ("2026-11-28 20:31", False),
    ],
)
def test_open_or_closed(when, is_now):
    """In India, five and a half hours ahead of UTC; with a lunch break, a holiday, a late night."""
    assert is_open(HOURS, datetime.fromisoformat(when).replace(tzinfo=UTC)) is is_now


def test_what_the_model_is_told_of_the_hours():
    """Now and the next days, holidays by name."""
    told_now = told(HOURS, datetime(2026, 11, 23, 5, tzinfo=UTC), days=3)
    assert told_now == {
        "now": "2026-11-23 10:30 (Mon)",
        "open_now": True,
        "always_open": False,
        "days": {
            "2026-11-23 Mon": "09:00-13:00, 14:00-18:00",
            "2026-11-24 Tue": "closed: गुरु नानक जयंती",
            "2026-11-25 Wed": "09:00-13:00, 14:00-18:00",
        },
    }
    assert is_open(HoursSettings(), datetime(2026, 11, 22, tzinfo=UTC))

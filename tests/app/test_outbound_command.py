"""`voicebot dial NUMBER`, `campaign` and `do-not-call`, as an operator types them."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.cli import main
from bot.records import claims, orders
from bot.records.claims import Result
from bot.records.database import open_database
from bot.records.migrating import migrate
from bot.records.orders import OrdersWanted, Outcome


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A database that the commands find; calls are switched on."""
    url = f"sqlite:///{tmp_path}/calls.db"
    monkeypatch.setenv("BOT_RECORDS__URL", url)
    monkeypatch.setenv("BOT_OUTBOUND__ENABLED", "true")
    engine = open_database(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def say(capsys):
    """Runs a command; its exit code, and what it says and complains of."""

    def run(*words):
        code = main(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def june(tmp_path):
    """A file of two people, one of them twice."""
    path = tmp_path / "june.csv"
    path.write_text("number,name\n9812345670,आशा\n09812345670,आशा\n9812345671,रवि\n")
    return str(path)


def test_a_number_that_is_dialled_is_an_order(engine, say):
    """With its profile, data and consent; a bot makes the call."""
    code, out, _ = say("dial", "98123 45678", "--set", "name=आशा", "--consent", "form")
    [order] = orders.find(engine, OrdersWanted())
    assert (code, out) == (0, f"order {order.id}\n")
    assert (order.number, order.data, order.consent) == ("+919812345678", {"name": "आशा"}, "form")


@pytest.mark.parametrize(
    ("outcome", "minutes", "told", "code"),
    [
        (Outcome.ANSWERED, None, "answered", 0),
        (Outcome.REFUSED, None, "refused: no consent", 1),
        (Outcome.BUSY, 10, "busy", 1),
    ],
)
def test_an_order_that_is_waited_for_says_how_it_ended(engine, say, outcome, minutes, told, code):
    """Exit code 0 where a person has answered; one that is called again is waited for no longer."""
    detail = "no consent" if outcome is Outcome.REFUSED else ""

    def bot():
        until = time.monotonic() + 30
        while time.monotonic() < until:
            at = datetime.now(UTC)
            if (claim := claims.claim(engine, "bot", at, timedelta(minutes=1))) is not None:
                due = at + timedelta(minutes=minutes) if minutes else None
                claims.settle(engine, claim, Result(outcome, detail, due), at)
                return
            time.sleep(0.05)

    calling = threading.Thread(target=bot)
    calling.start()
    done = say("dial", "9812345678", "--consent", "form", "--wait")
    calling.join()
    assert (done[0], done[1].splitlines()[1]) == (code, told)


def test_an_order_that_cannot_be_is_refused_at_once(engine, say, monkeypatch):
    """A profile that is not there, data that the greeting needs, calls that are switched off."""
    assert say("dial", "9812345678", "--profile", "bank")[0] == 2
    monkeypatch.setenv("BOT_OUTBOUND__GREETING", "नमस्ते {name}")
    code, _, error = say("dial", "9812345678")
    assert code == 1 and "--set name=VALUE" in error
    monkeypatch.setenv("BOT_OUTBOUND__ENABLED", "false")
    code, _, error = say("dial", "9812345678")
    assert code == 2 and "BOT_OUTBOUND__ENABLED" in error
    assert orders.find(engine, OrdersWanted()) == []


def test_without_a_database_there_are_no_orders(say, monkeypatch):
    """The message names the setting."""
    monkeypatch.setenv("BOT_OUTBOUND__ENABLED", "true")
    code, _, error = say("dial", "9812345678")
    assert code == 2 and "BOT_RECORDS__URL" in error


def test_a_campaign_from_its_start_to_its_end(engine, say, june, tmp_path):
    """Started, started again, listed, paused, resumed, shown, stopped, exported."""
    started = say("campaign", "start", june, "--consent", "form", "--rate", "30", "--calls", "2")
    assert started == (0, "campaign june: 2 numbers added, 1 were in it already\n", "")
    again = say("campaign", "start", june, "--consent", "form")
    assert again[1] == "campaign june: 0 numbers added, 3 were in it already\n"
    other = say("campaign", "start", june, "--name", "july")
    assert other[0] == 1 and "campaign june is from the same file" in other[2]
    assert say("campaign", "list")[1].split()[:3] == ["june", "running", "default"]
    assert "paused" in say("campaign", "pause", "june")[1]
    assert "running" in say("campaign", "resume", "june")[1]
    shown = say("campaign", "show", "june")[1]
    assert "at most 30 calls a minute, 2 at once" in shown and "waiting    2" in shown
    assert "stopped" in say("campaign", "stop", "june")[1]
    assert "2 numbers in" in say("campaign", "export", "june", "--to", str(tmp_path / "o.csv"))[1]
    lines = (tmp_path / "o.csv").read_text().splitlines()
    assert lines[0] == "number,state,outcome,detail,tries,changed,call,name"
    assert lines[1].startswith("+919812345670,cancelled,,,0,") and lines[1].endswith(",,आशा")


def test_an_exported_cell_is_no_formula(engine, say, tmp_path):
    """A spreadsheet that opens it runs nothing; amounts and numbers stay what they are."""
    path = tmp_path / "june.csv"
    names = ["=HYPERLINK(1)", "+cmd", "-2+3", "@SUM(1)", "\tx", "आशा - रवि"]
    rows = [f'981234567{n},"{name}",-1250.50\n' for n, name in enumerate(names)]
    path.write_text("number,name,amount\n" + "".join(rows))
    say("campaign", "start", str(path), "--consent", "form")
    lines = say("campaign", "export", "june")[1].splitlines()[1:]
    assert [line.split(",")[-2:] for line in lines] == [
        ["'=HYPERLINK(1)", "-1250.50"],
        ["'+cmd", "-1250.50"],
        ["'-2+3", "-1250.50"],
        ["'@SUM(1)", "-1250.50"],
        ["x", "-1250.50"],
        ["आशा - रवि", "-1250.50"],
    ]
    assert lines[0].startswith("+919812345670,")


def test_people_without_consent_are_told_of(engine, say, june):
    """They are refused when it is their turn."""
    assert "3 of the file have no consent" in say("campaign", "start", june)[1]


def test_a_wrong_file_calls_nobody(engine, say, tmp_path):
    """The line and the column are named."""
    path = tmp_path / "may.csv"
    path.write_text("number\n9812345670\nabc\n")
    code, _, error = say("campaign", "start", str(path))
    assert code == 2 and "may.csv:3: number:" in error
    assert orders.find(engine, OrdersWanted()) == []


def test_a_campaign_that_is_not_there_is_named(engine, say):
    """With where to look."""
    code, _, error = say("campaign", "show", "june")
    assert code == 1 and "there is no campaign june" in error


def test_numbers_are_put_on_the_list_and_taken_off(engine, say):
    """What is said holds two digits of each; the list has them whole."""
    assert say("do-not-call", "add", "098123 45678", "9812345679")[1] == (
        "...78: noted\n...79: noted\n"
    )
    assert say("do-not-call", "add", "+919812345678")[1] == "...78: was noted already\n"
    assert "+919812345678" in say("do-not-call", "list")[1]
    assert say("do-not-call", "remove", "9812345678")[1] == "...78: may be called\n"
    assert say("do-not-call", "remove", "9812345678")[1] == "...78: was not on the list\n"


def test_a_purge_by_number_takes_the_orders_too(engine, say):
    """They are data of the called."""
    say("dial", "9812345678", "--consent", "form")
    done = say("calls", "purge", "--number", "98123 45678", "--yes")
    assert done[1] == "0 calls deleted\n1 orders of outbound calls deleted\n"
    assert orders.find(engine, OrdersWanted()) == []

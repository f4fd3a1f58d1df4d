"""Calls for the records' tests: made up, or held on virtual time by the real call."""

from bot.config_records import RecordSettings, WebhookSettings
from bot.core.ports import Caller
from bot.records.call_record import CallRecord, TurnRow
from bot.records.database import writing
from bot.records.writer import _execute, _runs

SECRET_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOKS = WebhookSettings(url="http://127.0.0.1:9/hooks", secret=SECRET_KEY)


class Rows:
    """Takes rows in place of the writer."""

    def __init__(self):
        self.groups = []

    def put(self, group):
        """Note them."""
        self.groups.append(group)

    def of(self, table):
        """The rows of one table, in their order."""
        return [each.row for group in self.groups for each in group if each.table == table]

    def store(self, engine):
        """Write them all, as the writer does."""
        with writing(engine) as connection:
            for run in _runs([each for group in self.groups for each in group]):
                _execute(connection, run)
        self.groups.clear()


def record(put, call_id="c-1", number="9812345678", profile="", hooks=HOOKS, **settings):
    """The record of a call that is up, as the bot makes it."""
    made = CallRecord(
        Caller(call_id, number, "18001234", "PJSIP/1"),
        RecordSettings(**settings),
        hooks,
        put,
        profile=profile,
        line="audiosocket",
        rate=8000,
        bot="bot-0",
    )
    made.began()
    return made


def turn(number=1, heard="मेरा खाता बंद है", said="जी, देखती हूँ।", **more):
    """A turn, as the call reports it."""
    values = {"phrase": "", "cut": False, "error": "", "intervals": {"response": 0.4}}
    return TurnRow(number=number, heard=heard, said=said, **(values | more))

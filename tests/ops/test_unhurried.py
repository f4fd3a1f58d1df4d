"""A log whose reader is slow."""

import io
import threading

from bot.ops.unhurried import Unhurried


class Blocked(io.StringIO):
    """A stream that takes nothing until it is told to."""

    def __init__(self):
        super().__init__()
        self.open = threading.Event()

    def write(self, text):
        self.open.wait(10)
        return super().write(text)


def test_a_blocked_reader_costs_lines_and_never_time():
    """Ten thousand lines are taken at once by a stream that takes none; the rest is counted."""
    stream = Blocked()
    log = Unhurried(stream, longest=10)
    for number in range(10_000):
        log.write(f"{number}\n")
    stream.open.set()
    log.close()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "0"
    assert any('"log lines lost"' in line for line in lines)
    assert len(lines) < 20


def test_the_last_lines_are_written_at_the_end():
    """What was taken is not lost when the program ends."""
    stream = io.StringIO()
    log = Unhurried(stream)
    log.write("one\n")
    log.write("two\n")
    log.close()
    assert stream.getvalue() == "one\ntwo\n"


def test_a_reader_who_is_gone_does_not_end_the_log():
    """A closed stream is not an error of ours."""
    stream = io.StringIO()
    stream.close()
    log = Unhurried(stream)
    log.write("one\n")
    log.close()
    assert log.lost == 1

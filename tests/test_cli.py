"""The command `voicebot`, as a user types it."""

import os
import subprocess
import sys

import pytest


def voicebot(*words, **variables):
    """Run the command; its exit code, standard output and standard error."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BOT_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**environment, **variables},
    )
    return done.returncode, done.stdout, done.stderr


def test_version_is_printed():
    """One line."""
    assert voicebot("version") == (0, "voicebot 0.1.0\n", "")


def test_a_misspelt_variable_stops_the_start_with_the_right_name():
    """Exit code 2, one line, no trace."""
    code, _, error = voicebot("serve", BOT_AUDIOSOKET__PORT="9092")
    assert code == 2
    assert "BOT_AUDIOSOKET__PORT" in error
    assert "did you mean BOT_AUDIOSOCKET__PORT?" in error
    assert "Traceback" not in error


def test_a_taken_port_stops_the_start_with_the_remedy():
    """Exit code 2, and which variable to set."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, error = voicebot("serve", BOT_AUDIOSOCKET__PORT=port, BOT_HTTP__PORT="0")
    assert code == 2
    assert "BOT_AUDIOSOCKET__PORT" in error.splitlines()[-1]


def test_a_missing_file_is_named():
    """`--config` with a file that is not there."""
    code, _, error = voicebot("serve", "--config", "/no/such.yaml")
    assert (code, "/no/such.yaml does not exist" in error) == (2, True)


def test_dialling_nobody_says_so():
    """A SIP address where nobody is: its exit code and a reason; 2 without the softphone."""
    code, _, error = voicebot("dial", "sip:100@127.0.0.1:9", "--ring", "2")
    assert code in (2, 7)
    assert error.startswith("voicebot: ")


HINDI = [
    (("spoken",), "बिल ₹1,250 है", "बिल एक हज़ार दो सौ पचास रुपये है"),
    (("value", "amount"), "डेढ़ हज़ार रुपये", "1500"),
    (("value", "date", "--today", "2026-11-23"), "परसों भेज दीजिए", "2026-11-25"),
    (("value", "yes_no"), "नहीं तो", "no"),
    (("cut",), "नमस्ते। आप कैसे हैं? ठीक", "नमस्ते।\tआप कैसे हैं?\tठीक"),
    (("redact",), "मेरा नंबर ९८७६५ ४३२१० है", "मेरा नंबर [PHONE] है"),
    (("fold",), "हाँ जी, चाहिये।", "हां जी चाहिए"),
]


@pytest.mark.parametrize(("words", "text", "becomes"), HINDI, ids=lambda case: str(case))
def test_each_line_becomes_one_line_in_utf_8_whatever_the_locale(words, text, becomes):
    """Empty lines stay, and bytes that are no UTF-8 break nothing."""
    given = f"{text}\n\n{text}".encode() + b"\n\xff\r\n"
    done = subprocess.run(
        [sys.executable, "-m", "bot", "hindi", *words],
        input=given,
        capture_output=True,
        timeout=60,
        env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode("utf-8").split("\n")[:3] == [becomes, "", becomes]
    assert done.stdout.count(b"\n") == 4


def test_a_line_is_answered_before_the_next_one_is_read():
    """So a program can ask and wait for the answer."""
    command = [sys.executable, "-m", "bot", "hindi", "fold"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asked:
        assert asked.stdin and asked.stdout
        asked.stdin.write("चाहिये\n".encode())
        asked.stdin.flush()
        assert asked.stdout.readline() == "चाहिए\n".encode()
        asked.stdin.close()
    assert asked.returncode == 0


@pytest.mark.parametrize("words", [("hindi", "fold"), ("plan", "--calls", "50", "--explain")])
def test_output_that_nobody_reads_ends_the_command_without_a_word(words):
    """As in `voicebot plan | head -1`: the exit code of a broken pipe, and no trace."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        input=b"line\n" * 3,
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_unknown_slot_names_those_there_are():
    """Exit code 2."""
    code, _, error = voicebot("hindi", "value", "colour")
    assert code == 2
    assert "yes_no" in error

"""The command `voicebot`, as a user types it."""

import os
import subprocess
import sys


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
    """A SIP address where nobody is: exit code 1 and a reason."""
    code, _, error = voicebot("dial", "sip:100@127.0.0.1:9", "--ring", "2")
    assert code in (1, 2)
    assert error.startswith("voicebot: ")

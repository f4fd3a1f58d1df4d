"""The bot's own speech on disk."""

import os
from hashlib import sha256

import pytest
from structlog.testing import capture_logs

from bot.app.speech_folder import DIGEST_BYTES, FORMAT, SpeechFolder, decoded, encoded
from bot.app.speech_memory import wanted
from bot.config import TtsSettings
from bot.core.ports import Speech, Word

SPEECH = Speech(b"\1\2\n\4" * 800, (Word("जी,", 0.02), Word("बताइए।", 0.04)))


def key(text, voice="asha", rate=8000):
    """The key of a sentence."""
    return wanted(text, TtsSettings(custom={"speed": "1.1"}), voice, rate)


def only_file(folder):
    """The one file in the folder."""
    (path,) = folder.path.iterdir()
    return path


def test_speech_comes_back_with_its_words_in_another_process(tmp_path):
    """Written by one bot, read by another; other keys find nothing."""
    SpeechFolder(str(tmp_path / "new"), 1.0).write(key("जी"), SPEECH)
    other = SpeechFolder(str(tmp_path / "new"), 1.0)
    assert other.read(key("जी")) == SPEECH
    assert other.read(key("जी", rate=16_000)) is None
    assert other.read(key("जी", voice="ravi")) is None


def test_the_format_is_the_documented_one():
    """Version, digest, a line of JSON, PCM."""
    content = encoded(key("जी"), SPEECH)
    body = content[len(FORMAT) + DIGEST_BYTES :]
    assert content == FORMAT + sha256(body).digest() + body
    assert body.endswith(b"\n" + SPEECH.pcm)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[:-2],
        lambda content: content.replace(b"\1\2", b"\1\3", 1),
        lambda content: content.replace(b"speech 1", b"speech 9"),
        lambda content: encoded(key("और कुछ"), SPEECH),
    ],
    ids=["empty", "cut", "altered", "another format", "another sentence"],
)
def test_a_damaged_file_is_removed_and_told(tmp_path, spoil):
    """It is as if it had never been there."""
    folder = SpeechFolder(str(tmp_path), 1.0)
    folder.write(key("जी"), SPEECH)
    path = only_file(folder)
    path.write_bytes(spoil(path.read_bytes()))
    with capture_logs() as logs:
        assert folder.read(key("जी")) is None
        assert folder.read(key("जी")) is None
    assert [entry["event"] for entry in logs] == ["damaged speech removed"]
    assert not path.exists()


def test_a_digest_over_nonsense_is_no_speech():
    """A right digest and a wrong head, as another program could write."""
    body = b"[1]\nxx"
    with pytest.raises((ValueError, TypeError)):
        decoded(FORMAT + sha256(body).digest() + body, key("जी"))


def test_the_speech_not_used_for_longest_goes_first(tmp_path):
    """To read is to use; files of others are left alone."""
    size = len(encoded(key("0"), SPEECH))
    folder = SpeechFolder(str(tmp_path), 3.5 * size / 1e6)
    (tmp_path / "README").write_bytes(bytes(10 * size))
    for number in range(3):
        folder.write(key(str(number)), SPEECH)
    for age, path in enumerate(sorted(tmp_path.glob("*.speech"))):
        os.utime(path, (1000 + age, 1000 + age))
    oldest = min(range(3), key=lambda n: folder._place(key(str(n))).stat().st_mtime)
    others = {0, 1, 2} - {oldest}
    assert folder.read(key(str(oldest)))
    folder.write(key("3"), SPEECH)
    assert folder.read(key(str(oldest)))
    assert folder.read(key("3"))
    assert sum(folder.read(key(str(n))) is not None for n in others) == 1
    assert (tmp_path / "README").exists()


def test_speech_larger_than_the_bound_is_not_written(tmp_path):
    """It would push out everything else."""
    folder = SpeechFolder(str(tmp_path), 0.001)
    folder.write(key("जी"), SPEECH)
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_finished_writing_is_removed_after_an_hour(tmp_path):
    """A bot that was killed leaves a part; a bot that writes just now is not disturbed."""
    old, new = tmp_path / "a.part", tmp_path / "b.part"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (1000, 1000))
    SpeechFolder(str(tmp_path), 1.0).write(key("जी"), SPEECH)
    assert (old.exists(), new.exists()) == (False, True)


def test_a_folder_that_cannot_be_used_is_told_once(tmp_path):
    """A file lies where the folder should be; the bot goes on without."""
    (tmp_path / "taken").write_bytes(b"")
    folder = SpeechFolder(str(tmp_path / "taken"), 1.0)
    with capture_logs() as logs:
        folder.write(key("जी"), SPEECH)
        folder.write(key("जी"), SPEECH)
        assert folder.read(key("जी")) is None
    (entry,) = logs
    assert (entry["event"], entry["remedy"]) == ("speech not kept on disk", "riva.tts.disk")

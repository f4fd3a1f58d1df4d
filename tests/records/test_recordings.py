"""The sound of a call: who is on which side, when, what is left out, and where it ends up."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import time
import wave

import boto3
import numpy as np
import pytest
import soundfile

from bot.app.announcement import announced
from bot.call.watch import Watch
from bot.config import Settings
from bot.config_records import RecordingSettings
from bot.core.errors import ServiceUnavailable
from bot.core.ports import ToolCall
from bot.records.sound import AHEAD, CallSound, Piece, RecordedLine
from bot.records.sound_files import SoundFiles
from bot.records.storage import open_storage, remover
from tests.asterisk.peer import eventually
from tests.call.test_turn_taking import ASK, OURS
from tests.fakes import FakeLine, ScriptedModel, ScriptedRecognizer, Story, ToneSynthesizer, now

FRAME = 320
SILENT = bytes(FRAME)


def tone(value):
    """A frame of one value."""
    return int(value).to_bytes(2, "little") * (FRAME // 2)


class Pieces:
    """Puts the pieces together again, as samples of both sides."""

    def __init__(self):
        self.pieces = []
        self.put = self.pieces.append

    @property
    def left(self):
        """The caller."""
        return np.frombuffer(b"".join(piece.left for piece in self.pieces), "<i2")

    @property
    def right(self):
        """The bot."""
        return np.frombuffer(b"".join(piece.right for piece in self.pieces), "<i2")


def frames_of(samples):
    """The first sample of each frame."""
    return samples[:: FRAME // 2].tolist()


def test_both_sides_are_on_one_clock():
    """The caller is 60 ms late, which lets late frames in; ours is where it was played."""
    pieces = Pieces()
    sound = CallSound("c", 8000, pieces.put)
    for number in range(1, 41):
        sound.hear(tone(number))
        sound.play(tone(100 + number))
    sound.close()
    assert frames_of(pieces.right) == list(range(101, 141))
    late = AHEAD - 1
    assert frames_of(pieces.left) == [0] * late + list(range(1, 41 - late))
    assert pieces.pieces[-1].last


def test_jitter_leaves_no_gap_and_a_hold_leaves_silence():
    """Two frames that come together later; then nothing for a while."""
    pieces = Pieces()
    sound = CallSound("c", 8000, pieces.put)
    comes = {n: [n] for n in range(1, 30)} | {10: [], 11: [10, 11]} | {n: [] for n in range(20, 30)}
    for number in range(1, 41):
        for each in comes.get(number, []):
            sound.hear(tone(each))
        sound.play(SILENT)
    sound.close()
    heard = frames_of(pieces.left)
    assert [value for value in heard if value] == list(range(1, 20))
    assert heard[heard.index(1) : heard.index(19) + 1] == list(range(1, 20))


def test_a_burst_after_a_long_delay_does_not_shift_the_rest_of_the_call():
    """The oldest frames of it are left out."""
    pieces = Pieces()
    sound = CallSound("c", 8000, pieces.put)
    for number in range(1, 60):
        sound.hear(tone(number))
    for number in range(60, 100):
        sound.hear(tone(number))
        sound.play(SILENT)
    sound.close()
    assert frames_of(pieces.left)[-1] >= 99 - 15


def test_a_secret_is_silence_on_both_sides_and_for_a_second_after():
    """Not a sample of it is kept anywhere, also not of what waited."""
    pieces = Pieces()
    sound = CallSound("c", 8000, pieces.put)
    for number in range(300):
        if number in (100, 150):
            sound.pause(number == 100)
        sound.hear(tone(5))
        sound.play(tone(7))
    sound.close()
    for side in (pieces.left, pieces.right):
        assert not any(frames_of(side)[100:200])
        assert all(frames_of(side)[5:100]) and all(frames_of(side)[205:])
    assert len(pieces.left) == len(pieces.right) == 300 * FRAME // 2


async def test_a_call_is_recorded_as_it_was_played_and_its_secret_is_not():
    """A whole call on virtual time: the caller's voice at its times, ours at ours."""
    pieces = Pieces()
    line = FakeLine(
        30.0, voice=[(2.0, 3.0), (14.0, 14.5)], keys=[(6.0 + n / 4, "7") for n in range(4)]
    )
    sound = CallSound("c", 8000, pieces.put)
    tool = ToolCall("collect_number", {"name": "pin", "digits": "4", "secret": "true"})
    spans = []
    held = Story(
        RecordedLine(line, sound),
        ScriptedRecognizer([ASK]),
        ScriptedModel([[tool, "अपना पिन दबाइए।"], "मिल गया।"]),
        ToneSynthesizer(),
        settings=OURS,
        also=Watch(secret=lambda begins: (spans.append(now()), sound.pause(begins))),
    )
    await held.run()
    sound.close()
    sent = np.frombuffer(b"".join(frame for _, frame in line.sent), "<i2")
    first = int(spans[0] * 8000) - 400
    assert (pieces.right[:first] == sent[:first]).all()
    assert pieces.right[:first].any()
    voice = np.flatnonzero(pieces.left[:first]) / 8000
    assert 2.0 <= voice[0] < 2.1 and 3.0 <= voice[-1] < 3.1
    assert not pieces.left[first + 800 :].any() and not pieces.right[first + 800 :].any()


class Told:
    """What the thread tells."""

    def __init__(self):
        self.counts = {"kept": 0, "failed": 0, "dropped": 0}
        self.names = {}

    def told(self, what, number):
        """Add it up."""
        self.counts[what] += number

    def kept(self, call_id, name):
        """Note it."""
        self.names[call_id] = name


@contextlib.contextmanager
def files(settings):
    """The threads, ended at the end; what they told."""
    told = Told()
    made = SoundFiles(settings, open_storage(settings), told.told, told.kept)
    try:
        yield made, told
    finally:
        made.close()


def a_call(put, call_id="c-1", rate=8000, frames=100):
    """Two seconds of sound."""
    sound = CallSound(call_id, rate, put)
    size = rate // 50 * 2
    for _ in range(frames):
        sound.hear(b"\x00\x10" * (size // 2))
        sound.play(b"\x00\x20" * (size // 2))
    return sound


@pytest.mark.real_time
@pytest.mark.parametrize("format", ["wav", "opus"])
@pytest.mark.parametrize("rate", [8000, 16000])
async def test_a_recording_can_be_played(tmp_path, format, rate):
    """Stereo, its length, its rate; nothing half done is left."""
    settings = RecordingSettings(enabled=True, folder=str(tmp_path), format=format)
    with files(settings) as (made, told):
        a_call(made.put, rate=rate).close()
        await eventually(lambda: told.counts["kept"] == 1)
    sound, found = soundfile.read(tmp_path / told.names["c-1"])
    assert sound.shape[1] == 2 and abs(len(sound) / found - 2.0) < 0.1
    assert not list(tmp_path.glob("**/*.part"))
    if format == "wav":
        assert found == rate and sound[:, 1].all() and sound[-100:, 0].all()


@pytest.mark.real_time
async def test_a_crash_leaves_a_recording_that_plays_and_the_next_start_finishes_it(tmp_path):
    """Killed in mid-call: what was written half a second before is there."""
    settings = RecordingSettings(enabled=True, folder=str(tmp_path))
    with files(settings) as (made, _):
        a_call(made.put)
        await eventually(lambda: list(tmp_path.glob("**/*.part")))
        [part] = tmp_path.glob("**/*.part")
        await eventually(lambda: part.stat().st_size == 44 + 100 * 2 * FRAME)
        copy = part.with_name("20260101T000000Z.wav.part")
        copy.write_bytes(part.read_bytes())  # as a killed process would have left it
    with wave.open(str(copy)) as left:
        assert left.getnframes() == 16000
    old = time.time() - 3600
    os.utime(copy, (old, old))
    with files(settings) as (_, told):
        await eventually(lambda: told.counts["kept"] >= 1)
    assert copy.with_suffix("").exists()


@pytest.mark.real_time
async def test_lost_pieces_become_silence_of_their_length(tmp_path):
    """What comes after them is in its place."""
    settings = RecordingSettings(enabled=True, folder=str(tmp_path))
    sound = tone(9) * 25
    with files(settings) as (made, told):
        made.put(Piece("c", 8000, 0, sound, sound))
        made.put(Piece("c", 8000, 75, sound, sound, last=True))
        await eventually(lambda: told.counts["kept"] == 1)
    played, _ = soundfile.read(tmp_path / told.names["c"], dtype="int16")
    assert frames_of(played[:, 0]) == [9] * 25 + [0] * 50 + [9] * 25


@pytest.mark.real_time
async def test_a_folder_that_cannot_be_written_costs_that_recording_only(tmp_path):
    """Another call's is kept."""
    settings = RecordingSettings(enabled=True, folder=str(tmp_path))
    (tmp_path / "bad").write_text("in the way")
    with files(settings) as (made, told):
        a_call(made.put, "bad").close()
        a_call(made.put, "good").close()
        await eventually(lambda: told.counts["kept"] == 1)
    assert told.counts["failed"] == 1 and list(told.names) == ["good"]


@pytest.mark.real_time
async def test_a_stuck_disk_holds_no_call_up(tmp_path, monkeypatch):
    """Pieces are dropped and counted."""
    monkeypatch.setattr(SoundFiles, "_write_all", lambda self: None)
    settings = RecordingSettings(enabled=True, folder=str(tmp_path), queue=10)
    with files(settings) as (made, told):
        a_call(made.put, frames=25 * 30)
        assert told.counts["dropped"] == 20
        made._pieces.get()  # room for the end


async def test_a_call_id_is_never_a_path(tmp_path):
    """Whatever a line calls its call."""
    (tmp_path / "in").mkdir()
    (tmp_path / "precious").mkdir()
    settings = RecordingSettings(enabled=True, folder=str(tmp_path / "in"))
    remover(settings)("../precious")
    assert (tmp_path / "precious").exists()


@contextlib.contextmanager
def s3_server():
    """moto's S3 in a process of its own, with a bucket; its address and a client."""
    words = "from moto.server import main; main(['-p', '0', '-H', '127.0.0.1'])"
    server = subprocess.Popen([sys.executable, "-c", words], stderr=subprocess.PIPE, text=True)
    try:
        found = None
        while found is None:
            found = re.search(r"http://127.0.0.1:\d+", server.stderr.readline())
        client = boto3.client(
            "s3", endpoint_url=found[0], region_name="us-east-1",
            aws_access_key_id="key", aws_secret_access_key="secret",
        )  # fmt: skip
        client.create_bucket(Bucket="recordings")
        yield found[0], client
        client.close()
    finally:
        server.terminate()
        server.wait(10)
        server.stderr.close()


@pytest.mark.real_time
async def test_recordings_go_to_s3_and_are_deleted_there(tmp_path):
    """Nothing stays on the bot's disk; a purge leaves nothing of the call, and others alone."""
    with s3_server() as (endpoint, client):
        s3 = {"bucket": "recordings", "endpoint": endpoint, "access_key": "k", "secret_key": "s"}
        settings = RecordingSettings(enabled=True, folder=str(tmp_path), s3=s3)
        with files(settings) as (made, told):
            for name in ("c-1", "c-2"):
                a_call(made.put, name).close()
            await eventually(lambda: told.counts["kept"] == 2)
        assert not list(tmp_path.iterdir())
        kept = client.get_object(Bucket="recordings", Key=f"calls/{told.names['c-1']}")
        assert len(kept["Body"].read()) == 44 + 100 * 2 * FRAME
        await asyncio.to_thread(remover(settings), "c-1")
        keys = [each["Key"] for each in client.list_objects_v2(Bucket="recordings")["Contents"]]
        assert keys == [f"calls/{told.names['c-2']}"]


@pytest.mark.real_time
async def test_a_recording_waits_for_a_storage_that_is_away(tmp_path, monkeypatch):
    """It stays on the disk, and the next start moves it."""
    s3 = {"bucket": "b", "endpoint": "http://127.0.0.1:9", "access_key": "k", "secret_key": "s"}
    settings = RecordingSettings(enabled=True, folder=str(tmp_path), s3=s3)
    with files(settings) as (made, told):
        a_call(made.put).close()
        await eventually(lambda: list(tmp_path.glob("*/*.wav")))
    with pytest.raises(ServiceUnavailable):
        await asyncio.to_thread(remover(settings.model_copy(update={"folder": "x"})), "c-1")
    assert told.counts["kept"] == 0
    with s3_server() as (endpoint, client):
        client.create_bucket(Bucket="bucket")
        moved = {**s3, "bucket": "bucket", "endpoint": endpoint}
        with files(RecordingSettings(enabled=True, folder=str(tmp_path), s3=moved)) as (_, told):
            await eventually(lambda: told.counts["kept"] == 1)


def test_callers_are_told_that_they_are_recorded():
    """After the notice that there is; not where the policy says nothing, or nothing is recorded."""
    on = {"enabled": True, "announcement": "रिकॉर्ड होगी।"}

    def notice(recordings, **phrases):
        made = Settings(recordings=recordings, phrases=phrases)
        return announced(made, made.recordings.enabled).phrases.notice

    assert notice(on) == "रिकॉर्ड होगी।"
    assert notice(on, notice="स्वागत है।") == "स्वागत है। रिकॉर्ड होगी।"
    assert notice({**on, "announcement": ""}) == ""
    assert notice({"enabled": False}) == ""

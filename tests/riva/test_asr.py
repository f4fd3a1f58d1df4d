"""The recogniser of a call, against a scripted Riva on loopback."""

import asyncio
from contextlib import aclosing, asynccontextmanager

import grpc
import pytest
from structlog.testing import capture_logs

from bot.core.errors import ServiceUnavailable
from bot.core.ports import Heard
from bot.riva import asr
from bot.riva.asr import RivaRecognizer, back_off
from bot.riva.channel import Riva
from tests.riva.fakes import FakeRecognition, for_ever, heard, serving, settings, speaking

pytestmark = pytest.mark.real_time


async def echo(stream, requests, context):
    """Answer each message with an interim, and the end of the sound with a final."""
    async for _ in requests:
        yield heard((f"{len(stream.audio)}", False))
    yield heard(("सब", True))


@asynccontextmanager
async def calling(recognition, rate=8000, **asr_settings):
    """A recogniser connected to this fake."""
    async with serving(recognition) as uri:
        chosen = settings(uri, asr=asr_settings)
        riva = Riva(chosen)
        try:
            yield RivaRecognizer(riva.asr, chosen.asr, rate), riva.asr
        finally:
            await riva.close()


async def texts(recognizer, sound):
    """All transcripts, as (text, final)."""
    return [(t.text, t.final) async for t in recognizer.transcripts(sound)]


async def test_a_call_is_one_stream():
    """Configuration first, then all the sound at 16 kHz, then the server's last words."""
    fake = FakeRecognition(echo)
    async with calling(fake, model="m") as (recognizer, _):
        said = await texts(recognizer, speaking(20))
    assert said[-1] == ("सब", True)
    (stream,) = fake.streams
    assert stream.config.config.model == "m"
    assert stream.config.config.sample_rate_hertz == 16_000
    assert len(stream.audio) == 20 * 640


async def test_force_eou_is_sent_with_the_chunk_that_ends_the_utterance():
    """The end of the caller's utterance is forced right after its last frame."""
    fake = FakeRecognition(echo)
    async with calling(fake) as (recognizer, _):
        await texts(recognizer, speaking(10, eou_at=(6,)))
    assert fake.streams[0].forced_at == [7 * 640]


async def test_force_eou_off_is_never_sent():
    """With `force_eou: false` the server's own end-pointing decides."""
    fake = FakeRecognition(echo)
    async with calling(fake, force_eou=False) as (recognizer, _):
        await texts(recognizer, speaking(10, eou_at=(6,)))
    assert fake.streams[0].forced_at == []


async def test_a_server_that_refuses_force_eou_is_not_asked_again():
    """One refusal costs a reconnection, and nobody in this process asks again."""

    async def refuse(stream, requests, context):
        async for _ in requests:
            if stream.forced_at:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "unknown key force_eou")
        yield heard(("never", True))

    fake = FakeRecognition(refuse, echo)
    async with calling(fake, reconnects=0) as (recognizer, servers):
        said = await texts(recognizer, speaking(40, eou_at=(4, 30)))
        assert not servers.force_eou
    assert said[-1] == ("सब", True)
    assert len(fake.streams) == 2
    assert fake.streams[1].forced_at == []


async def test_silence_keeps_a_stream_alive():
    """When the caller's frames stop, silence goes on at the speed of time."""
    fake = FakeRecognition(echo)
    hold = asyncio.Event()

    async def on_hold():
        yield Heard(b"\x01\x00" * 160)
        yield Heard(b"\x01\x00" * 160)
        await hold.wait()

    async with calling(fake, keep_alive=0.2) as (recognizer, _):
        clock = asyncio.get_running_loop().time
        started = clock()
        listening = asyncio.create_task(texts(recognizer, on_hold()))
        await asyncio.sleep(0.85)
        sent, passed = len(fake.streams[0].audio) / 32_000, clock() - started
        hold.set()
        await listening
    assert passed - 0.4 < sent < passed + 0.1
    assert fake.streams[0].audio[4 * 640 :].strip(b"\x00") == b""


async def test_an_utterance_that_ends_just_after_its_sound_was_sent_is_no_sign_of_a_hold():
    """The frames go on: no silence is put among them, but for the frame that ends the utterance."""
    fake = FakeRecognition(echo)

    async def ends_and_goes_on():
        yield Heard(b"\x01\x00" * 800)
        await asyncio.sleep(0.05)  # it is sent, so that the end finds nothing left to send
        yield Heard(b"", end_of_utterance=True)
        await asyncio.sleep(0.3)
        yield Heard(b"\x01\x00" * 800)

    async with calling(fake, rate=16_000, keep_alive=30.0) as (recognizer, _):
        await texts(recognizer, ends_and_goes_on())
    assert len(fake.streams[0].audio) == 2 * 1600 + 640


async def test_a_broken_stream_is_opened_again_without_losing_order():
    """Sound that comes while no stream is open goes to the next one, in order."""

    async def drop(stream, requests, context):
        async for _ in requests:
            if len(stream.audio) >= 4 * 640:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
        yield heard(("never", True))

    async def numbered():
        for number in range(1, 41):
            yield Heard(number.to_bytes(2, "little") * 320)
            await asyncio.sleep(0.005)
            if number == 20:  # however slow the machine is, the caller speaks on after the break
                await fake.streams[0].ended.wait()

    fake = FakeRecognition(drop, echo)
    async with calling(fake, rate=16_000) as (recognizer, _):
        said = await texts(recognizer, numbered())
    assert said[-1] == ("सब", True)
    first, second = fake.streams
    order = [
        int.from_bytes(sound[at : at + 2], "little")
        for sound in (first.audio, second.audio)
        for at in range(0, len(sound), 640)
    ]
    assert order == sorted(order)
    assert order[-1] == 40
    assert len(second.audio) // 640 >= 20


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        None,
    ],
)
async def test_passing_troubles_reconnect(code):
    """Idle time-outs, limits of duration, resets and a plain end are all met by a new stream."""

    async def end(stream, requests, context):
        async for _ in requests:
            if code:
                await context.abort(code, "for now")
            return
        yield heard(("never", True))

    fake = FakeRecognition(end, echo)
    async with calling(fake, reconnects=1) as (recognizer, _):
        said = await texts(recognizer, speaking(60))
    assert said[-1] == ("सब", True)
    assert len(fake.streams) == 2


async def test_too_many_failures_in_a_row_give_up():
    """After `reconnects` reconnections that failed, the call is told."""

    async def down(stream, requests, context):
        await context.abort(grpc.StatusCode.UNAVAILABLE, "no GPU")
        yield heard(("never", True))

    fake = FakeRecognition(down)
    async with calling(fake, reconnects=1) as (recognizer, _):
        with pytest.raises(ServiceUnavailable, match="UNAVAILABLE: no GPU; is the server up"):
            await texts(recognizer, for_ever())
    assert len(fake.streams) == 2


async def test_a_good_transcript_resets_the_count():
    """A stream that heard something is not a failure in a row."""

    async def once(stream, requests, context):
        async for _ in requests:
            yield heard(("कुछ", False))
            await context.abort(grpc.StatusCode.ABORTED, "again")

    fake = FakeRecognition(once, once, once, echo)
    async with calling(fake, reconnects=1) as (recognizer, _):
        said = await texts(recognizer, speaking(150))
    assert said[-1] == ("सब", True)
    assert len(fake.streams) == 4


async def test_a_stream_that_lived_long_is_no_failure_in_a_row(monkeypatch):
    """A silent caller whose streams time out every few minutes is not given up."""
    monkeypatch.setattr(asr, "HEALTHY_SECONDS", 0.0)

    async def idle(stream, requests, context):
        async for _ in requests:
            await context.abort(grpc.StatusCode.ABORTED, "idle time-out")
        yield heard(("never", True))

    fake = FakeRecognition(idle, idle, idle, echo)
    async with calling(fake, reconnects=1) as (recognizer, _):
        said = await texts(recognizer, speaking(150))
    assert said[-1] == ("सब", True)
    assert len(fake.streams) == 4


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "check riva.asr"),
        (grpc.StatusCode.UNAUTHENTICATED, "riva.metadata"),
        (grpc.StatusCode.NOT_FOUND, "function-id"),
    ],
)
async def test_a_wrong_configuration_is_told_at_once(code, remedy):
    """What another try would meet again is raised at once, with the remedy."""

    async def refuse(stream, requests, context):
        await context.abort(code, "Unavailable model requested")
        yield heard(("never", True))

    fake = FakeRecognition(refuse)
    async with calling(fake) as (recognizer, _):
        with pytest.raises(ServiceUnavailable, match=remedy):
            await texts(recognizer, for_ever())
    assert len(fake.streams) == 1


async def test_nobody_there_gives_up():
    """A port where nobody listens is one more failure to connect."""
    chosen = settings("127.0.0.1:1", asr={"reconnects": 1})
    riva = Riva(chosen)
    with pytest.raises(ServiceUnavailable, match="asr: UNAVAILABLE"):
        await texts(RivaRecognizer(riva.asr, chosen.asr, 8000), for_ever())
    await riva.close()


async def test_a_closed_generator_cancels_the_stream():
    """When the call ends, the server sees the cancellation at once."""
    fake = FakeRecognition(echo)
    async with calling(fake) as (recognizer, _):
        async with aclosing(recognizer.transcripts(for_ever())) as transcripts:
            await anext(transcripts)
        async with asyncio.timeout(20):
            await fake.streams[0].ended.wait()
    assert fake.streams[0].cancelled


async def test_a_cancelled_task_cancels_the_stream():
    """Cancelling the task that reads is enough; nothing of ours stays behind."""
    fake = FakeRecognition(echo)
    async with calling(fake) as (recognizer, _):
        listening = asyncio.create_task(texts(recognizer, for_ever()))
        await asyncio.sleep(0.1)
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        async with asyncio.timeout(20):
            await fake.streams[0].ended.wait()
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert names.isdisjoint({"asr-feed", "asr-write"})


async def test_a_server_that_never_ends_is_left(monkeypatch):
    """After the caller's last sound, the server's last words are not waited for for ever."""
    monkeypatch.setattr(asr, "FINISH_SECONDS", 0.1)

    async def mute(stream, requests, context):
        async for _ in requests:
            pass
        await asyncio.sleep(60)
        yield heard(("never", True))

    fake = FakeRecognition(mute)
    async with calling(fake) as (recognizer, _):
        assert await texts(recognizer, speaking(4)) == []


async def test_a_server_that_takes_nothing_is_left(monkeypatch):
    """A server that reads nothing is a time-out, and then a reconnection."""
    monkeypatch.setattr(asr, "WRITE_SECONDS", 0.3)

    async def stuck(stream, requests, context):
        await asyncio.sleep(60)
        yield heard(("never", True))

    fake = FakeRecognition(stuck, echo)
    frame = b"\x01\x00" * 6400
    async with calling(fake) as (recognizer, _):
        with capture_logs() as logs:
            said = await texts(recognizer, speaking(400, seconds=0.002, frame=frame))
    assert said[-1] == ("सब", True)
    assert "took nothing for 0.3 s" in logs[0]["error"]
    assert logs[-1]["event"] == "asr_sound_lost"


async def test_a_fault_of_the_callers_sound_is_passed_on():
    """What the call's own source raises is not swallowed."""

    async def broken():
        yield Heard(b"\x01\x00" * 160)
        raise RuntimeError("bug")

    async with calling(FakeRecognition(echo)) as (recognizer, _):
        with pytest.raises(RuntimeError, match="bug"):
            await texts(recognizer, broken())


def test_back_off_is_bounded():
    """Reconnections come quickly at first and never more than 2 s apart."""
    assert [round(back_off(n), 3) for n in (1, 2, 3, 4, 50)] == [0.1, 0.4, 1.6, 2.0, 2.0]

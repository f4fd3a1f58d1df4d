"""Conversations over real gRPC with a whole bot; the services behind it are scripted."""

import asyncio
from contextlib import asynccontextmanager
from itertools import count, repeat
from pathlib import Path

import pytest

from bot.core.ports import ToolCall
from bot.gateway.wavs import frames_of
from bot.gateway.wire import voice_workflow_pb2 as pb
from tests.gateway.bots import (
    ANSWER,
    WORDS,
    buzz,
    client_of,
    conversing,
    deaf,
    eventually,
    hearing,
    kinds,
    loud,
    running,
    to_the_end,
    until,
)

pytestmark = pytest.mark.real_time

FORMATS = [
    pb.AudioFormat(encoding=encoding, sample_rate_hz=rate)
    for encoding, rate in (
        (pb.ENCODING_LINEAR16, 8000),
        (pb.ENCODING_LINEAR16, 16_000),
        (pb.ENCODING_MULAW, 8000),
        (pb.ENCODING_ALAW, 8000),
        (pb.ENCODING_OPUS, 8000),
        (pb.ENCODING_OPUS, 16_000),
    )
]


def sounding(conversation):
    """Tells for a message of sound whether the bot speaks in it."""
    return lambda audio: loud(conversation.heard(audio))


def buzzing(rate, start=0.1, end=1.0):
    """Frames of a vowel-like buzz between these seconds."""
    for frame in count():
        yield buzz(rate) if start <= frame * 0.02 < end else bytes(rate // 25)


def voice(rate):
    """Frames of a person's voice, then of silence."""
    yield from frames_of(Path(__file__).parents[1] / "speech/kokoro-hf_alpha_s01.wav", rate)
    yield from repeat(bytes(rate // 25))


async def talk(conversation, frames=buzzing):
    """Send these frames, one each 20 ms; never ends."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, frame in enumerate(frames(conversation.rate), start=1):
        await conversation.say(frame)
        await asyncio.sleep(max(0.0, began + number * 0.02 - loop.time()))


@pytest.mark.parametrize("audio_format", FORMATS, ids=str)
async def test_a_whole_conversation(audio_format):
    """Greeting, a question, its transcripts, the answer, goodbye: in each coding."""
    end = [ANSWER, ToolCall("hang_up")]
    async with running(end, listens=hearing) as bot:
        async with conversing(bot, audio_format, caller="app-7") as conversation:
            greeted = await until(conversation, "turn_ended")
            assert (greeted.phrase, greeted.interrupted) == ("greeting", False)
            talking = asyncio.create_task(talk(conversation))
            responses = await to_the_end(conversation)
            talking.cancel()
        heard = [r.transcript for r in responses if r.HasField("transcript")]
        assert [(t.text, t.is_final) for t in heard] == [("मेरा", False), (WORDS, True)]
        assert "".join(r.bot_text.text for r in responses) == ANSWER
        [turn] = [r.turn_ended for r in responses if r.HasField("turn_ended")]
        assert (turn.heard, turn.interrupted) == (WORDS, False)
        assert 0 < turn.intervals["response"] < turn.marks["first_frame"]
        assert responses[-1].ended.ending == pb.ENDING_HANG_UP
        audio = [r.audio for r in responses if r.HasField("audio")]
        spoken = sum(loud(conversation.heard(each)) for each in audio) * 0.02
        assert 0.3 <= spoken <= 0.5, "0.4 s were synthesized"
        assert [a.sequence for a in audio] == list(
            range(audio[0].sequence, audio[0].sequence + len(audio))
        )
        assert kinds(responses)[-2:] == ["audio", "ended"]


async def test_a_client_is_greeted_and_ends_by_hanging_up():
    """Half-closing is a hang-up; the last event says so, and the status is OK."""
    async with running() as bot, conversing(bot) as conversation:
        assert (await until(conversation, "audio", sounding(conversation))).sequence > 0
        assert [up.caller.call_id for up in bot.board.calls()] == [conversation.call_id]
        await conversation.hang_up()
        responses = await to_the_end(conversation)
        assert responses[-1].ended.ending == pb.ENDING_CALLER_LEFT
        assert responses[-1].ended.seconds > 0
        await eventually(lambda: bot.reception.active == 0)
        assert b'voicebot_calls_total{ending="caller_left"} 1.0' in bot.metrics.page()


async def test_a_wish_of_the_model_to_transfer_is_told_to_the_client():
    """A key, an answer with the tool `transfer`: the client connects the caller."""
    async with running([ToolCall("transfer")]) as bot, conversing(bot) as conversation:
        await conversation.press("0")
        responses = await to_the_end(conversation)
        assert responses[-1].ended.ending == pb.ENDING_TRANSFER


@asynccontextmanager
async def speaking_over(listens, frames):
    """A caller who speaks over a long answer from its beginning on."""
    long = " ".join([ANSWER] * 12)
    turns = {"barge_in": {"echo_guard": False}, "early_start": False}
    async with (
        running(long, listens=listens, turns=turns) as bot,
        conversing(bot) as conversation,
    ):
        await conversation.press("1#")
        await until(conversation, "barge_in")
        await until(conversation, "audio", sounding(conversation))
        talking = asyncio.create_task(talk(conversation, frames))
        yield conversation
        talking.cancel()


async def test_who_speaks_over_the_bot_is_told_to_throw_away_what_it_said():
    """Words are heard: the turn is the caller's, and the next frame is silence."""
    async with speaking_over(hearing, buzzing) as conversation:
        barge_in = pb.BargeIn.STATE_INTERRUPTED
        await until(conversation, "barge_in", lambda message: message.state == barge_in)
        answer = await until(conversation, "turn_ended", lambda turn: turn.turn == 2)
        assert answer.interrupted
        assert not loud(conversation.heard(await until(conversation, "audio")))


async def test_a_noise_makes_the_bot_hush_and_go_on():
    """No words in it: both are told to the client."""
    async with speaking_over(deaf, voice) as conversation:
        assert (await until(conversation, "barge_in")).state == pb.BargeIn.STATE_HUSHED
        assert not loud(conversation.heard(await until(conversation, "audio")))
        assert (await until(conversation, "barge_in")).state == pb.BargeIn.STATE_WENT_ON
        assert await until(conversation, "audio", sounding(conversation))


async def test_operators_see_and_end_calls_of_any_line():
    """Listed; watched from its beginning; ended; a call that is not up is NOT_FOUND."""
    async with running() as bot, client_of(bot) as operator:
        seen = []
        watching = asyncio.create_task(note(operator.events(), seen))
        await eventually(lambda: bot.board._watching)
        async with conversing(bot, caller="app-7", called="kiosk") as conversation:
            await until(conversation, "audio")
            [call] = await operator.calls()
            assert (call.call_id, call.caller, call.called, call.line) == (
                conversation.call_id, "app-7", "kiosk", "gateway",
            )  # fmt: skip
            await conversation.press("12")
            await eventually(lambda: any(e.HasField("keys_pressed") for e in seen))
            await operator.hang_up(conversation.call_id)
            responses = await to_the_end(conversation)
            assert responses[-1].ended.ending == pb.ENDING_HANG_UP
        async with conversing(bot) as conversation:
            await operator.transfer(conversation.call_id)
            responses = await to_the_end(conversation)
            assert responses[-1].ended.ending == pb.ENDING_TRANSFER
        await eventually(lambda: sum(e.HasField("ended") for e in seen) == 2)
        watching.cancel()
    assert seen[0].began.caller == "app-7"
    assert {e.WhichOneof("event") for e in seen} <= {
        "began", "keys_pressed", "barge_in", "turn_ended", "ended",
    }, "no words: gateway.transcripts is off"  # fmt: skip


async def note(events, seen):
    """Keep what comes."""
    async for event in events:
        seen.append(event)


@pytest.mark.parametrize("allowed", [False, True])
async def test_words_are_read_by_operators_and_logged_only_where_that_is_allowed(allowed, capfd):
    """Neither the caller's nor the bot's; what is allowed is masked."""
    words = {"transcripts": allowed}
    async with (
        running(listens=hearing, gateway=words, log=words) as bot,
        client_of(bot) as operator,
        conversing(bot) as conversation,
    ):
        seen = []
        watching = asyncio.create_task(note(operator.events(conversation.call_id), seen))
        await until(conversation, "turn_ended")
        talking = asyncio.create_task(talk(conversation))
        await until(conversation, "turn_ended")
        talking.cancel()
        await conversation.hang_up()
        await to_the_end(conversation)
        await watching
    told = "".join(e.transcript.text + e.bot_text.text + e.turn_ended.heard for e in seen)
    logged = "".join(capfd.readouterr())
    for text in (WORDS, ANSWER):
        assert (text in told, text in logged) == (allowed, allowed)

"""The model of the process, against a scripted server on loopback."""

import asyncio
from contextlib import aclosing, asynccontextmanager

import pytest
from structlog.testing import capture_logs

from bot.core.errors import ServiceTimeout, ServiceUnavailable
from bot.core.ports import Message, ToolCall
from bot.nim.chat import NimChat
from bot.nim.tools import KNOWN
from tests.nim.fakes import FakeNim, refusing, said, saying, serving, settings, tool

pytestmark = pytest.mark.real_time

HISTORY = [Message("assistant", "नमस्ते!"), Message("user", "मेरा बिल?")]


@asynccontextmanager
async def chatting(fake, **llm):
    """A chat connected to this fake."""
    async with serving(fake) as url:
        chat = NimChat(settings(url, **llm))
        try:
            yield chat
        finally:
            await chat.server.close()


async def reply(chat):
    """The whole answer: its text, and its tool calls."""
    pieces = [piece async for piece in chat.reply(HISTORY)]
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    return text, [piece for piece in pieces if isinstance(piece, ToolCall)]


async def test_a_reply_is_one_streamed_completion():
    """The request says what the settings say; the text comes clean and in pieces."""
    fake = FakeNim(saying(None, said("<think>हूँ</think>**आपका** "), said("बिल "), said("₹500 है।")))
    async with chatting(
        fake, system_prompt="तुम", persona="राधा", extra_body={"k": 1}, api_key="s", max_tokens=50
    ) as chat:
        pieces = [piece async for piece in chat.reply(HISTORY)]
    assert pieces == ["आपका", " बिल", " ₹500 है।"]
    (request,) = fake.requests
    assert request["messages"][0] == {"role": "system", "content": "तुम\n\nराधा"}
    assert request["messages"][-1] == {"role": "user", "content": "मेरा बिल?"}
    assert (request["model"], request["stream"], request["max_tokens"]) == ("m", True, 50)
    assert request["k"] == 1
    assert {each["function"]["name"] for each in request["tools"]} == KNOWN
    assert fake.headers["authorization"] == "Bearer s"


async def test_what_a_chunk_leaves_out_is_nothing():
    """A role without text, an empty delta, none at all: servers differ."""
    fake = FakeNim(saying({"role": "assistant"}, {}, {"content": None, "tool_calls": None},
                          said("जी।")))  # fmt: skip
    async with chatting(fake) as chat:
        assert await reply(chat) == ("जी।", [])


async def test_tools_come_after_the_text():
    """What was said first is spoken first; the tool's own sentence is then not needed."""
    fake = FakeNim(
        saying(
            said("जोड़ रही हूँ।"),
            tool(0, "transfer", '{"reason": "बि', "a"),
            tool(0, None, 'ल", "say": "रुकिए"}'),
        )
    )
    async with chatting(fake) as chat:
        assert await reply(chat) == ("जोड़ रही हूँ।", [ToolCall("transfer", {"reason": "बिल"})])


async def test_a_tool_without_text_says_its_own_sentence():
    """A model that only calls `hang_up` still says goodbye."""
    fake = FakeNim(saying(tool(0, "hang_up", '{"say": "**धन्यवाद**, नमस्ते।"}', "a")))
    async with chatting(fake) as chat:
        assert await reply(chat) == ("धन्यवाद, नमस्ते।", [ToolCall("hang_up", {})])


async def test_tools_off_are_not_offered():
    """Nothing is offered where the settings say no."""
    fake = FakeNim(saying(said("जी")))
    async with chatting(fake, tools=False) as chat:
        await reply(chat)
    assert "tools" not in fake.requests[0]


async def test_a_server_without_tools_is_asked_again_without():
    """vLLM started without a tool parser answers 400: the call goes on, and nobody asks again."""
    fake = FakeNim(
        refusing(400, '"auto" tool choice requires --enable-auto-tool-choice'), saying(said("जी"))
    )
    async with chatting(fake) as chat:
        with capture_logs() as logs:
            assert await reply(chat) == ("जी", [])
            assert await reply(chat) == ("जी", [])
    assert [line["event"] for line in logs] == ["llm_refuses_tools"]
    assert ["tools" in request for request in fake.requests] == [True, False, False]


async def test_a_late_first_word_is_a_time_out():
    """The caller waits for a word; thinking aloud does not count as one."""
    fake = FakeNim(saying(said("<think>"), *[said("हूँ ")] * 100, wait=0.05))
    async with chatting(fake, first_token_timeout=0.4) as chat:
        await chat.server.models()
        with pytest.raises(ServiceTimeout, match=r"no word within 0.4 s \(llm.first_token_timeout"):
            await reply(chat)


async def test_a_server_that_does_not_answer_is_a_time_out():
    """Not even a header came."""

    class Deaf(FakeNim):
        async def complete(self, request):
            await asyncio.sleep(30)

    async with chatting(Deaf(), first_token_timeout=0.3) as chat:
        await chat.server.models()
        with pytest.raises(ServiceTimeout, match="no answer from http"):
            await reply(chat)


async def test_an_answer_that_stops_is_a_time_out():
    """Between two tokens the wait is shorter."""

    async def stops():
        yield said("एक")
        await asyncio.sleep(30)

    async with chatting(FakeNim(stops), token_timeout=0.2) as chat:
        with pytest.raises(ServiceTimeout, match="stopped for 0.2 s"):
            await reply(chat)


async def test_a_slow_listener_is_no_gap():
    """The time that the reader takes does not count against the server."""
    fake = FakeNim(saying(said("एक "), said("दो "), said("तीन")))
    async with chatting(fake, token_timeout=0.2) as chat:
        pieces = []
        async for piece in chat.reply(HISTORY):
            await asyncio.sleep(0.25)
            pieces.append(piece)
    assert "".join(pieces) == "एक दो तीन"


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "llm.extra_body"),
        (401, "llm.api_key"),
        (404, "llm.model"),
        (429, "quota"),
        (500, "server's log"),
    ],
)
async def test_each_refusal_has_its_remedy(status, remedy):
    """HTTP errors become ours, with the setting to look at."""
    async with chatting(FakeNim(refusing(status)), tools=False) as chat:
        with pytest.raises(ServiceUnavailable, match=f"llm: HTTP {status}: .*{remedy}"):
            await reply(chat)


async def test_nobody_there():
    """No server at the address."""
    chat = NimChat(settings("http://127.0.0.1:1/v1"))
    with pytest.raises(ServiceUnavailable, match=r"http://127.0.0.1:1/v1: .*llm.base_url"):
        await reply(chat)
    await chat.server.close()


async def warmed(chat):
    """Warm up, and wait for the end of it."""
    chat.warm()
    if chat.server._warming is not None:
        await asyncio.wait([chat.server._warming])


async def test_a_reply_finds_a_warm_connection():
    """Warmed at the start of the call; every reply uses that one connection."""
    fake = FakeNim(saying(said("जी")))
    async with chatting(fake) as chat:
        await warmed(chat)
        await reply(chat)
        await reply(chat)
    assert len(set(fake.clients)) == 1
    assert fake.asked_for_models == 1


async def test_warming_is_cheap_while_it_is_warm(monkeypatch):
    """Calls that begin together ask once; so does one that begins right after a reply."""
    fake = FakeNim(saying(said("जी")))
    async with chatting(fake) as chat:
        chat.warm()
        chat.warm()
        await warmed(chat)
        await reply(chat)
        await warmed(chat)
        assert fake.asked_for_models == 1
        monkeypatch.setattr("bot.nim.server.FRESH_SECONDS", 0.0)
        await warmed(chat)
        assert fake.asked_for_models == 2


async def test_warming_in_vain_is_told_once():
    """Nobody is there; calls begin all the same."""
    chat = NimChat(settings("http://127.0.0.1:1/v1"))
    with capture_logs() as logs:
        await warmed(chat)
        await warmed(chat)
    assert [line["event"] for line in logs] == ["llm_not_ready"]
    await chat.server.close()


async def test_closing_ends_the_warming():
    """A server that never answers does not hold up the end of the process."""

    class Deaf(FakeNim):
        async def list_models(self, request):
            await asyncio.sleep(30)

    async with chatting(Deaf()) as chat:
        chat.warm()
        warming = chat.server._warming
        await chat.server.close()
        assert warming.cancelled()


async def test_a_broken_stream_is_told():
    """A server that dies in the middle of its answer."""

    async def dies():
        yield said("एक")
        raise RuntimeError("killed")

    async with chatting(FakeNim(dies)) as chat:
        with pytest.raises(ServiceUnavailable):
            await reply(chat)


async def test_an_empty_answer_is_an_error():
    """Nothing to say is dead air for the caller."""
    async with chatting(FakeNim(saying(said("<think>हूँ"), said(" ")))) as chat:
        with pytest.raises(ServiceUnavailable, match="empty answer"):
            await reply(chat)


async def test_a_barge_in_closes_the_stream():
    """Closing the generator disconnects: the server stops its work."""
    fake = FakeNim(saying(*[said("शब्द ")] * 1000, wait=0.01))
    async with chatting(fake) as chat:
        async with aclosing(chat.reply(HISTORY)) as pieces:
            await anext(pieces)
        async with asyncio.timeout(20):
            await fake.left.wait()


async def test_a_cancelled_task_closes_the_stream():
    """So does cancelling the task that reads, whatever it waits for."""
    fake = FakeNim(saying(said("एक"), *[said("शब्द ")] * 1000, wait=0.02))
    async with chatting(fake) as chat:
        reading = asyncio.create_task(reply(chat))
        while not fake.requests:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        async with asyncio.timeout(20):
            await fake.left.wait()


async def test_tools_and_their_answers_are_sent_as_openai_writes_them():
    """`tool_calls` with JSON arguments, then `role: tool`; where none is wanted, none is called."""
    history = [
        Message("user", "बिल"),
        Message("assistant", "एक क्षण।", (ToolCall("look", {"n": 1}, "c1"),)),
        Message("tool", '{"ok": true}', call_id="c1"),
    ]
    fake = FakeNim(saying(said("सौ।"), tool(0, "look", "{}", "c2")))
    offered = [{"type": "function", "function": {"name": "look"}}]
    async with serving(fake) as url:
        chat = NimChat(settings(url), offered=lambda: offered)
        first = [piece async for piece in chat.reply(history)]
        last = [piece async for piece in chat.reply(history, tools=False)]
        await chat.server.close()
    assert [type(piece) for piece in first] == [str, ToolCall] and first[1].id == "c2"
    assert last == ["सौ।"]
    assert fake.requests[0]["messages"][-2:] == [
        {
            "role": "assistant",
            "content": "एक क्षण।",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "look", "arguments": '{"n": 1}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": '{"ok": true}'},
    ]
    assert fake.requests[0]["tools"] == offered and "tool_choice" not in fake.requests[0]
    assert fake.requests[1]["tool_choice"] == "none"

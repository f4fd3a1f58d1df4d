"""The assistant's HTTP server, through the real OpenAI client and through raw requests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import openai
import pytest

from bot.core.errors import ConfigError
from bot.local.assistant import Assistant
from bot.local.assistant_routes import assistant_app
from bot.local.assistant_server import MODEL, AssistantOptions, serve

pytestmark = pytest.mark.real_time

TRANSFER = {
    "type": "function",
    "function": {
        "name": "transfer",
        "description": "Connect the caller to a person.",
        "parameters": {
            "type": "object",
            "properties": {"queue": {"type": "string", "enum": ["support", "sales"]}},
            "required": ["queue"],
        },
    },
}
HANG_UP = {"type": "function", "function": {"name": "hang_up", "parameters": {"type": "object"}}}


@asynccontextmanager
async def assistant(**options) -> AsyncIterator[tuple[openai.AsyncOpenAI, str]]:
    """A running server, an OpenAI client of it, and its base URL."""
    server = await serve(AssistantOptions(**options))
    client = openai.AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0)
    try:
        async with client:
            yield client, server.url
    finally:
        await server.stop()


def caller(*texts: str) -> list[dict[str, str]]:
    """A conversation of one caller's message."""
    return [{"role": "system", "content": "Be brief."}] + [
        {"role": "user", "content": text} for text in texts
    ]


async def test_a_streamed_reply_comes_word_by_word_with_usage():
    """The client gets the reply in several pieces, a reason to stop and the token counts."""
    async with assistant() as (client, _):
        stream = await client.chat.completions.create(
            model=MODEL,
            messages=caller("मेरा बिल कितना है"),
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    pieces = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "एक हज़ार दो सौ चालीस रुपये" in "".join(pieces)
    assert len([p for p in pieces if p]) > 10
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == (
        chunks[-1].usage.prompt_tokens + chunks[-1].usage.completion_tokens
    )
    assert len({c.id for c in chunks}) == 1


async def test_a_whole_reply_says_the_same_as_the_stream():
    """Streaming changes how the reply is written, not what it says."""
    async with assistant() as (client, _):
        question = caller("मेरा ऑर्डर कब आएगा")
        whole = await client.chat.completions.create(model=MODEL, messages=question)
        stream = await client.chat.completions.create(model=MODEL, messages=question, stream=True)
        pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert whole.choices[0].message.content == "".join(pieces)
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage.completion_tokens > 5


async def test_a_person_is_asked_for_by_a_tool_call_that_fits_its_schema():
    """The transfer tool is called after the words, with a value for each required argument."""
    async with assistant() as (client, _):
        stream = await client.chat.completions.create(
            model=MODEL,
            messages=caller("मुझे एजेंट से बात करनी है"),
            tools=[TRANSFER, HANG_UP],
            stream=True,
        )
        chunks = [chunk async for chunk in stream]
    deltas = [call for c in chunks for call in c.choices[0].delta.tool_calls or []]
    assert "जोड़ा जा रहा है" in "".join(c.choices[0].delta.content or "" for c in chunks)
    assert [call.index for call in deltas] == [0] * len(deltas)
    assert deltas[0].id and deltas[0].function.name == "transfer"
    assert json.loads("".join(c.function.arguments or "" for c in deltas)) == {"queue": "support"}
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_goodbye_hangs_up_where_that_is_offered():
    """A whole reply carries the tool call too; without the tool it is only text."""
    async with assistant() as (client, _):
        ask = client.chat.completions.create
        bye = caller("धन्यवाद अब और कुछ नहीं चाहिए")
        offered = await ask(model=MODEL, messages=bye, tools=[HANG_UP])
        refused = await ask(model=MODEL, messages=bye, tools=[HANG_UP], tool_choice="none")
        without = await ask(model=MODEL, messages=bye)
    assert offered.choices[0].message.tool_calls[0].function.name == "hang_up"
    assert offered.choices[0].finish_reason == "tool_calls"
    for reply in (refused, without):
        assert reply.choices[0].message.tool_calls is None
        assert reply.choices[0].finish_reason == "stop"


async def test_after_a_tool_result_there_is_a_short_word():
    """A conversation that goes on after a tool was called gets a reply."""
    call = {"id": "call_1", "type": "function", "function": {"name": "transfer", "arguments": "{}"}}
    messages = [
        *caller("एजेंट"),
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "done"},
    ]
    async with assistant() as (client, _):
        reply = await client.chat.completions.create(model=MODEL, messages=messages)
    assert reply.choices[0].message.content == "जी, हो गया।"


async def test_a_cancelled_stream_frees_its_place():
    """A client that goes away in mid-reply leaves room for the next one at once."""
    async with assistant(word_delay=0.05, max_requests=1) as (client, _):
        ask = client.chat.completions.create
        stream = await ask(model=MODEL, messages=caller("नमस्ते"), stream=True)
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        with pytest.raises(openai.RateLimitError) as busy:
            await ask(model=MODEL, messages=caller("नमस्ते"))
        assert busy.value.response.headers["retry-after"] == "1"
        await stream.close()
        async with asyncio.timeout(20):
            while True:
                try:
                    await ask(model=MODEL, messages=caller("नमस्ते"))
                    break
                except openai.RateLimitError:
                    await asyncio.sleep(0.02)


async def test_the_reply_is_cut_at_the_token_limit():
    """`max_tokens` counts words, and the reason says that the reply was cut."""
    async with assistant() as (client, _):
        reply = await client.chat.completions.create(
            model=MODEL, messages=caller("मेरा बिल कितना है"), max_tokens=3
        )
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.completion_tokens == 3


async def test_models_are_listed_and_an_unknown_one_is_refused():
    """The client finds the model by name; a wrong name is a 404 that lists the right ones."""
    async with assistant(models=("mine", "alias")) as (client, _):
        assert [model.id async for model in client.models.list()] == ["mine", "alias"]
        assert (await client.models.retrieve("alias")).id == "alias"
        with pytest.raises(openai.NotFoundError, match="Models here: mine, alias"):
            await client.chat.completions.create(model="gpt", messages=caller("हाँ"))


async def test_health_is_told_as_a_nim_tells_it():
    """Both health routes answer 200."""
    async with assistant() as (_, url), httpx.AsyncClient() as http:
        for name in ("ready", "live"):
            answer = await http.get(f"{url}/health/{name}")
            assert answer.status_code == 200
            assert answer.json()["message"] == f"Service is {name}."


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": [{"role": "boss", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": "न" * 20_001}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": "x"}] * 6}, "messages"),
        ({"model": 3}, "model"),
        ({"stream": "perhaps"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"tools": [{"type": "function"}]}, "tools.0.function"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools.0.function.name"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"n": 2}, "n"),
        ({"response_format": {"type": "json_object"}}, "response_format.type"),
    ],
)
async def test_a_malformed_request_is_refused_by_the_name_of_its_field(change, param):
    """Bad input is a 400 in OpenAI's form, with the path of the field at fault."""
    good = {"model": MODEL, "messages": [{"role": "user", "content": "हाँ"}]}
    async with assistant(max_messages=5) as (_, url), httpx.AsyncClient() as http:
        answer = await http.post(f"{url}/chat/completions", json={**good, **change})
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["param"] == param
    assert param in error["message"]
    assert error["type"] == "invalid_request_error"


async def test_text_in_parts_is_understood_and_pictures_are_refused():
    """Content may be a list of text parts; any other part is named."""
    text = {"type": "text", "text": "मेरा बिल कितना है"}
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    async with assistant() as (client, _):
        ask = client.chat.completions.create
        reply = await ask(model=MODEL, messages=[{"role": "user", "content": [text]}])
        assert "रुपये" in reply.choices[0].message.content
        with pytest.raises(openai.BadRequestError, match=r"messages\.0\.content"):
            await ask(model=MODEL, messages=[{"role": "user", "content": [text, picture]}])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"' + b"[" * 1_000, b"[" * 9_000]
)
async def test_a_body_that_is_no_request_is_refused(body):
    """Broken or hostile JSON is a 400, never a 500."""
    async with assistant() as (_, url), httpx.AsyncClient() as http:
        answer = await http.post(f"{url}/chat/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


async def test_too_large_a_body_and_wrong_routes_are_refused():
    """413, 404 and 405 come in OpenAI's form as well."""
    async with assistant(max_body_bytes=100) as (_, url), httpx.AsyncClient() as http:
        large = await http.post(f"{url}/chat/completions", content=b" " * 101)
        lost = await http.get(f"{url}/nothing")
        wrong = await http.get(f"{url}/chat/completions")
    assert [large.status_code, lost.status_code, wrong.status_code] == [413, 404, 405]
    assert all(answer.json()["error"]["message"] for answer in (large, lost, wrong))


async def test_stopping_twice_is_harmless_and_cuts_a_slow_stream():
    """An open stream does not keep the server alive."""
    server = await serve(AssistantOptions(word_delay=60))
    client = openai.AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0)
    stream = await client.chat.completions.create(model=MODEL, messages=caller("नमस्ते"), stream=True)
    async with asyncio.timeout(30):
        await server.stop()
        await server.stop()
    await stream.close()
    await client.close()


async def test_a_port_in_use_is_a_configuration_error():
    """The address that cannot be bound is named."""
    server = await serve(AssistantOptions())
    with pytest.raises(ConfigError, match=f"{server.port}.*choose another port"):
        await serve(AssistantOptions(port=server.port))
    await server.stop()


async def test_a_fault_of_the_assistant_is_a_500_in_openai_form(monkeypatch):
    """Whatever goes wrong inside, the client gets an error it can read."""

    def fail(self, history):
        raise RuntimeError("bug")

    monkeypatch.setattr(Assistant, "answer", fail)
    transport = httpx.ASGITransport(assistant_app(AssistantOptions()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        body = {"model": MODEL, "messages": caller("हाँ")}
        answer = await http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "server_error"


async def test_a_message_made_to_be_slow_is_answered_at_once():
    """Endless words and unclosed brackets cost no more than others."""
    async with assistant() as (client, _), asyncio.timeout(20):
        for text in ("न" * 20_000, "[keys:" + " " * 19_000, "एक " * 6_000):
            await client.chat.completions.create(model=MODEL, messages=caller(text))

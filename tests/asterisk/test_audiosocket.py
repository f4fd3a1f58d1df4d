"""The wire format, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asterisk.audiosocket import Decoder, Kind, Message, audio_header, call_id, encode, key
from bot.core.errors import ProtocolError

messages = st.lists(st.builds(Message, st.sampled_from(Kind), st.binary(max_size=700)), max_size=30)


def test_an_audio_message_is_kind_length_and_samples():
    """Length is big-endian, as in res_audiosocket.c."""
    assert encode(Message(Kind.AUDIO_8K, b"\1\2")) == b"\x10\x00\x02\1\2"


@pytest.mark.parametrize(("rate", "header"), [(8000, b"\x10\x01\x40"), (16000, b"\x12\x02\x80")])
def test_twenty_milliseconds_have_320_bytes_at_8_khz_and_640_at_16(rate, header):
    """The header that goes with each frame we send."""
    assert audio_header(rate, rate // 50 * 2) == header


@given(messages, st.data())
def test_messages_survive_any_cutting(sent, data):
    """Bytes cut anywhere give the same messages."""
    wire, decoder, got = b"".join(map(encode, sent)), Decoder(), []
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        got += decoder.feed(wire[:size])
        wire = wire[size:]
    assert got == sent


@given(st.binary(max_size=4000))
def test_random_bytes_are_messages_or_a_protocol_error(noise):
    """No other exception, and never more waiting than one message can hold."""
    decoder = Decoder(max_payload=1000)
    try:
        decoder.feed(noise)
    except ProtocolError:
        return
    assert len(decoder._buffer) < 1003


def test_a_giant_length_is_refused_with_its_header():
    """Nobody waits for 65,535 bytes that may never come."""
    with pytest.raises(ProtocolError, match="65535 bytes; the limit is 8192"):
        Decoder().feed(b"\x10\xff\xff")


def test_an_unknown_kind_is_named():
    """The log shows which byte was wrong."""
    with pytest.raises(ProtocolError, match="0x42"):
        Decoder().feed(b"\x42\0\0")


def test_a_uuid_has_sixteen_bytes():
    """A shorter one is no call."""
    assert str(call_id(Message(Kind.UUID, bytes(range(16))))).startswith("00010203-")
    with pytest.raises(ProtocolError, match="15 bytes"):
        call_id(Message(Kind.UUID, bytes(15)))


@pytest.mark.parametrize("payload", [b"", b"12", b"x", b"\xff"])
def test_a_key_is_one_of_the_keypad(payload):
    """Anything else breaks the protocol."""
    assert key(Message(Kind.DTMF, b"#")) == "#"
    with pytest.raises(ProtocolError, match="is not one key"):
        key(Message(Kind.DTMF, payload))

"""SIP messages, addresses, digests: bytes in, values out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ProtocolError
from bot.sip.direct import messages
from bot.sip.direct.addresses import number_of, parsed_address, parsed_uri
from bot.sip.direct.digest import Challenge, credentials, parsed_challenge
from bot.sip.direct.messages import Request, Response

INVITE = (
    b"INVITE sip:100@bot.example SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1;rport, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK0\r\n"
    b'f: "Asha, R." <sip:asha@10.0.0.5>;tag=a1\r\n'
    b"t: sip:100@bot.example\r\n"
    b"i: call-1\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Record-Route: <sip:p1;lr>,\r\n <sip:p2;lr>\r\n"
    b"m: <sip:asha@10.0.0.5:5070;transport=udp>\r\n"
    b"l: 4\r\n\r\nv=0\r\nmore"
)


def test_a_message_is_read():
    """Compact names, lists in one line, folded lines; what is beyond its length is not its body."""
    invite = messages.parsed(INVITE, ("10.0.0.5", 40000))
    assert isinstance(invite, Request)
    assert (invite.method, invite.cseq, invite.body) == ("INVITE", (7, "INVITE"), b"v=0\r")
    assert invite.branch == "z9hG4bK1"
    assert len(invite.all("via")) == 2
    assert invite.all("record-route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert (invite.sender.uri, invite.sender.tag) == ("sip:asha@10.0.0.5", "a1")


def test_a_reply_goes_where_the_request_came_from():
    """Via says so once it is stamped (RFC 3581); the other Vias stay."""
    invite = messages.parsed(INVITE, ("203.0.113.7", 40000))
    messages.stamped(invite)
    reply = messages.answer(invite, 200, "b2")
    assert messages.reply_to(reply) == ("203.0.113.7", 40000)
    assert reply.all("via")[1] == "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK0"
    again = messages.parsed(reply.encode())
    assert isinstance(again, Response)
    assert (again.status, again.reason, again.receiver.tag) == (200, "OK", "b2")
    assert again.all("record-route") == invite.all("record-route")


def test_without_rport_a_reply_goes_to_the_port_that_via_names():
    """RFC 3261, 18.2.2."""
    invite = messages.parsed(INVITE.replace(b";rport", b""), ("203.0.113.7", 40000))
    messages.stamped(invite)
    assert messages.reply_to(messages.answer(invite, 200)) == ("203.0.113.7", 5060)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\r\n\r\n",
        b"INVITE sip:x SIP/3.0\r\n\r\n",
        INVITE.replace(b"i: call-1\r\n", b""),
        INVITE.replace(b"7 INVITE", b"7 BYE"),
        INVITE.replace(b"7 INVITE", b"seven INVITE"),
        INVITE.replace(b"7 INVITE", b"9999999999 INVITE"),
        INVITE.replace(b"l: 4", b"l: 400"),
        INVITE.replace(b"l: 4", b"l: -4"),
        INVITE.replace(b"t: sip", b"t: <sip"),
        INVITE.replace(b"call-1", b"call\n1"),
        INVITE.replace(b"call-1", b"call\xff1"),
        INVITE.replace(b"l: 4", b"x: y\r\n" * 200 + b"l: 4"),
    ],
)
def test_what_is_no_message_is_refused(wrong):
    """With a ProtocolError and nothing else."""
    with pytest.raises(ProtocolError):
        messages.parsed(wrong)


@given(st.binary(max_size=300), st.integers(0, len(INVITE)), st.integers(0, len(INVITE)))
def test_no_bytes_are_a_bug(noise, start, end):
    """Whatever comes is a message or a ProtocolError; what is one can be answered."""
    for data in (noise, INVITE[:start] + noise + INVITE[end:]):
        try:
            message = messages.parsed(data, ("10.0.0.5", 5060))
            if isinstance(message, Request):
                messages.stamped(message)
                messages.reply_to(messages.answer(message, 400))
        except ProtocolError:
            continue


@pytest.mark.parametrize(
    ("text", "uri", "tag"),
    [
        ('"A <b>, \\"c\\"" <sip:a@b;lr>;tag=1;x', "sip:a@b;lr", "1"),
        ("Asha <sip:a@b>", "sip:a@b", ""),
        ("sip:a@b;tag=2", "sip:a@b", "2"),
        ("<sip:a@b>", "sip:a@b", ""),
    ],
)
def test_addresses_are_read(text, uri, tag):
    """With names or without, parameters inside and outside of the brackets."""
    address = parsed_address(text)
    assert (address.uri, address.tag) == (uri, tag)


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("sip:a@10.0.0.5:5070;transport=udp", ("10.0.0.5", 5070)),
        ("sip:bot.example", ("bot.example", 5060)),
        ("sips:a:secret@[2001:db8::1]:5061?x=y", ("2001:db8::1", 5061)),
    ],
)
def test_uris_are_read(uri, place):
    """Host and port, with the port that SIP has where none is given."""
    assert parsed_uri(uri).place == place


@pytest.mark.parametrize("wrong", ["http://a", "sip:", "sip:a@b:99999", "sip:a b@c"])
def test_what_is_no_uri_is_refused(wrong):
    """With a ProtocolError."""
    with pytest.raises(ProtocolError):
        parsed_uri(wrong)


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("sip:+911140000000;phone-context=x@h", "+911140000000"),
        ("tel:+911140000000;ext=1", "+911140000000"),
        ("sip:h", ""),
        ("mailto:x", ""),
    ],
)
def test_numbers_are_found(uri, number):
    """Of sip: and tel: URIs."""
    assert number_of(uri) == number


def test_a_digest_as_rfc_2617_has_it():
    """The example of RFC 2617, 3.5, which RFC 7616, 3.9.1 repeats for MD5 and SHA-256."""
    challenge = Challenge(
        "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "MD5", True, "5ccc", False
    )
    said = credentials(
        challenge, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", cnonce="0a4f113b"
    )
    assert 'response="6629fae49393a05397450978507c4ef1"' in said
    assert 'opaque="5ccc"' in said


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digests_as_rfc_7616_has_them(algorithm, response):
    """RFC 7616, 3.9.1."""
    challenge = parsed_challenge(
        'Digest realm="http-auth@example.org", qop="auth, auth-int",'
        f' algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",'
        ' opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    said = credentials(
        challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce=cnonce
    )
    assert f'response="{response}"' in said


@pytest.mark.parametrize(
    "wrong", ["Basic realm=x", "Digest realm=x", 'Digest nonce="1", qop="auth-int"']
)
def test_a_challenge_that_we_cannot_meet_is_refused(wrong):
    """With a ProtocolError."""
    with pytest.raises(ProtocolError):
        parsed_challenge(wrong)

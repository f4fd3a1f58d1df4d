"""The dispatcher's TLS: the real Kamailio with its TLS module."""

import ssl

import pytest
import trustme

from tests.deploy.edge import EDGE, Edge
from tests.deploy.sip_peers import Asterisk, Dialog, TlsProvider

pytestmark = pytest.mark.deploy


@pytest.fixture
def authority():
    """Who signs everybody's certificate."""
    return trustme.CA()


@pytest.fixture
def secret(tmp_path, authority):
    """The mounted Secret: tls.crt and tls.key."""
    folder = tmp_path / "secret"
    folder.mkdir()
    certificate = authority.issue_cert(EDGE)
    certificate.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    certificate.private_key_pem.write_to_path(folder / "tls.key")
    return folder


def edge(tmp_path, asterisks, secret):
    """Kamailio with SIP_TLS=yes."""
    return Edge(tmp_path, asterisks, SIP_TLS="yes", SIP_TLS_FOLDER=str(secret))


def client(authority):
    """A provider that checks our certificate."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_a_provider_calls_over_tls(tmp_path, authority, secret):
    """TLS outside, UDP inside; both sides may hang up."""
    with (
        Asterisk() as asterisk,
        edge(tmp_path, [asterisk], secret) as running,
        TlsProvider(running.tls, client(authority)) as provider,
    ):
        call = provider.call()
        assert isinstance(call, Dialog)
        assert "transport=tls" in call.routes[0]
        assert call.bye() == 200
        call = provider.call()
        assert asterisk.calls[call.call_id].bye() == 200
        assert provider.byes == [call.call_id]


def test_a_provider_without_a_certificate_is_refused_when_an_authority_is_named(
    tmp_path, authority, secret
):
    """With ca.crt in the Secret, who has no certificate of it gets no connection."""
    authority.cert_pem.write_to_path(secret / "ca.crt")
    with Asterisk() as asterisk, edge(tmp_path, [asterisk], secret) as running:
        known = client(authority)
        authority.issue_cert("provider.example").configure_cert(known)
        with TlsProvider(running.tls, known) as provider:
            assert isinstance(provider.call(), Dialog)
        with pytest.raises(OSError), TlsProvider(running.tls, client(authority)) as stranger:
            stranger.begin("INVITE", "refused")
            assert stranger.wait(lambda m: m.code == 200, within=2) is None
            raise ConnectionResetError("the connection was ended, as it should be")
        assert len(asterisk.calls) == 1

"""The real Kamailio in front of the real Asterisk, with our configuration of both."""

import pytest

from tests.deploy.edge import EDGE, Edge
from tests.deploy.sip_peers import Dialog, Provider
from tests.e2e.pbx import Pbx

pytestmark = [pytest.mark.deploy, pytest.mark.asterisk]

TRUNK = f"""[trunk]
type = endpoint
transport = udp
context = from-trunk
disallow = all
allow = alaw
incoming_call_offer_pref = local_first
direct_media = no
rtp_symmetric = yes

[trunk]
type = identify
endpoint = trunk
match = {EDGE}
"""


class Where:
    """An Asterisk as Edge wants it."""

    def __init__(self, pbx):
        self.ip, self.port = pbx.settings.bind, pbx.sip_port


def test_asterisk_answers_and_hangs_up_through_kamailio(tmp_path):
    """No bot is there: the caller is answered, hears the apology, and gets Asterisk's BYE."""
    nobody = "http://127.0.0.1:9"
    with (
        Pbx(nobody, bind="127.0.0.3", agents="", extra={"pjsip_trunk.conf": TRUNK}) as pbx,
        Edge(tmp_path, [Where(pbx)]) as edge,
        Provider(edge.outside) as provider,
    ):
        call = provider.call("911140000000")
        assert isinstance(call, Dialog)
        assert provider.wait(lambda m: not m.code and m.method == "BYE", within=20)
        edge.until(lambda: pbx.channels() == 0)


def test_a_graceful_stop_takes_an_asterisk_out(tmp_path):
    """It says 503 to OPTIONS while its call goes on: no new calls, and a BYE still finds it."""
    waits = "[from-trunk]\nexten => _X.,1,Answer()\n same => n,Wait(60)\n"
    dialplan = {"pjsip_trunk.conf": TRUNK.replace("from-trunk", "waits")}
    dialplan["extensions_custom.conf"] = waits.replace("from-trunk", "waits")
    with (
        Pbx("http://127.0.0.1:9", bind="127.0.0.3", extra=dialplan) as pbx,
        Edge(tmp_path, [Where(pbx)]) as edge,
        Provider(edge.outside) as provider,
    ):
        call = provider.call("911140000000")
        assert isinstance(call, Dialog)
        assert provider.ask("OPTIONS").code == 200
        pbx.cli("core stop gracefully")
        edge.until(lambda: edge.get("/readyz")[0] == 503)
        assert provider.call().code == 503
        assert call.bye() == 200

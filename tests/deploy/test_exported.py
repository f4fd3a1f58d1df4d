"""Rules and dashboards ask the real Asterisk and the real Kamailio for nothing that they lack."""

import urllib.request

import pytest

from scripts.house import free_port
from tests.deploy.edge import Edge
from tests.deploy.exported import ASTERISKS, KAMAILIOS, samples, selectors, wrong_selectors
from tests.deploy.sip_peers import Asterisk, Dialog, Provider
from tests.deploy.test_dashboards import FILES, queries
from tests.deploy.test_rules import rules
from tests.e2e.pbx import Pbx

pytestmark = pytest.mark.deploy


def asked(begins):
    """Each query of a dashboard or rule that names such a metric."""
    found = [query for path in FILES for _, query in queries(path)]
    found += [rule["expr"] for kind in ("alert", "record") for rule in rules(kind).values()]
    return [query for query in found if list(selectors(query, begins))]


@pytest.mark.asterisk
def test_asterisk_exports_what_is_asked_for():
    """With `metrics`; its HTTP server tells nothing else."""
    place = f"127.0.0.1:{free_port()}"
    with Pbx("http://127.0.0.1:9", metrics=place):
        with urllib.request.urlopen(f"http://{place}/metrics", timeout=20) as page:
            assert page.headers["Content-Type"] == "text/plain"
            found = samples(page.read().decode())
        for path in ("/", "/httpstatus", "/static/x", "/ari/channels", "/rawman", "/manager"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://{place}{path}", timeout=5)
    queries_ = asked(ASTERISKS)
    assert len(queries_) >= 4
    for query in queries_:
        assert not wrong_selectors(query, found, begins=ASTERISKS), query


@pytest.mark.asterisk
def test_asterisk_has_no_http_server_unless_metrics_are_wanted():
    """The default."""
    with Pbx("http://127.0.0.1:9") as pbx:
        assert "Server Disabled" in pbx.cli("http show status")


def test_kamailio_exports_what_is_asked_for(tmp_path):
    """After a call, one that an Asterisk failed, and one that was refused."""
    with (
        Asterisk() as one,
        Asterisk() as other,
        Edge(tmp_path, [one, other]) as edge,
        Provider(edge.outside) as provider,
        Provider(edge.outside, ip="127.0.0.9") as stranger,
    ):
        one.answer = other.answer = 503
        provider.call()
        one.answer = other.answer = 200
        edge.until(lambda: isinstance(provider.call(), Dialog))
        assert stranger.ask("INVITE", within=1) is None
        found = samples(edge.get("/metrics")[1])
    queries_ = asked(KAMAILIOS)
    assert len(queries_) >= 6
    for query in queries_:
        assert not wrong_selectors(query, found, begins=KAMAILIOS), query

"""The dispatcher in front of several Asterisks: the real Kamailio, with peers on loopback."""

import pytest

from tests.deploy.edge import EDGE, PUBLIC, Edge
from tests.deploy.sip_peers import Asterisk, Dialog, Message, Provider

pytestmark = pytest.mark.deploy


@pytest.fixture
def asterisks():
    """Two that answer."""
    with Asterisk() as one, Asterisk() as other:
        yield one, other


@pytest.fixture
def edge(tmp_path, asterisks):
    """Kamailio in front of both."""
    with Edge(tmp_path, asterisks) as running:
        yield running


@pytest.fixture
def provider(edge):
    """Whose calls are taken."""
    with Provider(edge.outside) as one:
        yield one


# ---- calls -----------------------------------------------------------------------------------


def test_calls_are_spread_over_the_asterisks(edge, provider, asterisks):
    """Ten calls at once: five each, for each goes where the fewest are."""
    calls = [provider.call() for _ in range(10)]
    assert all(isinstance(call, Dialog) for call in calls)
    assert [len(each.calls) for each in asterisks] == [5, 5]


def test_the_emptier_one_is_filled_up_first(edge, provider, asterisks):
    """Calls that ended no longer count: not turn by turn, but by load."""
    calls = [provider.call() for _ in range(6)]
    one, other = asterisks
    for call in calls:
        if call.call_id in one.calls:
            assert call.bye() == 200
    before = len(one.calls), len(other.calls)
    for _ in range(3):
        provider.call()
    assert (len(one.calls), len(other.calls)) == (before[0] + 3, before[1])


def test_a_bye_finds_its_asterisk(edge, provider, asterisks):
    """In-dialog requests go by Record-Route: each BYE to the one that has the call."""
    calls = [provider.call() for _ in range(6)]
    assert [call.bye() for call in calls] == [200] * 6
    for each in asterisks:
        assert sorted(each.byes) == sorted(each.calls)
        assert len(each.byes) == 3
        assert {m.sender for m in each.seen if m.start.startswith("BYE")} == {edge.inside}


def test_asterisk_hangs_up_through_us(edge, provider, asterisks):
    """A BYE of the bot's side reaches the provider."""
    call = provider.call()
    [side] = [each.calls[call.call_id] for each in asterisks if call.call_id in each.calls]
    assert side.bye() == 200
    assert provider.byes == [call.call_id]
    assert {m.sender for m in provider.seen if m.start.startswith("BYE")} == {edge.outside}


def test_each_side_sees_an_address_that_it_can_reach(tmp_path, asterisks):
    """Providers get the public address, Asterisks the inner one; calls work all the same."""
    variables = {"SIP_NODE": "edge-1", "SIP_PUBLIC_ADDRESSES": f"edge-0=192.0.2.1 edge-1={PUBLIC}"}
    with Edge(tmp_path, asterisks, **variables) as edge, Provider(edge.outside) as provider:
        call = provider.call()
        assert PUBLIC in call.routes[0] and EDGE in call.routes[1]
        [side] = [each.calls[call.call_id] for each in asterisks if call.call_id in each.calls]
        assert f"{EDGE}:{edge.inside[1]}" in side.routes[0]
        assert side.bye() == 200
        call = provider.call()
        call.through = edge.outside
        assert call.bye() == 200


def test_a_restart_ends_no_call(tmp_path, asterisks):
    """The next Kamailio at the same address knows nothing of a call, and carries its BYE."""
    edge = Edge(tmp_path, asterisks)
    with Provider(edge.outside) as provider:
        with edge:
            calls = [provider.call() for _ in range(4)]
        with edge:
            assert [call.bye() for call in calls] == [200] * 4
    assert sum(len(each.byes) for each in asterisks) == 4


def test_a_cancelled_call_leaves_no_load_behind(edge, provider, asterisks):
    """CANCEL reaches the Asterisk that rings; afterwards both are equally empty."""
    for each in asterisks:
        each.answer = 180
    provider.begin("INVITE", "ringing")
    assert provider.wait(lambda m: m.code == 180 and m.one("Call-ID") == "ringing")
    provider.begin("CANCEL", "ringing")
    assert provider.wait(lambda m: m.code == 487)
    assert sorted(len(each.cancelled) for each in asterisks) == [0, 1]
    for each in asterisks:
        each.answer = 200
    for _ in range(4):
        provider.call()
    assert [len(each.calls) for each in asterisks] == [2, 2]


# ---- failures --------------------------------------------------------------------------------


def test_a_call_goes_to_the_next_asterisk_when_one_is_silent(edge, provider, asterisks):
    """No word for two seconds: the caller rings on, and the other one answers."""
    one, other = asterisks
    one.answer = 0
    one.options = 0
    calls = [provider.call() for _ in range(3)]
    assert all(isinstance(call, Dialog) for call in calls)
    assert (len(one.calls), len(other.calls)) == (0, 3)
    assert [call.bye() for call in calls] == [200] * 3
    assert edge.metric("voicebot_sip_failovers_total") == 1, "it was not asked a second time"


@pytest.mark.parametrize("code", [500, 503])
def test_a_call_goes_to_the_next_asterisk_when_one_fails(edge, provider, asterisks, code):
    """5xx from the first: the caller hears of none of it."""
    one, other = asterisks
    one.answer = code
    calls = [provider.call() for _ in range(2)]
    assert all(isinstance(call, Dialog) for call in calls)
    assert (len(one.calls), len(other.calls)) == (0, 2)
    assert edge.metric("voicebot_sip_failovers_total") == 1


@pytest.mark.parametrize("code", [404, 486, 603])
def test_what_is_about_the_call_is_the_callers_answer(edge, provider, asterisks, code):
    """4xx and 6xx would be the same everywhere: one Asterisk is asked, the code is passed on."""
    for each in asterisks:
        each.answer = code
    answer = provider.call()
    assert isinstance(answer, Message) and answer.code == code
    assert sum(m.method == "INVITE" and not m.code for a in asterisks for m in a.seen) == 1


def test_a_silent_asterisk_is_left_out_and_comes_back(edge, provider, asterisks):
    """OPTIONS without an answer take it out before a caller meets it; answers bring it back."""
    one, other = asterisks
    one.options = one.answer = 0
    edge.until(lambda: f"down: sip:{one.ip}:{one.port}" in edge.log.read_text())
    assert [type(provider.call()) for _ in range(4)] == [Dialog] * 4
    assert (len(one.calls), len(other.calls)) == (0, 4)
    assert edge.metric("voicebot_sip_failovers_total") == 0
    one.options = one.answer = 200
    edge.until(lambda: f"up: sip:{one.ip}:{one.port}" in edge.log.read_text())
    provider.call()
    assert len(one.calls) == 1


def test_an_asterisk_that_stops_gracefully_gets_no_new_calls(edge, provider, asterisks):
    """It says 503 to OPTIONS; the calls that it has go on."""
    one, other = asterisks
    calls = [provider.call(), provider.call()]
    one.options = 503
    edge.until(lambda: f"down: sip:{one.ip}:{one.port}" in edge.log.read_text())
    provider.call()
    provider.call()
    assert (len(one.calls), len(other.calls)) == (1, 3)
    assert [call.bye() for call in calls] == [200, 200]


def test_without_any_asterisk_the_provider_is_told_at_once(edge, provider, asterisks):
    """503 to calls, to the provider's own OPTIONS and to /readyz: it can turn to another edge."""
    assert provider.ask("OPTIONS").code == 200
    assert edge.get("/readyz") == (200, "ok\n")
    for each in asterisks:
        each.options = 0
    edge.until(lambda: edge.get("/readyz")[0] == 503)
    answer = provider.call()
    assert (answer.code, answer.one("Retry-After")) == (503, "10")
    assert provider.ask("OPTIONS").code == 503
    assert edge.get("/livez")[0] == 200
    assert edge.metric("voicebot_sip_asterisk_available") == 0


def test_no_asterisk_gets_more_calls_than_it_bears(tmp_path, asterisks):
    """Both full: 503, before any Asterisk is bothered."""
    variables = {"SIP_CALLS_OF_AN_ASTERISK": "2"}
    with Edge(tmp_path, asterisks, **variables) as edge, Provider(edge.outside) as provider:
        calls = [provider.call() for _ in range(4)]
        assert [len(each.calls) for each in asterisks] == [2, 2]
        assert provider.call().code == 503
        assert calls[0].bye() == 200
        assert isinstance(provider.call(), Dialog)


def test_too_many_calls_a_second_are_refused(tmp_path, asterisks):
    """The limit of new calls holds for all providers together."""
    variables = {"SIP_CALLS_A_SECOND": "5"}
    with Edge(tmp_path, asterisks, **variables) as edge, Provider(edge.outside) as provider:
        for number in range(40):
            provider.begin("INVITE", f"call-{number}")
        codes = [
            provider.wait(lambda m, n=n: m.code >= 200 and m.one("Call-ID") == f"call-{n}").code
            for n in range(40)
        ]
        assert codes.count(200) in (5, 10), "ten when a second begins amid the forty"
        assert codes.count(503) == 40 - codes.count(200)


# ---- who may not -----------------------------------------------------------------------------


def test_strangers_get_no_answer(edge, asterisks):
    """Neither to a call nor to OPTIONS: a scanner learns nothing, and no Asterisk is bothered."""
    with Provider(edge.outside, ip="127.0.0.9") as stranger:
        assert stranger.ask("INVITE", within=1) is None
        assert stranger.ask("OPTIONS", within=1) is None
        assert stranger.seen == []
    assert edge.metric('voicebot_sip_refused_total{reason="stranger"}') == 2
    assert not any(m.method == "INVITE" for each in asterisks for m in each.seen)


def test_nobody_is_relayed_by_a_forged_route(edge, provider):
    """A request "within a call" with a Route of the sender's: 403, and nothing leaves."""
    with Asterisk(ip="127.0.0.8") as victim:
        routes = [f"<sip:{EDGE}:{edge.outside[1]};lr>", f"<sip:127.0.0.8:{victim.port};lr>"]
        ends = "<sip:a@127.0.0.2>;tag=1", "<sip:b@127.0.0.8>;tag=2"
        forged = Dialog(provider, "forged", *ends, victim.contact, routes)
        assert forged.bye() == 403
        forged.routes.pop()
        assert forged.bye() == 403
        assert victim.seen == []


def test_a_new_call_with_a_route_goes_to_an_asterisk(edge, provider, asterisks):
    """Neither its Route nor its number's host leads it elsewhere."""
    with Asterisk(ip="127.0.0.8") as victim:
        call = provider.call(extra=[("Route", f"<sip:127.0.0.8:{victim.port};lr>")])
        assert isinstance(call, Dialog)
        assert victim.seen == []
    [invite] = [m for a in asterisks for m in a.seen if m.start.startswith("INVITE")]
    assert invite.all("Route") == []


def test_phones_do_not_register_here(edge, provider):
    """405, with what is allowed."""
    answer = provider.ask("REGISTER")
    assert answer.code == 405
    assert "INVITE" in answer.one("Allow")


def test_a_bye_without_a_call_is_none_of_ours(edge, provider):
    """No Route: 481."""
    lost = Dialog(
        provider, "lost", "<sip:a@x>;tag=1", "<sip:b@x>;tag=2", "sip:b@127.0.0.3:5060", []
    )
    lost.through = edge.outside
    assert lost.bye() == 481


# ---- calls to people outside -----------------------------------------------------------------


def test_asterisks_call_the_providers_in_their_order(tmp_path, asterisks):
    """The first one that is well takes it; on 5xx or silence the second does."""
    with Asterisk(ip="127.0.0.2") as first, Asterisk(ip="127.0.0.2") as second:
        listed = f"127.0.0.2:{first.port} 127.0.0.2:{second.port}"
        with (
            Edge(tmp_path, asterisks, SIP_PROVIDERS=listed) as edge,
            Provider(edge.inside, ip="127.0.0.3") as asterisk,
        ):
            call = asterisk.call("+911140000000")
            assert (len(first.calls), len(second.calls)) == (1, 0)
            assert call.bye() == 200
            first.answer = 503
            call = asterisk.call("+911140000000")
            assert isinstance(call, Dialog)
            assert (len(first.calls), len(second.calls)) == (1, 1)
            assert call.bye() == 200


def test_without_providers_asterisks_call_nobody(edge):
    """404: this edge is for incoming calls only."""
    with Provider(edge.inside, ip="127.0.0.3") as asterisk:
        assert asterisk.call("+911140000000").code == 404


# ---- what start.sh takes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"SIP_ADDRESS": ""}, "SIP_ADDRESS=: give the IPv4 address"),
        ({"SIP_PORT": "70000"}, "SIP_PORT=70000: give a port from 1 to 65535"),
        ({"SIP_CALLS_A_SECOND": "many"}, "SIP_CALLS_A_SECOND=many: give a whole number"),
        ({"SIP_ASTERISKS": ""}, "SIP_ASTERISKS is empty"),
        ({"SIP_ASTERISKS": "asterisk-0"}, "SIP_ASTERISKS=asterisk-0: give HOST:PORT"),
        ({"SIP_ASTERISKS": "a:1 a:1"}, "names one twice"),
        ({"SIP_PROVIDER_NETWORKS": ""}, "SIP_PROVIDER_NETWORKS is empty"),
        ({"SIP_PROVIDER_NETWORKS": "10.0.0.0/33"}, "SIP_PROVIDER_NETWORKS=10.0.0.0/33: give IPv4"),
        ({"SIP_ASTERISK_NETWORKS": "pods"}, "SIP_ASTERISK_NETWORKS=pods: give IPv4"),
        ({"SIP_PROVIDERS": "a;b"}, "SIP_PROVIDERS=a;b: give HOST:PORT"),
        ({"SIP_PROVIDERS": "a:5061;transport=tls"}, "set SIP_TLS=yes"),
        ({"SIP_PUBLIC_ADDRESSES": "edge"}, "SIP_PUBLIC_ADDRESSES=edge: give NODE=ADDRESS"),
        ({"SIP_TLS": "maybe"}, "SIP_TLS=maybe: say yes or no"),
        ({"SIP_TLS": "yes", "SIP_TLS_FOLDER": "/none"}, "/none/tls.crt cannot be read"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(tmp_path, variables, complaint):
    """Exit code 2 and one line, before Kamailio is started."""
    with Asterisk() as one:
        done = Edge(tmp_path, [one]).check(**variables)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1


def test_names_of_pods_are_destinations(tmp_path):
    """A StatefulSet's stable names; what counts an Asterisk's calls is the pod's name."""
    domain = "voicebot-asterisk.voicebot.svc.cluster.local"
    names = " ".join(f"voicebot-asterisk-{number}.{domain}:5060" for number in range(2))
    done = Edge(tmp_path, []).check(SIP_ASTERISKS=names)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dispatcher.list").read_text().splitlines()[1] == (
        f"1 sip:voicebot-asterisk-1.{domain}:5060 0 0 duid=voicebot-asterisk-1;maxload=200"
    )


def test_an_asterisk_whose_name_is_not_there_is_passed_over(tmp_path, asterisks):
    """A pod that does not exist yet keeps nobody from starting, and no caller from talking."""
    names = f"asterisk-7.voicebot.invalid:5060 {asterisks[0].ip}:{asterisks[0].port}"
    with (
        Edge(tmp_path, asterisks, SIP_ASTERISKS=names) as edge,
        Provider(edge.outside) as provider,
    ):
        assert isinstance(provider.call(), Dialog)
        assert len(asterisks[0].calls) == 1

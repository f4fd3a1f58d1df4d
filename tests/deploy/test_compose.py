"""compose.yaml: accepted by the real docker-compose, and true to the programs that it starts.

No engine runs here: images are not built, and no container is started (see test_containers.py).
"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.config_file import load
from scripts import deploy_tools
from tests.deploy.compose_file import NVIDIA, OURS, ROOT, composed, image_of, services

pytestmark = pytest.mark.deploy
PROFILES = ("embedded", "nvidia")

# ---- the file ----------------------------------------------------------------------------------


def test_without_a_profile_the_embedded_servers_come_up() -> None:
    """`docker compose up` needs no GPU, no key and no account."""
    assert services().keys() == {"asterisk", "bot", "local", "prometheus", "grafana"}
    assert services() == services("embedded")


def test_with_nvidias_profile_nvidias_servers_come_up_instead() -> None:
    """`--profile nvidia` takes the place of the embedded servers, not a place beside them."""
    assert services("nvidia").keys() == {"asterisk", "bot", *NVIDIA, "prometheus", "grafana"}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_bot_finds_its_servers_under_the_same_names(profile: str) -> None:
    """Each host in the bot's settings is a service or an alias, on a network of the bot's."""
    up = services(profile)
    bot = up["bot"]
    known: dict[str, str] = {}
    for name, service in up.items():
        for network, options in service["networks"].items():
            if network in bot["networks"]:
                known |= dict.fromkeys([name, *((options or {}).get("aliases") or [])], name)
    environment = bot["environment"]
    asked = [environment["BOT_RIVA__ASR_URI"], environment["BOT_RIVA__TTS_URI"]]
    asked.append(re.sub(r"^http://|/v1$", "", environment["BOT_LLM__BASE_URL"]))
    for address in asked:
        host, _, port = address.partition(":")
        assert host in known, address
        assert int(port) == NVIDIA[host]
        if known[host] == "local":
            assert port in image_of("local").last("EXPOSE").split()


def test_the_bots_variables_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt one would stop the bot at its start; each sets what it says."""
    for name in [name for name in os.environ if name.startswith("BOT_")]:
        monkeypatch.delenv(name)
    image = {k: v for k, v in image_of("bot").variables().items() if k.startswith("BOT_")}
    for name, value in {**image, **services()["bot"]["environment"]}.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.http.host == settings.audiosocket.host == "0.0.0.0"
    assert settings.riva.asr_uri == "riva-asr:50051"
    assert settings.llm.base_url == "http://llm:8000/v1"
    ports = settings.http.port, settings.audiosocket.port, settings.gateway.port
    assert " ".join(map(str, ports)) == image_of("bot").last("EXPOSE")
    grace = services()["bot"]["stop_grace_period"]
    assert settings.drain_timeout < _seconds(grace), "killed while it drains"


def _seconds(text: str) -> float:
    """docker-compose writes 1m10s."""
    found = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", text)
    assert found, text
    return 60 * int(found[1] or 0) + int(found[2] or 0)


def test_asterisks_variables_are_read_by_its_start_script() -> None:
    """And it asks the bot where the bot answers, with the same token."""
    read = (ROOT / "asterisk/container/start.sh").read_text()
    environment = composed(VOICEBOT_TOKEN="hush")["services"]["asterisk"]["environment"]
    for name in environment:
        assert f"${{{name}-" in read, name
    assert environment["ASTERISK_BOT_URL"] == "http://bot:8080"
    bot = composed(VOICEBOT_TOKEN="hush")["services"]["bot"]["environment"]
    assert environment["ASTERISK_BOT_TOKEN"] == bot["BOT_PBX__TOKEN"] == "hush"


def test_the_published_ports_are_those_that_asterisk_uses() -> None:
    """SIP and the whole range of the audio, each under its own number: phones are told it."""
    asterisk = services()["asterisk"]
    assert all(port["protocol"] == "udp" for port in asterisk["ports"])
    assert all(str(port["target"]) == port["published"] for port in asterisk["ports"])
    first, last = map(int, asterisk["environment"]["ASTERISK_RTP"].split("-"))
    assert {port["target"] for port in asterisk["ports"]} == {5060, *range(first, last + 1)}


def test_phones_of_this_machine_alone_unless_an_address_is_given() -> None:
    """Nothing is offered to a network by default; one variable opens it, and tells phones where."""
    for service in services().values():
        assert {port["host_ip"] for port in service.get("ports", [])} <= {"127.0.0.1"}
    asterisk = composed(VOICEBOT_ADDRESS="192.0.2.5")["services"]["asterisk"]
    assert {port["host_ip"] for port in asterisk["ports"]} == {"192.0.2.5"}
    assert asterisk["environment"]["ASTERISK_EXTERNAL"] == "192.0.2.5"
    behind = composed(VOICEBOT_ADDRESS="192.0.2.5", VOICEBOT_EXTERNAL="198.51.100.9")
    assert behind["services"]["asterisk"]["environment"]["ASTERISK_EXTERNAL"] == "198.51.100.9"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_container_is_confined(profile: str) -> None:
    """No capabilities, no new rights, a bounded log; ours and what is shown: a read-only root."""
    for name, service in services(profile).items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"]["max-size"], name
        if name not in NVIDIA:
            assert service["read_only"], name
            assert service["mem_limit"] and service["pids_limit"], name


@pytest.mark.parametrize("profile", PROFILES)
def test_whoever_is_waited_for_says_whether_it_is_well(profile: str) -> None:
    """`service_healthy` needs a health check: in the file, or in an image of ours."""
    up = services(profile)
    for name, service in up.items():
        assert "healthcheck" in service or (name in OURS and image_of(name).last("HEALTHCHECK"))
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_healthy", (name, other)
            assert other in up or not how["required"], (name, other)


def test_audiosocket_and_the_servers_are_out_of_reach() -> None:
    """AudioSocket has no password: only Asterisk is on its network; no port is published."""
    up = services("nvidia")
    assert {name for name, one in up.items() if "calls" in one["networks"]} == {"asterisk", "bot"}
    assert composed("nvidia")["networks"]["calls"]["internal"]
    assert {name for name, one in up.items() if "ports" in one} == {
        "asterisk", "prometheus", "grafana"
    }  # fmt: skip


def test_what_is_written_to_is_a_volume_that_the_image_prepares() -> None:
    """With a read-only root, each folder that is written to is mounted, and is its user's."""
    up = services()
    (asterisk,) = up["asterisk"]["volumes"]
    assert json.loads(image_of("asterisk").last("VOLUME")) == [asterisk["target"]]
    (speech,) = up["bot"]["volumes"]
    assert up["bot"]["environment"]["BOT_RIVA__TTS__DISK"] == speech["target"]
    assert any(f"-o 10001 -g 10001 {speech['target']}" in s for s in image_of("bot").all("RUN"))


def test_nvidias_images_are_the_charts() -> None:
    """One machine and a cluster run the same models in the same way."""
    values = yaml.safe_load((ROOT / "helm/voicebot/values.yaml").read_text())
    up = services("nvidia")
    chart = {"riva-asr": values["riva"]["asr"], "riva-tts": values["riva"]["tts"],
             "llm": values["llm"]["nim"]}  # fmt: skip
    for name, one in chart.items():
        assert up[name]["image"] == f"{one['image']['repository']}:{one['image']['tag']}"
        assert one["env"].keys() <= up[name]["environment"].keys()
    assert up["bot"]["environment"]["BOT_LLM__MODEL"] == values["llm"]["model"]
    selector = up["riva-asr"]["environment"]["NIM_TAGS_SELECTOR"]
    assert selector == chart["riva-asr"]["env"]["NIM_TAGS_SELECTOR"]


def test_the_key_for_nvidia_comes_from_the_shell_and_stands_in_no_file() -> None:
    """Only NVIDIA's containers get it."""
    up = composed("nvidia", NGC_API_KEY="nvapi-1")["services"]
    have = {name for name, one in up.items() if "nvapi-1" in json.dumps(one)}
    assert have == NVIDIA.keys()
    assert "nvapi" not in (ROOT / ".env").read_text() + (ROOT / "compose.yaml").read_text()


# ---- Prometheus and Grafana --------------------------------------------------------------------


def _mounted(service: str, target: str) -> Path:
    """The file or folder of the checkout that a container sees as `target`."""
    for volume in services()[service]["volumes"]:
        if volume["target"] == target:
            assert volume["read_only"]
            return Path(volume["source"])
    raise AssertionError(f"{service} has nothing at {target}")


def test_prometheus_accepts_its_configuration_and_the_charts_rules(tmp_path: Path) -> None:
    """As promtool reads both, from where the container has them."""
    rules = _mounted("prometheus", "/etc/prometheus/rules")
    assert list(rules.glob("*.yaml"))
    text = _mounted("prometheus", "/etc/prometheus/prometheus.yml").read_text()
    assert "/etc/prometheus/rules/" in text
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus/rules", str(rules)))
    done = subprocess.run(
        [deploy_tools.promtool(), "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"SUCCESS: [1-9]\d* rules found", done.stdout)


def test_prometheus_asks_bot_and_asterisk_where_they_answer() -> None:
    """The bot's HTTP port and Asterisk's metrics, on a network that they have in common."""
    text = _mounted("prometheus", "/etc/prometheus/prometheus.yml").read_text()
    jobs = yaml.safe_load(text)["scrape_configs"]
    targets = [target for job in jobs for target in job["static_configs"][0]["targets"]]
    up = services()
    port = up["asterisk"]["environment"]["ASTERISK_METRICS"].rpartition(":")[2]
    assert targets == ["bot:8080", f"asterisk:{port}"]
    for name in ("bot", "asterisk"):
        shared = up["prometheus"]["networks"].keys() & up[name]["networks"].keys()
        assert shared == {"metrics"}


def test_grafana_shows_the_charts_dashboards_and_asks_this_prometheus() -> None:
    """Provisioned by files: the folder that is mounted is the one that is read."""
    provisioning = "/etc/grafana/provisioning"
    dashboards = next(_mounted("grafana", f"{provisioning}/dashboards").iterdir())
    (provider,) = yaml.safe_load(dashboards.read_text())["providers"]
    folder = _mounted("grafana", provider["options"]["path"])
    assert folder == ROOT / "helm/voicebot/dashboards"
    sources = next(_mounted("grafana", f"{provisioning}/datasources").iterdir())
    (source,) = yaml.safe_load(sources.read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert source["isDefault"]

"""The rendered bot, Asterisk and test pods as plain processes make a line that works."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from bot.asterisk.audiosocket import Kind
from bot.gateway.client import ClientTls, GatewayClient
from bot.gateway.wire import voice_workflow_pb2 as pb
from bot.signal.levels import rms_dbfs
from scripts.house import free_port
from scripts.postgres_program import running_postgres
from tests.asterisk.peer import Peer
from tests.deploy.chart import ROOT, render
from tests.deploy.pods import (
    CLIENTS,
    PASSWORD,
    SECRETS,
    TOKEN,
    here,
    lay_out,
    start_asterisk,
    stop,
    variables,
)
from tests.e2e.fake_bot import until
from tests.e2e.studio import Ears, tone
from tests.nim.fakes import FakeNim, saying
from tests.nim.fakes import serving as nim_serving
from tests.riva.fakes import FakeRecognition, FakeSynthesis
from tests.riva.fakes import serving as riva_serving

pytestmark = [pytest.mark.deploy, pytest.mark.real_time]

AUDIBLE = -50.0
"""dBFS: above this a frame holds our voice."""


@dataclass
class Pod:
    """The bot's container under way."""

    container: dict
    process: asyncio.subprocess.Process
    spec: dict

    async def probe(self, name):
        """The status that the kubelet would see."""
        ask = self.container[name]["httpGet"]
        ports = {each["name"]: each["containerPort"] for each in self.container["ports"]}
        async with httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{ports[ask['port']]}{ask['path']}"
            return (
                await client.get(url, timeout=self.container[name]["timeoutSeconds"])
            ).status_code

    async def started(self):
        """Wait for the startup probe, for as long as Kubernetes would."""
        probe = self.container["startupProbe"]
        for _ in range(probe["failureThreshold"]):
            try:
                if await self.probe("startupProbe") == 200:
                    return
            except httpx.TransportError:
                pass
            assert self.process.returncode is None, "the bot ended"
            await asyncio.sleep(probe["periodSeconds"])
        raise AssertionError("the startup probe failed for good")

    async def register(self):
        """A call's uuid, and what the dialplan is told."""
        call = uuid4()
        form = {"uuid": str(call), "caller": "+919876543210", "called": "100", "format": "slin"}
        [port] = [p["containerPort"] for p in self.container["ports"] if p["name"] == "http"]
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            answer = await client.post(f"http://127.0.0.1:{port}/pbx/calls", data=form)
        return call, answer.text


@asynccontextmanager
async def bot_pod(folder, profiles="", line_tls=None, **values):
    """The bot of a rendered chart, with scripted services in the place of Riva and the model."""
    async with AsyncExitStack() as stack:
        recognition = FakeRecognition(Ears().script)
        riva = await stack.enter_async_context(
            riva_serving(recognition, FakeSynthesis(tone(700.0)))
        )
        model = FakeNim(saying({"content": "जी।"}))
        llm = await stack.enter_async_context(nim_serving(model))
        found = render(
            bot={
                "ports": {"audiosocket": free_port(), "http": free_port()},
                "profilesConfigMap": profiles,
                "lineTls": line_tls or {},
            },
            pbxToken={"existingSecret": "pbx-token"},
            riva={"source": "external", "external": {"asrUri": riva, "ttsUri": riva}},
            llm={"source": "external", "model": "m", "external": {"baseUrl": llm}},
            **values,
        )
        spec = found.one("Deployment", "-bot")["spec"]["template"]["spec"]
        [container] = spec["containers"]
        lay_out(found, spec, folder)
        # As in the container: these variables, and none of ours; the image's ENTRYPOINT first.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *(here(word, folder) for word in container["args"]),
            env={**variables(container, folder), "PATH": os.environ["PATH"]}, cwd=ROOT,
        )  # fmt: skip
        try:
            pod = Pod(container, process, spec)
            await pod.started()
            yield pod
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def heard(peer):
    """Wait for our voice on the line."""
    while True:
        message = await peer.hear()
        assert message is not None, "the bot closed the connection"
        if message.kind == Kind.AUDIO_8K and rms_dbfs(message.payload) > AUDIBLE:
            return


async def test_the_rendered_bot_takes_a_call_and_drains(tmp_path):
    """Probes are right at each step; SIGTERM refuses new calls and lets the last one end."""
    async with bot_pod(tmp_path) as pod:
        assert await pod.probe("readinessProbe") == 200
        assert await pod.probe("livenessProbe") == 200
        call, told = await pod.register()
        audio = next(p for p in pod.container["ports"] if p["name"] == "audiosocket")
        assert told == f"dial 127.0.0.1:{audio['containerPort']}"
        peer = await Peer.call(audio["containerPort"], call)
        await heard(peer)

        pod.process.send_signal(signal.SIGTERM)
        while await pod.probe("readinessProbe") != 503:
            await asyncio.sleep(0.05)
        assert await pod.probe("livenessProbe") == 200
        assert (await pod.register())[1] == "refuse draining"
        for _ in range(50):
            assert await peer.hear() is not None

        await peer.leave()
        assert await asyncio.wait_for(pod.process.wait(), 20) == 0


async def test_a_stranger_without_the_token_registers_nothing(tmp_path):
    """The Secret's value is what the bot asks for."""
    async with bot_pod(tmp_path) as pod:
        [port] = [p["containerPort"] for p in pod.container["ports"] if p["name"] == "http"]
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"http://127.0.0.1:{port}/pbx/calls", data={"uuid": "x"})
        assert (answer.status_code, answer.text) == (401, "refuse unauthorized")


async def test_the_rendered_bot_serves_the_gateway(tmp_path):
    """By TLS and token, as the Secrets say; once it drains, its health says so."""
    tls = {"secret": "gateway-tls"}
    tokens = {"existingSecret": "gateway-tokens"}
    gateway = {"enabled": True, "port": free_port(), "tokens": tokens, "tls": tls}
    async with bot_pod(tmp_path, gateway=gateway) as pod:
        [port] = [p["containerPort"] for p in pod.container["ports"] if p["name"] == "gateway"]
        trust = ClientTls(ca=Path(f"{tmp_path}/etc/voicebot/gateway-tls/ca.crt"))
        async with GatewayClient(f"localhost:{port}", CLIENTS, trust) as client:
            assert await client.serves()
            coding = pb.AudioFormat(encoding=pb.ENCODING_OPUS)
            async with client.converse(coding) as conversation:
                sound = 0
                async for event in conversation.events():
                    if event.HasField("audio"):
                        sound += rms_dbfs(conversation.heard(event.audio)) > AUDIBLE
                    if sound:
                        break
                pod.process.send_signal(signal.SIGTERM)
                while await client.serves():
                    await asyncio.sleep(0.05)
        assert await asyncio.wait_for(pod.process.wait(), 20) == 0


async def test_the_rendered_bot_reads_its_profiles(tmp_path):
    """From the ConfigMap's folder; a number that one profile has reaches that one's voice."""
    profiles = tmp_path / "etc/voicebot/profiles"
    profiles.mkdir(parents=True)
    (profiles / "bank.yaml").write_text('numbers: ["100"]\nlimits: {calls: 1}\n')
    async with bot_pod(tmp_path, profiles="line-profiles") as pod:
        audio = next(p for p in pod.container["ports"] if p["name"] == "audiosocket")
        call, _ = await pod.register()
        peer = await Peer.call(audio["containerPort"], call)
        await heard(peer)
        assert (await pod.register())[1] == "refuse full", "the profile's own limit"
        await peer.leave()


@pytest.mark.postgres
async def test_the_rendered_bot_keeps_calls_in_the_database_of_its_job(tmp_path, monkeypatch):
    """The Job makes the tables, twice without harm; a call is in them when the bot has gone."""
    records = {"source": "external", "external": {"existingSecret": "records-db"}}
    with running_postgres() as server:
        monkeypatch.setitem(SECRETS, "records-db", server.url)
        for _ in range(2):
            assert await migrate(render(records=records), tmp_path) == 0
        async with bot_pod(tmp_path, records=records) as pod:
            call, _ = await pod.register()
            [port] = [
                p["containerPort"] for p in pod.container["ports"] if p["name"] == "audiosocket"
            ]
            peer = await Peer.call(port, call)
            await heard(peer)
            await peer.leave()
            pod.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(pod.process.wait(), 20) == 0
        with psycopg.connect(server.url) as database:
            kept = database.execute("SELECT id::text FROM calls").fetchall()
    assert kept == [(str(call),)]


async def migrate(found, folder):
    """The exit status of the migration's container."""
    spec = found.one("Job")["spec"]["template"]["spec"]
    [container] = spec["containers"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *container["args"],
        env={**variables(container, folder), "PATH": os.environ["PATH"]}, cwd=ROOT,
    )  # fmt: skip
    return await asyncio.wait_for(process.wait(), 60)


@pytest.mark.asterisk
async def test_the_test_pod_calls_the_line(tmp_path):
    """Rendered bot, Asterisk and test pod together: a bot takes the call and is heard."""
    async with bot_pod(tmp_path) as pod:
        [http] = [p["containerPort"] for p in pod.container["ports"] if p["name"] == "http"]
        bot = {"ports": {"http": http}}
        status, told = await helm_test(f"http://127.0.0.1:{http}", bot)
        assert status == 0, told
        assert "A bot took the call and spoke." in told


@pytest.mark.asterisk
async def test_the_test_pod_is_not_content_with_an_apology(tmp_path):
    """Asterisk answers and plays something when its bot refuses: that is no working line."""
    async with bot_pod(tmp_path) as pod:
        [http] = [p["containerPort"] for p in pod.container["ports"] if p["name"] == "http"]
        status, told = await helm_test("http://127.0.0.1:9", {"ports": {"http": http}})
        assert status == 1
        assert "no bot took the call" in told


@pytest.mark.asterisk
@pytest.mark.parametrize(("authority", "status"), [("line-tls", 0), ("stranger-tls", 1)])
async def test_the_line_may_be_encrypted(tmp_path, authority, status):
    """By a certificate of the one authority that Asterisk trusts; another one's leads to no bot."""
    async with bot_pod(tmp_path, line_tls={"secret": "line-tls"}) as pod:
        [http] = [p["containerPort"] for p in pod.container["ports"] if p["name"] == "http"]
        bot = {"ports": {"http": http}, "lineTls": {"secret": authority}}
        found, told = await helm_test(f"http://127.0.0.1:{http}", bot)
        assert found == status, told


async def helm_test(bot_url, bot):
    """Exit status and output of the test pod, with an Asterisk that asks bots at `bot_url`."""
    values = {"bot": bot, "pbxToken": {"existingSecret": "pbx-token"}}
    asterisk = await asyncio.to_thread(start_asterisk, values, bot_url)
    try:
        [container] = asterisk.pod["containers"]
        startup = container["startupProbe"]["exec"]["command"]
        await asyncio.to_thread(until, lambda: asterisk.run(startup) == 0, 30)
        return await _test_pod(asterisk, bot)
    finally:
        await asyncio.to_thread(stop, asterisk)


async def _test_pod(asterisk, bot):
    found = render(bot=bot, asterisk={"softphones": {"existingSecret": "softphones"}})
    spec = found.one("Pod")["spec"]
    [container] = spec["containers"]
    lay_out(found, spec, asterisk.folder)
    [sip] = [p["containerPort"] for p in asterisk.pod["containers"][0]["ports"]]
    commands = asterisk.folder / "bin"
    voicebot = f'#!/bin/sh\nexec "{sys.executable}" -m bot "$@"\n'
    await asyncio.to_thread(_script, commands / "voicebot", voicebot)
    words = [here(word, asterisk.folder) for word in container["command"]]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words[1:],
        env={
            **variables(container, asterisk.folder),
            "PATH": f"{commands}:{os.environ['PATH']}",
            "SIP_URI": f"sip:100@127.0.0.1:{sip}",
            "BOTS": "127.0.0.1",
            "VOICEBOT_SIP_PASSWORD": PASSWORD,
        },
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, output.decode()


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)

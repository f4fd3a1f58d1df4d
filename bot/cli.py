"""
The command `voicebot`: which words it takes, and the exit code.

0: done. 1: something failed. 2: the words or the configuration are wrong. 3 to 7: `dial` had no
call (docs/softphone.md says why). 130: interrupted. 141: nobody reads our output any more
(`voicebot plan | head -1`). What a command needs is imported when it runs, so that `voicebot
version` is quick.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from bot import __version__
from bot.core.errors import BotError, ConfigError
from bot.core.findings import Finding


def main(words: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = _parser().parse_args(words)
    try:
        return int(options.run(options))
    except ConfigError as error:
        _complain(error)
        return 2
    except BotError as error:
        _complain(error)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return _unread()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="voicebot", description="A voice bot for Hindi callers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument("--config", type=Path, help="YAML file; BOT_* variables go over it")

    serve = commands.add_parser("serve", parents=[config], help="take calls from Asterisk")
    serve.add_argument(
        "--sip", action="store_true", help="by SIP, too, without Asterisk (settings `sip`)"
    )
    serve.set_defaults(run=_serve)
    _add_local(commands.add_parser("local", help="run the embedded speech and language servers"))
    turn_model = commands.add_parser(
        "fetch-turn-model", help="fetch the acoustic end-of-turn model (9 MB, optional)"
    )
    turn_model.add_argument("--to", type=Path, help="the folder to put it in (default: the cache)")
    turn_model.set_defaults(run=_fetch_turn_model)
    dial = "have the bot call a telephone number; or call a SIP address, as a caller does"
    _add_dial(commands.add_parser("dial", parents=[config], help=dial))
    _add_mic(commands.add_parser("mic", help="talk to a gateway by microphone, or by WAV file"))
    doctor = commands.add_parser("doctor", parents=[config], help="check each neighbour")
    doctor.add_argument(
        "--asterisk", default="127.0.0.1:5060", metavar="HOST:PORT", help="Asterisk's SIP address"
    )
    doctor.set_defaults(run=_doctor)
    _add_calls(
        commands.add_parser("calls", help="list, show, export, delete recorded calls"), config
    )
    _add_records(commands.add_parser("records", help="the database of recorded calls"), config)
    _add_webhooks(commands.add_parser("webhooks", help="those that wait for delivery"), config)
    _add_api_keys(commands.add_parser("api-keys", help="keys of the HTTP API"), config)
    _add_outbound(commands, config)
    _add_plan(commands.add_parser("plan", help="say what so many calls at once need"))
    profiles = commands.add_parser("profiles", help="the tenants: which number has which dialogue")
    _add_profiles(profiles.add_subparsers(required=True, metavar="COMMAND"), config)
    _add_hindi(commands.add_parser("hindi", help="read lines, write what becomes of each"))
    commands.add_parser("version", help="print the version").set_defaults(run=_version)
    return parser


def _add_local(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen on")
    add("--speech-port", type=int, default=50051, help="gRPC, as Riva's (default 50051)")
    add("--llm-port", type=int, default=8000, help="HTTP, as a NIM's (default 8000)")
    add("--llm-url", help="an OpenAI-compatible server that the bot uses: starts no assistant")
    add("--asr-model", type=Path, help="folder of another faster-whisper model, decoded as Hindi")
    add("--asr-threads", type=int, default=2, help="threads of one recognition")
    add("--tts-threads", type=int, default=2, help="threads of one synthesis")
    add("--script", type=Path, help="intents and replies in the form of assistant.yaml")
    add("--fetch-only", action="store_true", help="fetch the model files, then stop")
    add("--verify", action="store_true", help="read and check every model file at the start")
    parser.set_defaults(run=_local)


def _add_dial(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("uri", metavar="TARGET", help="a telephone number, or sip:100@HOST, sip:100@HOST:PORT")
    add("--user", default="softphone", help="the account to call with")
    add(
        "--password",
        default=os.environ.get("VOICEBOT_SIP_PASSWORD", ""),
        help="its password; better: the variable VOICEBOT_SIP_PASSWORD",
    )
    add("--wav", type=Path, action="append", default=[], help="what to say; may be repeated")
    add("--dtmf", default="", help="keys to press when all is said")
    add("--record", type=Path, help="write the call: stereo, we left, they right")
    add("--codec", choices=("PCMA", "PCMU", "G722"), default="PCMA")
    add("--seconds", type=float, default=60.0, help="how long the call may last")
    add("--ring", type=float, default=20.0, help="how long to wait for an answer, in seconds")
    add("--pause", type=float, default=0.8, help="seconds of silence after which it is our turn")
    add("--bind", help="our own address")
    from bot.app.outbound_options import add_order

    add_order(parser)
    parser.set_defaults(run=_dial)


def _add_mic(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("address", nargs="?", default="127.0.0.1:50061", metavar="HOST:PORT")
    add("--token-file", type=Path, help="or the variable VOICEBOT_GATEWAY_TOKEN")
    add("--tls", action="store_true", help="as an ingress wants it")
    add("--ca", type=Path, help="the authority of its certificate, PEM (default: the system's)")
    add("--cert", type=Path, help="our own certificate, PEM")
    add("--key", type=Path, help="its key")
    add("--server-name", default="", help="the name in its certificate, through a tunnel")
    add("--codec", choices=("opus", "linear16", "mulaw", "alaw"), default="opus")
    add("--profile", default="", help="which of the server's dialogues")
    add("--caller", default="microphone", help="who calls; it is logged there")
    add("--wav", type=Path, action="append", default=[], help="what to say; may be repeated")
    add("--dtmf", default="", help="keys to press when all is said")
    add("--record", type=Path, help="write the conversation: stereo, we left, the bot right")
    add("--seconds", type=float, default=300.0, help="how long it may last")
    add("--microphone", help="number or name of the device")
    add("--loudspeaker", help="number or name of the device")
    add("--devices", action="store_true", help="list the sound devices, then stop")
    add("--check", action="store_true", help="ask the gateway whether it is well, then stop")
    parser.set_defaults(run=_mic)


def _add_outbound(commands: Any, config: argparse.ArgumentParser) -> None:
    from bot.app.outbound_options import add_campaign, add_do_not_call

    campaign = commands.add_parser("campaign", help="have the bot call many numbers")
    add_campaign(campaign, config)
    campaign.set_defaults(run=_outbound, does="campaign")
    unwanted = commands.add_parser("do-not-call", help="the numbers that the bot never calls")
    add_do_not_call(unwanted, config)
    unwanted.set_defaults(run=_outbound, does="unwanted")


def _add_plan(parser: argparse.ArgumentParser) -> None:
    from bot.app.plan_options import add_options

    add_options(parser)
    parser.set_defaults(run=_plan)


def _add_profiles(commands: Any, config: argparse.ArgumentParser) -> None:
    check = commands.add_parser("check", parents=[config], help="check a folder of profiles")
    check.add_argument("folder", type=Path, help="YAML files, one for each profile")
    check.set_defaults(run=_check_profiles)


def _check_profiles(options: argparse.Namespace) -> int:
    from bot.app.profile_folder import read_profiles
    from bot.app.profile_text import told
    from bot.config_file import load

    profiles = read_profiles(options.folder, load(options.config))
    for line in told(profiles):
        _print(line)
    return 2 if profiles.problems else 0


def _add_hindi(parser: argparse.ArgumentParser) -> None:
    from bot.app.hindi_lines import add_options, run

    add_options(parser)
    parser.set_defaults(run=run)


def _add_calls(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    from bot.app.calls_options import add_calls

    add_calls(parser, config)
    parser.set_defaults(run=_calls)


def _add_records(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    from bot.app.calls_options import add_records

    add_records(parser, config)
    parser.set_defaults(run=_calls)


def _add_webhooks(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    from bot.app.calls_options import add_webhooks

    add_webhooks(parser, config)
    parser.set_defaults(run=_calls)


def _add_api_keys(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    from bot.app.api_keys_options import add_api_keys

    add_api_keys(parser, config)
    parser.set_defaults(run=_api_keys)


def _serve(options: argparse.Namespace) -> int:
    from bot.config_file import load
    from bot.ops import logs

    settings = load(options.config)
    if options.sip:
        sip = settings.sip.model_copy(update={"enabled": True})
        settings = settings.model_copy(update={"sip": sip})
    logs.configure(settings.log, unhurried=True)
    from bot.app.bot import serve

    asyncio.run(serve(settings))
    return 0


def _local(options: argparse.Namespace) -> int:
    from bot.config import LogSettings
    from bot.local.serving import LocalOptions, fetch, run
    from bot.ops import logs

    if options.fetch_only:
        fetch(options.verify)
        return 0
    logs.configure(LogSettings())
    names = LocalOptions.__dataclass_fields__
    asyncio.run(run(LocalOptions(**{name: getattr(options, name) for name in names})))
    return 0


def _fetch_turn_model(options: argparse.Namespace) -> int:
    from bot.local.models import models_folder
    from bot.local.turn_model import fetch_turn_model

    folder = options.to or models_folder() / "smart-turn"
    path = fetch_turn_model(folder.expanduser().resolve(), _print)
    _print(f"set turns.end_of_turn.acoustic_model: {path}")
    return 0


def _dial(options: argparse.Namespace) -> int:
    from bot.app.outbound_options import is_number

    if is_number(options.uri):
        options.does = "dial"
        return _outbound(options)
    from bot.sip.dial import DialOptions, dial, exit_code
    from bot.sip.errors import CallFailed

    script = DialOptions(
        options.uri,
        user=options.user,
        password=options.password,
        wavs=tuple(options.wav),
        dtmf=options.dtmf,
        record=options.record,
        codec=options.codec,
        seconds=options.seconds,
        ring=options.ring,
        pause=options.pause,
        bind=options.bind,
    )
    try:
        report = asyncio.run(dial(script))
    except CallFailed as error:
        _complain(error)
        return exit_code(error)
    first = "nothing was heard"
    if report.first_sound is not None:
        first = f"first sound {report.first_sound:.2f} s after the answer"
    _print(f"answered after {report.answer_delay:.2f} s; {first}")
    _print(f"{report.duration:.1f} s long, {report.said} of {len(options.wav)} files said")
    _print(f"end: {report.ending}{report.detail and f' ({report.detail})'}")
    return 0 if report.well else 1


def _mic(options: argparse.Namespace) -> int:
    from bot.gateway.mic import MicOptions, talk
    from bot.gateway.mic_options import check, devices, tls, token

    if options.devices:
        _print(devices())
        return 0
    if options.check:
        _print(asyncio.run(check(options)))
        return 0
    report = asyncio.run(
        talk(
            MicOptions(
                options.address,
                token(options),
                tls(options),
                options.codec,
                options.profile,
                options.caller,
                tuple(options.wav),
                options.dtmf,
                options.record,
                options.seconds,
                options.microphone,
                options.loudspeaker,
            ),
            _print,
        )
    )
    _print(f"{report.seconds:.1f} s long, {report.said} of {len(options.wav)} files said")
    _print(f"call {report.call_id}: {report.turns} turns of the bot, {report.lost} frames lost")
    _print(f"end: {report.ending or 'unknown'}")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from bot.app.doctor import examine
    from bot.config import LogSettings
    from bot.config_file import load
    from bot.ops import logs

    settings = load(options.config)
    logs.configure(LogSettings(level="error"))
    findings = asyncio.run(examine(settings, options.asterisk))
    for finding in findings:
        _print(_line(finding))
    return 0 if all(finding.ok for finding in findings) else 1


def _plan(options: argparse.Namespace) -> int:
    from bot.app.plan_options import question
    from bot.app.plan_text import as_json, text

    asked = question(options)
    _print(as_json(asked) if options.json else text(asked, options.explain))
    return 0


def _calls(options: argparse.Namespace) -> int:
    from bot.app.calls_command import run
    from bot.config import LogSettings
    from bot.ops import logs

    logs.configure(LogSettings(level="error"))
    return run(options, _print)


def _api_keys(options: argparse.Namespace) -> int:
    from bot.app.api_keys_command import run
    from bot.config import LogSettings
    from bot.ops import logs

    logs.configure(LogSettings(level="error"))
    return run(options, _print)


def _outbound(options: argparse.Namespace) -> int:
    from bot.app import outbound_command
    from bot.config import LogSettings
    from bot.ops import logs

    logs.configure(LogSettings(level="error"))
    does: int = getattr(outbound_command, options.does)(options, _print)
    return does


def _line(finding: Finding) -> str:
    remedy = f"\n       -> {finding.remedy}" if finding.remedy else ""
    return f"{'ok    ' if finding.ok else 'WRONG '} {finding.name}: {finding.what}{remedy}"


def _version(options: argparse.Namespace) -> int:
    _print(f"voicebot {__version__}")
    return 0


def _unread() -> int:
    """Whoever read our output is gone: leave nothing to be flushed at the exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _complain(error: Exception) -> None:
    print(f"voicebot: {error}", file=sys.stderr)  # noqa: T201

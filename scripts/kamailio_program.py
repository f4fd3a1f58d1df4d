"""Decides which Kamailio the tests of TLS run: Debian forky's, and its TLS modules."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from scripts import debian_tree
from scripts.debian_tree import TreeError, cache_folder
from scripts.deploy_tools import ToolError

PACKAGES = ("kamailio", "kamailio-tls-modules")


@dataclass(frozen=True)
class Kamailio:
    """A program that can be started as it is, and the folder for its option -L."""

    program: Path
    modules: Path


def kamailio_with_tls() -> Kamailio:
    """In a tree of its own, fetched once (29 MB). Raises `ToolError` when it cannot be had."""
    folder = cache_folder() / "kamailio"
    try:
        tree = debian_tree.ensure(PACKAGES, folder)
    except TreeError as error:
        raise ToolError(str(error)) from error
    target = folder / "bin/kamailio"
    text = f'#!/bin/sh\nexec {shlex.join(tree.command("usr/sbin/kamailio"))} "$@"\n'
    if not (target.exists() and target.read_text() == text):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".kamailio.{os.getpid()}")
        fresh.write_text(text)
        fresh.chmod(0o755)
        fresh.replace(target)
    return Kamailio(target, tree.libraries / "kamailio/modules")

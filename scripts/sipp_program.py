"""Decides which SIPp the tests of direct SIP run: Debian forky's."""

import sys
from pathlib import Path

from scripts import debian_tree
from scripts.debian_tree import TreeError, cache_folder
from scripts.deploy_tools import ToolError

PACKAGES = ("sip-tester",)


def sipp() -> list[str]:
    """
    The words that start it: a tree of its own, fetched once (17 MB).

    Raises `ToolError` when it cannot be had.
    """
    try:
        tree = debian_tree.ensure(PACKAGES, cache_folder() / "sipp")
    except TreeError as error:
        raise ToolError(str(error)) from error
    return tree.command("usr/bin/sipp")


def main() -> int:
    """Fetch it."""
    print(Path(sipp()[-1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())

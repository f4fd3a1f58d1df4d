"""The words of `voicebot api-keys`."""

import argparse
from datetime import UTC, datetime, timedelta

ROLES = ("viewer", "operator", "admin")


def add_api_keys(parser: argparse.ArgumentParser, config: argparse.ArgumentParser) -> None:
    """Add them."""
    words = parser.add_subparsers(required=True, metavar="WHAT")
    make = words.add_parser("add", parents=[config], help="make a key; it is shown once")
    make.add_argument("--name", required=True, help="who has it: crm")
    make.add_argument("--role", required=True, choices=ROLES)
    make.add_argument(
        "--profile", action="append", default=[], metavar="P", help="sees its calls only; repeat"
    )
    make.add_argument("--expires", type=expiry, help="2027-01-31, or after so long: 90d, 12h")
    make.set_defaults(act="add")
    words.add_parser("list", parents=[config], help="all keys").set_defaults(act="list")
    revoke = words.add_parser("revoke", parents=[config], help="it opens nothing any more")
    revoke.add_argument("key", help="its id, as `list` shows it")
    revoke.set_defaults(act="revoke")


def expiry(text: str) -> datetime:
    """An instant to come: a date, or how long from now. Raises argparse.ArgumentTypeError."""
    units = {"h": "hours", "d": "days", "w": "weeks"}
    now = datetime.now(UTC)
    try:
        if text[-1:] in units:
            instant = now + timedelta(**{units[text[-1]]: float(text[:-1])})
        else:
            instant = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        wanted = "a date (2027-01-31) nor a time from now (12h, 90d)"
        raise argparse.ArgumentTypeError(f"{text!r} is neither {wanted}") from error
    if instant <= now:
        raise argparse.ArgumentTypeError(f"{text!r} is past")
    return instant

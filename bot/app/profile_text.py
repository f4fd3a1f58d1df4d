"""What `voicebot profiles check` prints."""

from collections.abc import Iterator

from bot.app.profile_file import Profile
from bot.app.profile_folder import Profiles

SHOWN = 3
"""Numbers of a profile that are named."""


def told(profiles: Profiles) -> Iterator[str]:
    """A line for each profile that is right, then the problems of the others."""
    for name, profile in sorted(profiles.profiles.items()):
        yield f"ok     {name}: {_numbers(profile)}"
    for _, problem in sorted(profiles.problems.items()):
        yield from (f"WRONG  {line}" for line in problem.splitlines())
    if not profiles.profiles and not profiles.problems:
        yield "there are no profiles in this folder: every call goes to the settings' own"


def _numbers(profile: Profile) -> str:
    numbers = profile.numbers
    if not numbers:
        return "numbers that no other has" if profile.name == "default" else "no numbers"
    more = len(numbers) - SHOWN
    return ", ".join(numbers[:SHOWN]) + (f" and {more} more" if more > 0 else "")

"""How long may nobody say anything? Silence, noise and hold: each runs out, in a goodbye."""

from bot.call.phrasebook import Phrase
from bot.config import IdleSettings

HOLD_LOOK = 1.0
"""Seconds between two looks whether a caller is back from hold."""
NOISE_GRACE = 3.0
"""Seconds that a caller always has for a first word, however long there was noise before."""


class Patience:
    """
    Our patience with a caller of whom nothing understandable is heard.

    `_begun` is when we last finished speaking; `_noisy` whether there was wordless sound since;
    `_prompts` counts our questions whether somebody is there, since the last words; `_held` says
    that the line sends nothing at all.
    """

    def __init__(self, settings: IdleSettings, now: float) -> None:
        self._settings = settings
        self._begun = now
        self.deadline = now + settings.silence
        """When silence has lasted too long."""
        self._noisy = self._held = self._parted = False
        self._prompts = 0

    def begin(self, now: float) -> None:
        """We have finished speaking: the caller has all the time again."""
        self._begun = now
        self._noisy = False
        self.deadline = now + self._settings.silence

    def until_noise(self, now: float) -> float:
        """When sound without words that begins, or lasts, now is nothing but noise."""
        return max(self._begun + self._settings.noise, now + NOISE_GRACE)

    def noise(self) -> None:
        """There was sound, but no word in it: that buys no time."""
        self._noisy = True

    def somebody(self) -> None:
        """There were words, or a key."""
        self._prompts = 0

    def prompt(self, sound: bool) -> Phrase | None:
        """What to ask now; None when we asked often enough. `sound`: there is noise just now."""
        self._prompts += 1
        if self._prompts > self._settings.prompts:
            return None
        return Phrase.NOISE if sound or self._noisy else Phrase.SILENCE

    def parted(self) -> bool:
        """Whether a goodbye was said before; note that one is said now."""
        before, self._parted = self._parted, True
        return before

    def held(self, without_frames: float, now: float) -> bool | None:
        """Whether the caller has been on hold for too long; None: is not on hold."""
        if without_frames >= self._settings.held_after:
            self._held = True
            self.deadline = now + HOLD_LOOK
            return without_frames >= self._settings.longest_hold
        if self._held:  # the caller is back, and has all the time again
            self._held = False
            self.begin(now)
            return False
        return None

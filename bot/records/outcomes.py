"""How a recorded call can stand."""

from typing import Final

from bot.core.events import Ending

LOST: Final = "lost"
"""Its bot stopped without a word."""
UP: Final = "up"
OUTCOMES: Final = (*(ending.value for ending in Ending), LOST, UP)

"""
Which acoustic end-of-turn model the bot can have, and how it gets here.

smart-turn v3.2 (BSD 2-Clause, Daily) lies in the wheel of pipecat-ai, which is read without being
installed: the network is taken out, and its licence beside it. Nothing else of it is kept.
"""

from pathlib import Path

from bot.local.fetching import fetch
from bot.local.models import Archive, ModelFile, ModelFileError, Part, Progress, Shelf

_WHEEL = Archive(
    "pypi",
    "pipecat-ai",
    "1.14.0",
    "0352f504b44e78bdf524e45af4bc759601c835b9b7dc195efe5e03384b974a44",
    12109725,
)
NETWORK = ModelFile(
    "smart-turn-v3.2-cpu.onnx",
    8679182,
    "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
    (Part(_WHEEL, "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"),),
)
LICENCE = ModelFile(
    "smart-turn.LICENSE",
    1301,
    "e31a733ecb79cbffafd5474e964e5eca15e0a0876a42b1d7253b51b198eb61aa",
    (Part(_WHEEL, "pipecat_ai-1.14.0.dist-info/licenses/LICENSE"),),
)
FILES = (NETWORK, LICENCE)


def fetch_turn_model(folder: Path, progress: Progress) -> Path:
    """
    The network's path in `folder`, fetched if it is missing or altered.

    Raises ModelFileError where it cannot be had.
    """
    shelf = Shelf(folder)
    if any(shelf.fault(file) for file in FILES):
        try:
            fetch(FILES, folder, progress)
        except OSError as error:
            raise ModelFileError(
                f"cannot write into {folder}: {error.strerror}; choose another with --to"
            ) from error
    return folder / NETWORK.name

"""Our arithmetic against onnxruntime's: scripts/silero_weights.py wrote the figures."""

import csv
import wave
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from bot.signal.silero import silero

FIGURES = Path(__file__).parent / "silero_8k.tsv"
SPEECH = Path(__file__).parent.parent / "speech"


def expected():
    """The probabilities of each recording's frames."""
    found = defaultdict(list)
    for row in csv.DictReader(FIGURES.read_text().splitlines(), delimiter="\t"):
        found[row["recording"]].append(float(row["probability"]))
    return found


@pytest.mark.parametrize(("recording", "probabilities"), expected().items())
def test_every_frame_is_judged_as_the_original_network_judges_it(recording, probabilities):
    """To five decimals, over a whole utterance: so its memory is the same too."""
    with wave.open(str(SPEECH / f"{recording}.wav")) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")[::2].tobytes()
    judge = silero()
    ours = [judge(pcm[at * 512 : (at + 1) * 512]) for at in range(len(probabilities))]
    assert ours == pytest.approx(probabilities, abs=1e-5)
    assert min(ours) < 0.1 and max(ours) > 0.9

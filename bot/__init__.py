"""A telephony voice bot for Hindi callers: docs/architecture.md shows the way in."""

import os

# onnxruntime 1.29 and later keep a device number in HOME and report to their maker unless this is
# set before they are loaded. Nothing of a call leaves this program that its owner did not ask for.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# NumPy's products here are of a frame of sound. OpenBLAS would wake threads for the larger of them,
# which spin beside the event loop: every other frame then takes two to three times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"

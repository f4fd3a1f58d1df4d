"""What the program's libraries do behind its back."""

import os
import subprocess
import sys

ONE_FRAME = "from bot.signal.silero import silero; silero()(bytes(512))"


def test_voice_activity_leaves_no_trace_of_its_user(tmp_path):
    """Some versions of onnxruntime keep a device number in HOME and report to their maker."""
    environment = os.environ | {"HOME": str(tmp_path)}
    environment.pop("XDG_CACHE_HOME", None)
    subprocess.run([sys.executable, "-c", ONE_FRAME], env=environment, check=True, timeout=60)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

"""What is set by loading the package."""

import os
import subprocess
import sys

import pytest

THREADS = "import bot, numpy, os; print(len(os.listdir('/proc/self/task')))"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core never has more")
@pytest.mark.parametrize(("said", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, 2)])
def test_numpy_has_one_thread_unless_its_variable_says_otherwise(said, threads):
    """Its threads would spin beside the event loop."""
    own = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", THREADS]
    done = subprocess.run(
        command, env={**own, **said}, capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) == threads

"""A database of its own for each test."""

import pytest


@pytest.fixture
def url(tmp_path):
    """A file that does not exist yet."""
    return f"sqlite:///{tmp_path}/calls.db"


def pytest_collection_modifyitems(items):
    """Whole bots that are asked many times take minutes where the machine is busy."""
    for item in items:
        if "/tests/api/" in str(item.path) and item.get_closest_marker("real_time"):
            item.add_marker(pytest.mark.timeout(300))

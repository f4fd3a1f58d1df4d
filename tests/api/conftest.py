"""A database of its own for each test."""

import pytest


@pytest.fixture
def url(tmp_path):
    """A file that does not exist yet."""
    return f"sqlite:///{tmp_path}/calls.db"

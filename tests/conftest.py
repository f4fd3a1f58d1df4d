"""Every `async def test_...` runs on a fresh loop: virtual time, or real time where it says so."""

import asyncio
import inspect
import logging

import pytest
import structlog

from bot.ops import logs
from tests.virtual_loop import VirtualLoop


def pytest_addoption(parser):
    """Name our own options."""
    parser.addoption(
        "--every-number", action="store_true", help="number words up to 10^7, not a sample"
    )


@pytest.fixture(scope="session")
def every_number(request):
    """Whether every number is asked for."""
    return request.config.getoption("--every-number")


def pytest_runtest_teardown():
    """Commands set up logging for their process, which is ours here: it ends with their test."""
    if structlog.is_configured():
        structlog.reset_defaults()
        root = logging.getLogger()
        ours = [each for each in root.handlers if isinstance(each, logs._ToStructlog)]
        for handler in ours:
            root.removeHandler(handler)
        root.setLevel(logging.WARNING)


def pytest_configure(config):
    """Name the marks that tests may carry."""
    config.addinivalue_line("markers", "real_time: runs on a real clock (sockets, threads)")
    config.addinivalue_line("markers", "asterisk: needs a real Asterisk (scripts/asterisk)")
    config.addinivalue_line("markers", "models: needs the embedded speech models")
    config.addinivalue_line("markers", "postgres: needs scripts/postgres_program.py")
    config.addinivalue_line("markers", "deploy: needs helm and others (scripts/deploy_tools.py)")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a coroutine test to its end; leave the others to pytest."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    real = pyfuncitem.get_closest_marker("real_time") is not None
    with asyncio.Runner(loop_factory=None if real else VirtualLoop) as runner:
        runner.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True

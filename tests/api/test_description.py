"""The OpenAPI description: current, and kept by a real bot whatever it is asked."""

import asyncio
import logging

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase

from scripts.api_page import DESCRIPTION, PAGE, described, description, page
from tests.api.bots import client_of, made_key, recorded, running
from tests.app.test_bot import calling, sounding

EXAMPLES = 12
"""Requests of each kind, valid and not, of each operation."""
PROFILE = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_the_published_description_is_current():
    """Whoever changes the API runs `python -m scripts.api_page`."""
    assert DESCRIPTION.read_text(encoding="utf-8") == description()
    assert PAGE.read_text(encoding="utf-8") == page()


def test_everything_in_it_is_explained():
    """Each operation, parameter and property has words."""
    whole = described()
    for path, operations in whole["paths"].items():
        for operation in operations.values():
            assert operation["description"] and operation["tags"], path
            for each in operation.get("parameters", []):
                assert each["description"], (path, each["name"])
    for name, shape in whole["components"]["schemas"].items():
        assert shape["description"], name


def asked(whole, base, key, call_ids, mode):
    """Ask every operation what schemathesis makes of the description; how many were asked."""
    config = schemathesis.config.SchemathesisConfig.from_dict({"generation": {"mode": mode}})
    schema = schemathesis.openapi.from_dict(whole, config=config)
    schema.config.update(base_url=base)
    count = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @hypothesis.given(case=operation.as_strategy())
        @PROFILE
        def ask(case):
            nonlocal count
            count += 1
            if case.path.endswith("/events"):
                case.path_parameters["call_id"] = "nobody"  # of a call that is up it would not end
            elif "call_id" in (case.path_parameters or {}) and count % 3:
                case.path_parameters["call_id"] = call_ids[count % len(call_ids)]
            case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, timeout=30)

        ask()
    return count


@pytest.mark.real_time
@pytest.mark.parametrize("mode", ["positive", "negative"])
async def test_a_real_bot_keeps_it(url, mode, tmp_path):
    """No server error, no answer that is not described, no wrong request that is taken."""
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "bank.yaml").write_text('numbers: ["100"]\n')
    async with running(url, profiles={"folder": str(folder)}) as bot:
        key = made_key(bot)
        async with client_of(bot, key) as client, calling(bot) as (uuid, peer):
            assert await sounding(peer)
            await recorded(client, uuid)
            base, ids = str(client.base_url), [str(uuid), "nobody"]
            count = await asyncio.to_thread(asked, described(), base, key, ids, mode)
        page = bot.metrics.page().decode()
    assert count > 5 * EXAMPLES
    assert 'voicebot_api_requests_total{result="failed"} 0.0' in page

"""What a running bot exports, and whether a query asks for nothing else."""

import re

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bot.app.bot import Bot
from bot.config import Settings
from tests.riva.fakes import serving

SCRAPED = {"namespace", "pod", "instance", "job", "container", "endpoint"}
"""Labels that Prometheus adds to what it scrapes."""
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


async def exported_by_a_bot():
    """The samples of /metrics of a bot that has just started and had no call yet."""
    async with serving() as riva:
        bot = Bot(
            Settings(
                audiosocket={"port": 0},
                http={"port": 0},
                riva={"uri": riva},
                llm={"base_url": "http://127.0.0.1:9/v1"},
            )
        )
        async with bot.running(), httpx.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{bot.http_port}/metrics")
    families = text_string_to_metric_families(answer.text)
    return [sample for family in families for sample in family.samples]


def selectors(query):
    """(name, [(label, operator, value)]) of each metric of ours that the query names."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: m[0].replace("voicebot", "VOICEBOT"), query)
    for match in re.finditer(r"\bvoicebot[\w:]*(\{[^}]*\})?", bare):
        name = re.match(r"[\w:]+", match[0])[0]
        yield name, MATCHER.findall(match[1] or "")


def wrong_selectors(query, page, recorded):
    """The selectors of a query that match nothing on the page and are recorded by no rule."""
    return [
        (name, matchers)
        for name, matchers in selectors(query)
        if name not in recorded and not any(_matches(sample, name, matchers) for sample in page)
    ]


def _matches(sample, name, matchers):
    return sample.name == name and all(
        _holds(sample.labels, *matcher)
        for matcher in matchers
        if matcher[0] in sample.labels or matcher[0] not in SCRAPED
    )


def _holds(labels, label, operator, value):
    if label not in labels:
        return False
    if "$" in value:
        return True  # a variable of the dashboard
    same = re.fullmatch(value, labels[label]) if "~" in operator else value == labels[label]
    return bool(same) != operator.startswith("!")

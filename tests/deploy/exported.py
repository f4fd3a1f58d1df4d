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


KAMAILIOS = "voicebot_sip_(?:calls|failovers|refused|asterisk|shmem)_"
OURS, ASTERISKS = rf"(?!{KAMAILIOS})voicebot", "asterisk_"
"""How the names of a program's metrics begin."""
NAMES = re.compile("voicebot|asterisk_")


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
    return samples(answer.text)


def selectors(query, begins=OURS):
    """(name, [(label, operator, value)]) of each metric that the query names and that begins so."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', lambda quoted: NAMES.sub("...", quoted[0]), query)
    for match in re.finditer(rf"\b{begins}[\w:]*(\{{[^}}]*\}})?", bare):
        name = re.match(r"[\w:]+", match[0])[0]
        yield name, MATCHER.findall(match[1] or "")


def samples(text):
    """What a page of metrics holds, by the names that are on it (the parser adds _total)."""
    told = set(re.findall(r"^\w+", text, re.MULTILINE))
    found = [each for family in text_string_to_metric_families(text) for each in family.samples]
    return [
        each if each.name in told else each._replace(name=each.name.removesuffix("_total"))
        for each in found
    ]


def wrong_selectors(query, page, recorded=(), begins=OURS):
    """The selectors of a query that match nothing on the page and are recorded by no rule."""
    return [
        (name, matchers)
        for name, matchers in selectors(query, begins)
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

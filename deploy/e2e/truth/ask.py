"""What a Prometheus answers, and what an expression asks for, by Prometheus' own parser."""

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# An instant finds what is this old.
LOOKBACK_MS = 300_000
# From here on the stack has not run for so long: what is asked for is written beforehand.
LONG_MS = 600_000


class Refused(Exception):
    """What Prometheus said instead of an answer."""


class Prometheus:
    """The HTTP API, errors included."""

    def __init__(self, url):
        self.url = url

    def call(self, path, **parameters):
        """The data of an answer."""
        body = urllib.parse.urlencode(parameters).encode() if parameters else None
        try:
            with _OPENER.open(f"{self.url}/api/v1/{path}", data=body, timeout=60) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            try:
                raise Refused(json.loads(text)["error"]) from error
            except (ValueError, KeyError):
                raise Refused(f"HTTP {error.code}: {text[:200]}") from error

    def parse(self, expression):
        """The expression as a tree."""
        return self.call("parse_query", query=expression)

    def instant(self, expression):
        """Labels and value of each series now; a scalar is a series without labels. What is no number is left out."""
        found = self.call("query", query=expression)
        if found["resultType"] in ("scalar", "string"):
            return [({}, float(found["result"][1]))]
        return [(each["metric"], float(each["value"][1])) for each in found["result"] if is_number(each["value"][1])]

    def has_course(self, expression, start, end, step):
        """Whether there is a number at any moment of a time."""
        found = self.call("query_range", query=expression, start=start, end=end, step=step)["result"]
        return any(is_number(value) for each in found for _, value in each["values"])

    def label_values(self, label, *selectors):
        """The values of a label, sorted."""
        query = urllib.parse.urlencode([("match[]", each) for each in selectors])
        return self.call(f"label/{label}/values?{query}")

    def rules(self):
        """All rules with the file and the group of each."""
        groups = self.call("rules")["groups"]
        return [(group, rule) for group in groups for rule in group["rules"]]


def is_number(text):
    """Whether a value is one."""
    return not math.isnan(float(text))


@dataclass(frozen=True)
class Selector:
    """What an expression takes from the store: series, for a range (in ms) or a moment, some time ago."""

    name: str
    series: str
    range_ms: int
    offset_ms: int

    def __str__(self):
        return self.series + (f"[{self.range_ms}ms]" if self.range_ms else "") + self.ago()

    def ago(self):
        """The offset as PromQL."""
        sign = "-" if self.offset_ms < 0 else ""
        return f" offset {sign}{abs(self.offset_ms)}ms" if self.offset_ms else ""

    def is_old(self):
        """Whether it looks further back than the stack has run."""
        return self.offset_ms >= LONG_MS

    def question(self):
        """An expression that has series where this has."""
        # This function keeps the names, so that series of several names stay apart. A range of one scrape misses it
        # now and then.
        return f"count(last_over_time({self.series}[{max(self.range_ms, LOOKBACK_MS)}ms]{self.ago()}))"


def selectors(node):
    """All selectors in a tree, each once."""
    found = []
    for each in nodes(node):
        if each.get("type") in ("vectorSelector", "matrixSelector"):
            selector = Selector(each["name"], written(each), each.get("range") or 0, each.get("offset") or 0)
            if selector not in found:
                found.append(selector)
    return found


def nodes(part):
    """All objects in a tree."""
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from nodes(each)


def written(node):
    """A selector as PromQL."""
    matchers = [each for each in node["matchers"] if not (each["name"] == "__name__" and each["value"] == node["name"])]
    inside = ",".join(each["name"] + each["type"] + json.dumps(each["value"], ensure_ascii=False) for each in matchers)
    return node["name"] + (f"{{{inside}}}" if inside or not node["name"] else "")

"""The queries of the dashboards that are shipped, with values for their variables."""

import json
import re
from dataclasses import dataclass

DASHBOARDS = "grafana/dashboards"
# What a reader who looks at the last hour gets from Grafana: a point for each scrape.
LOOKED_AT_S = 3600
STEP_S = 15


@dataclass(frozen=True)
class Query:
    """Something that is asked: where, and whether it is for a moment or a course. `must_answer`: nothing is no answer."""

    where: str
    expression: str
    instant: bool
    must_answer: bool


def read(top):
    """The dashboards."""
    paths = sorted((top / DASHBOARDS).rglob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def panels(dashboard):
    """All panels, those of folded rows too."""
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def queries(dashboard, values):
    """Everything that a dashboard asks, variables filled in."""
    uid = dashboard["uid"]
    for panel in panels(dashboard):
        step = max(STEP_S, seconds(panel.get("interval")))
        for target in panel.get("targets", []):
            where = f"{uid} / {panel['title']} / {target['refId']}"
            expression = fill(target["expr"], {**values, **built_in(step)})
            yield Query(where, expression, bool(target.get("instant")), True)
    for mark in dashboard.get("annotations", {}).get("list", []):
        if mark.get("expr"):
            where = f"{uid} / annotation {mark['name']}"
            # What it marks need not have happened.
            yield Query(where, fill(mark["expr"], {**values, **built_in(STEP_S)}), False, False)


def seconds(interval):
    """The least distance of two points that a panel asks for."""
    found = re.fullmatch(r">?(\d+)([smh])", interval or "")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]] if found else 0


def built_in(step):
    """Grafana's own variables. The rate interval is a step and a scrape, and four scrapes at least."""
    return {
        "__rate_interval": f"{max(step + STEP_S, 4 * STEP_S)}s", "__interval": f"{step}s", "__interval_ms": str(step * 1000),
        "__range": f"{LOOKED_AT_S}s", "__range_s": str(LOOKED_AT_S), "__range_ms": str(LOOKED_AT_S * 1000),
    }  # fmt: skip


def variables(dashboard, prometheus, preferred):
    """A value for each variable, as Grafana would have it at first: all where one can choose all.

    And those that have none: where, and the selector that finds nothing.
    """
    values, without = {}, []
    for each in dashboard.get("templating", {}).get("list", []):
        name = each["name"]
        if each["type"] == "query":
            definition = fill(each["definition"], values)
            found = label_values(prometheus, definition)
            if not found:
                without.append((f"{dashboard['uid']} / variable ${name}", definition.removeprefix("label_values(")))
            values[name] = choice(each, found, preferred.get(name))
        elif each["type"] != "datasource":
            values[name] = str(each.get("current", {}).get("value") or each.get("query", "").split(",")[0])
    return values, without


def label_values(prometheus, definition):
    """What `label_values(SELECTOR, LABEL)` finds."""
    inside = re.fullmatch(r"label_values\((?:(.*),)?\s*(\w+)\)", definition)
    if not inside:
        return []
    return prometheus.label_values(inside[2], *([inside[1]] if inside[1] else []))


def choice(variable, found, preferred):
    """All, the one that is preferred, or the first."""
    if variable.get("includeAll"):
        return variable.get("allValue") or "|".join(map(escaped, found))
    return next((each for each in found if preferred and re.search(preferred, each)), next(iter(found), ""))


def escaped(value):
    """A value as Grafana puts it into a pattern in quotes."""
    return re.sub(r"([\\^$*+?.()|{}\[\]])", r"\\\\\1", value)


def fill(text, values):
    """The text with values for `$name`, `${name}`, `${name:format}` and `[[name]]`.

    What has no value stays, as in Grafana: `$1` is for Prometheus, and a name that is misspelt finds nothing.
    """

    def value(match):
        return values.get(next(filter(None, match.groups())), match[0])

    return re.sub(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]", value, text)

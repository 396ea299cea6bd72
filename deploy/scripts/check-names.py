#!/usr/bin/env python3
"""Every metric name in a rule or a panel is told by something here, or named in the list of foreign exporters.

What is told here: the records of our rules, the names in the sources of the exporter, the relay and the sample
application, and what comes out of the made-up hosts (the kernel names its own counters). The list is
prometheus/foreign-metrics.txt; its entries have to be asked for, and its versions those of the compose file.
"""

import json
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
LIST = TOP / "prometheus" / "foreign-metrics.txt"
COMPOSE_FILE = TOP / "docker-compose.monitoring.yml"
WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "atan2",
         "inf", "nan", "start", "end", "step"}  # fmt: skip
# Those that stand behind a name that is told.
SUFFIXES = ("_bucket", "_sum", "_count")


def names_in(expression):
    """The metric names in an expression."""
    names = set()
    # Names given as a pattern: `{__name__=~"a|b"}`.
    for pattern in re.findall(r'__name__\s*=~?\s*"([^"]*)"', expression):
        names |= alternatives(pattern)
    text = re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`', '""', expression)
    text = re.sub(r"#.*", "", text)
    text = re.sub(r"\$\{\w+(:\w+)?\}|\$\w+", "1", text)
    # What is in braces, and the labels that sums and joins name.
    text = re.sub(r"\{[^{}]*\}", "{}", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)", r" ", text)
    text = re.sub(r"\[[^\]]*\]", " ", text)
    for match in re.finditer(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\w)\s*(\()?", text):
        if not match[2] and match[1].lower() not in WORDS:
            names.add(match[1])
    return names


def alternatives(pattern):
    """All texts of a pattern that has only `|`, `?`-less groups and plain words; nothing else may name metrics."""
    group = re.search(r"\(([^()]*)\)", pattern)
    if not group:
        return set(pattern.split("|"))
    texts = (pattern[: group.start()] + each + pattern[group.end() :] for each in group[1].split("|"))
    return set().union(*(alternatives(each) for each in texts))


def asked():
    """Each metric name that a rule or a panel asks for, with the places."""
    places = {}

    def note(place, expression):
        for name in names_in(expression):
            places.setdefault(name, []).append(place)

    for path in sorted((TOP / "prometheus" / "rules").glob("*.yml")):
        for title, expression in rules(path.read_text(encoding="utf-8")):
            note(f"{path.name} / {title}", expression)
    for path in sorted((TOP / "grafana" / "dashboards").rglob("*.json")):
        for title, expression in panels(json.loads(path.read_text(encoding="utf-8"))):
            note(f"{path.name} / {title}", expression)
    return places


def rules(text):
    """Name and expression of each rule, as far as our files are written: `expr: …`, or `expr: |` with deeper lines."""
    lines = text.splitlines()
    title = ""
    for number, line in enumerate(lines):
        named = re.match(r"\s*(?:- )?(?:alert|record): *(\S+)", line)
        if named:
            title = named[1]
        begins = re.match(r"(\s*)(?:- )?expr: *(.*)", line)
        if not begins:
            continue
        depth, first = len(begins[1]), begins[2]
        if not re.fullmatch(r"[|>][-+]?", first):
            yield title, first.strip("'") if first.startswith("'") else first
            continue
        body = []
        for deeper in lines[number + 1 :]:
            if deeper.strip() and len(deeper) - len(deeper.lstrip()) <= depth:
                break
            body.append(deeper)
        yield title, "\n".join(body)


def panels(dashboard):
    """Title and expression of each query of a dashboard: panels, annotations and variables."""
    for panel in dashboard.get("panels", []):
        for each in [panel, *panel.get("panels", [])]:
            for target in each.get("targets", []):
                yield each["title"], target["expr"]
    for mark in dashboard.get("annotations", {}).get("list", []):
        if mark.get("expr"):
            yield mark["name"], mark["expr"]
    for variable in dashboard.get("templating", {}).get("list", []):
        found = re.fullmatch(r"label_values\((.*),\s*\w+\)", str(variable.get("definition", "")))
        if found:
            yield variable["name"], found[1]


def told():
    """Names that are told by what is in this repository."""
    names = set()
    for path in sorted((TOP / "prometheus" / "rules").glob("*.yml")):
        names |= set(re.findall(r"^\s*(?:- )?record: *(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    for folder in ("exporter/src", "relay/src", "kit/src"):
        for path in sorted((TOP / folder).rglob("*.rs")):
            # What stands in its tests is not told.
            source = path.read_text(encoding="utf-8").split("#[cfg(test)]")[0]
            names |= set(re.findall(r'"((?:node|container|machine|seamark|probe|process)_\w+)"', source))
    for path in sorted((TOP / "deploy" / "examples" / "app").glob("*.py")):
        for name in re.findall(r'"(\w+)"', path.read_text(encoding="utf-8")):
            names |= {name, f"{name}_total"}
    for path in sorted((TOP / "exporter" / "tests" / "fixtures" / "hosts").rglob("*.snap")):
        names |= set(re.findall(r"^(\w+)(?:\{| )", path.read_text(encoding="utf-8"), re.MULTILINE))
    return names


def foreign():
    """Names in the list, and the exporter of each; the exporters with their versions."""
    names, exporters, exporter = {}, {}, None
    for number, line in enumerate(LIST.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            exporter, _, image = line.strip("[]").partition(" ")
            exporters[exporter] = image
        elif exporter is None or not re.fullmatch(r"[a-zA-Z_:][\w:]*", line):
            sys.exit(f"{LIST.name} line {number}: expected `[EXPORTER IMAGE:TAG]` or a metric name, found `{line}`")
        else:
            names[line] = exporter
    return names, exporters


def base(name):
    """The name, and that of the histogram or summary behind it."""
    return [name, *(name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix))]


def main():
    places, here = asked(), told()
    listed, exporters = foreign()
    faults = []
    for name, where in sorted(places.items()):
        if name not in listed and not any(each in here for each in base(name)):
            faults.append(f"`{name}` is told by nothing in this repository and is not in {LIST.name}; asked for in "
                          f"{', '.join(sorted(set(where))[:3])}")  # fmt: skip
    for name, exporter in sorted(listed.items()):
        if name not in places:
            faults.append(f"{LIST.name}: no rule and no panel asks for `{name}` of {exporter}; take it out")
        if any(each in here for each in base(name)):
            faults.append(f"{LIST.name}: `{name}` of {exporter} is told in this repository; take it out")
    compose = COMPOSE_FILE.read_text(encoding="utf-8")
    for exporter, image in exporters.items():
        if image and f"image: {image}\n" not in compose.replace("image: &prometheus ", "image: "):
            faults.append(f"{LIST.name}: {exporter} is `{image}`, which {COMPOSE_FILE.name} does not start")
    print("\n".join(faults), file=sys.stderr)
    if faults or not places or not here:
        sys.exit(f"names: {len(faults)} faults in {len(places)} metric names")
    print(f"names: of {len(places)} metric names in rules and panels {len(places) - len(listed)} are told here, "
          f"{len(listed)} by {len(exporters)} foreign exporters")  # fmt: skip


if __name__ == "__main__":
    main()

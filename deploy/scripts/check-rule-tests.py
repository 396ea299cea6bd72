#!/usr/bin/env python3
"""Is every alert tested in every way that it can go wrong? And has each alert its page, and each page its alert?

Of each alert the tests under prometheus/rules/tests have to see, in one timeline: nothing, then the alert with its whole
text, then nothing again. An alert that waits (`for`) has to be seen waiting as well: with all `for` taken out of the
rules, its tests have to fail.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "prometheus" / "rules"
RUNBOOKS = ROOT / "deploy" / "runbooks"
PUSHED = ROOT / "exporter" / "src" / "alertmanager" / "alert.rs"

# The one in C is ten times as fast, where there is one.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# It always fires, by design: there is no before and no after.
ALWAYS_FIRING = {"Watchdog"}
NEEDED_ANNOTATIONS = {"summary", "description", "runbook_url", "dashboard"}
DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


def seconds(text):
    """`1h30m` in seconds."""
    return sum(int(number) * SECONDS[unit] for number, unit in DURATION.findall(str(text)))


def alerts():
    """All alert rules, by name."""
    found = {}
    for path in sorted(RULES.glob("*.yml")):
        for group in yaml.load(path.read_text(), Loader)["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    found.setdefault(rule["alert"], []).append(rule)
    return found


def timelines():
    """For each alert the tests that ask for it: its cases, in the order of time."""
    found = {}
    for path in sorted((RULES / "tests").glob("*.test.yml")):
        for test in yaml.load(path.read_text(), Loader)["tests"]:
            cases = {}
            for case in sorted(test.get("alert_rule_test", []), key=lambda case: seconds(case["eval_time"])):
                cases.setdefault(case["alertname"], []).append(case)
            for name, asked in cases.items():
                found.setdefault(name, []).append(asked)
    return found


def problems_of(name, rules, tests):
    """What is missing in a rule or in its tests."""
    for rule in rules:
        if missing := NEEDED_ANNOTATIONS - set(rule.get("annotations", {})):
            yield f"{name}: annotations {sorted(missing)} are missing"
        if f"/consoles/{name}.md" not in rule.get("annotations", {}).get("runbook_url", ""):
            yield f"{name}: its runbook_url names another page"
    if not tests:
        yield f"{name}: no test asks for it"
        return
    for asked in tests:
        for case in asked:
            for expected in case.get("exp_alerts") or []:
                if not expected.get("exp_annotations"):
                    yield f"{name}: fires at {case['eval_time']} of a test that does not look at its text"
    if name in ALWAYS_FIRING:
        return
    fires = ["".join("1" if case.get("exp_alerts") else "0" for case in asked) for asked in tests]
    if not any(re.search("0.*1.*0", line) for line in fires):
        yield f"{name}: no test sees it silent, firing and silent again"


def not_seen_waiting(waiting):
    """Alerts with `for` whose tests pass without it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        (copy / "tests").mkdir()
        for path in RULES.glob("*.yml"):
            without = re.sub(r"(?m)^ *for: .*\n", "", path.read_text())
            (copy / path.name).write_text(without)
        tests = []
        for path in sorted((RULES / "tests").glob("*.test.yml")):
            (copy / "tests" / path.name).write_text(path.read_text())
            tests.append(str(copy / "tests" / path.name))
        ran = subprocess.run(["promtool", "test", "rules", *tests], capture_output=True, text=True, check=False)
    failed = set(re.findall(r"alertname: (\w+), time: ", ran.stdout + ran.stderr))
    return waiting - failed


def main():
    rules = alerts()
    tests = timelines()
    problems = [problem for name in rules for problem in problems_of(name, rules[name], tests.get(name, []))]
    waiting = {name for name in rules if any("for" in rule for rule in rules[name])}
    problems += [f"{name}: its tests pass without its `for`" for name in sorted(not_seen_waiting(waiting))]

    pushed = set(re.findall(r'Self::\w+ => "(Container\w+)"', PUSHED.read_text()))
    if not pushed:
        problems.append(f"{PUSHED}: expected the names of the pushed alerts, found none")
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}
    problems += [f"deploy/runbooks/{name}.md is missing" for name in sorted((set(rules) | pushed) - pages)]
    problems += [f"deploy/runbooks/{name}.md: no alert has this name" for name in sorted(pages - set(rules) - pushed)]
    for name in sorted(pages):
        text = (RUNBOOKS / f"{name}.md").read_text()
        if not text.startswith(f"# {name}\n"):
            problems.append(f"deploy/runbooks/{name}.md: expected `# {name}` in its first line")
        # Prometheus serves the pages as templates.
        if "{{" in text:
            problems.append(f"deploy/runbooks/{name}.md: two opening braces, which Prometheus reads as a template")
        for other in re.findall(r"\b([A-Z][A-Za-z]+)\.md\b", text):
            if other not in pages and other != "README":
                problems.append(f"deploy/runbooks/{name}.md: there is no page {other}.md")

    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(rules)} alerts, {len(waiting)} of which wait; {len(pushed)} are pushed; {len(pages)} pages")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

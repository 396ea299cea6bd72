#!/usr/bin/env python3
"""The workflows of GitHub: do they ask for little, and is there what they call?"""

import re
import sys
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
TARGETS = set(re.search(r"^\.PHONY: (.*)$", (TOP / "Makefile").read_text(), re.MULTILINE)[1].split())
# What GitHub gives out itself; images go where a variable of the repository says.
REGISTRIES = re.compile(r"\b[\w.-]+\.(?:io|com|dev|org|net)(?::\d+)?/[\w./-]+")


def problems(workflow):
    """What is wrong with one of them."""
    text = workflow.read_text()
    document = yaml.safe_load(text)
    if document.get("permissions") != {"contents": "read"}:
        yield "expected `permissions: {contents: read}` for all that says nothing else"
    for found in REGISTRIES.findall(text):
        yield f"`{found}` names a host; take a variable of the repository"
    for name, job in document["jobs"].items():
        if "uses" in job:
            if not (TOP / job["uses"]).is_file():
                yield f"{name}: there is no {job['uses']}"
            continue
        if "timeout-minutes" not in job:
            yield f"{name}: it may run for six hours; set timeout-minutes"
        for step in job["steps"]:
            yield from (f"{name}: {problem}" for problem in of_step(step))


def of_step(step):
    """What is wrong with a step."""
    action, script = step.get("uses", ""), step.get("run", "")
    if action and not re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|[0-9a-f]{40})", action):
        yield f"`{action}`: expected a major version or a commit"
    if action.startswith("actions/checkout@") and step.get("with", {}).get("persist-credentials") is not False:
        yield "the checkout keeps its token; set `persist-credentials: false`"
    for target in re.findall(r"\bmake ((?:[a-z-]+ ?)+)", script):
        for missing in set(target.split()) - TARGETS:
            yield f"there is no `make {missing}`"
    for path in re.findall(r"(?<![\w/])(?:deploy/scripts|\.ci)/[\w.-]+", script):
        if not (TOP / path).is_file():
            yield f"there is no {path}"
    # What others choose, such as the name of a branch, must not become a part of the script.
    for found in re.findall(r"\$\{\{.*?\}\}", script):
        yield f"`{found}` in a script; hand it over in `env`"


def main():
    failed = False
    for workflow in sorted((TOP / ".github" / "workflows").glob("*.yml")):
        for problem in problems(workflow):
            print(f"{workflow.relative_to(TOP)}: {problem}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

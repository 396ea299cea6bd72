#!/usr/bin/env python3
"""What the pages say of other places holds: links, anchors, quoted texts, settings, and translations of the README.

- Each relative link in each Markdown file leads to a file, and each anchor to a heading of it.
- Each text quoted in deploy/troubleshooting.md stands in the sources, between its `…`.
- Each setting of ours in deploy/coming-from.md is a key of the references, a variable of .env.example or a flag.
- The blocks of commands in deploy/readme/*.md are those of README.md, in their order.
- Each name `seamark_…` that rules and boards ask for is in a reference of metrics.
"""

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
faults = []
counts = {}


def read(path):
    return (TOP / path).read_text(encoding="utf-8")


def tracked(*patterns):
    """The files of these patterns that git has, or will have."""
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
                           cwd=TOP, check=True, capture_output=True, text=True).stdout  # fmt: skip
    return [name for name in names.split("\0") if name and (TOP / name).exists()]


def count(what, number=1):
    counts[what] = counts.get(what, 0) + number


def without_code(text):
    """A page without its blocks of code and its spans of it."""
    text = re.sub(r"^[ ]*(```|~~~).*?^[ ]*\1", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(path):
    """The anchors of a page's headings, as GitHub makes them."""
    found = {}
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"^[ ]*```.*?^[ ]*```", "", read(path), flags=re.M | re.S), re.M):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.strip()).replace("`", "")
        kept = [c for c in text.lower() if c in "-_ " or unicodedata.category(c)[0] in "LN" or unicodedata.category(c) == "Mn"]
        slug = "".join(kept).replace(" ", "-")
        number = found.get(slug, -1) + 1
        found[slug] = number
        if number:
            found[f"{slug}-{number}"] = 0
    return set(found)


def links():
    for page in tracked("*.md"):
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(read(page))):
            if re.match(r"[a-z]+:|//", target):
                continue
            count("links")
            path, _, anchor = target.partition("#")
            there = (TOP / page).parent / path if path else TOP / page
            if not there.exists():
                faults.append(f"{page}: the link {target} leads nowhere")
            elif anchor and anchor not in anchors(there.resolve().relative_to(TOP)):
                faults.append(f"{page}: {target} has no such heading")


def sources():
    """All that the programs may say, on one line."""
    text = "".join(read(path) for path in tracked("exporter/src/*.rs", "relay/src/*.rs", "kit/src/*.rs", "relay/locales/*"))
    text = re.sub(r"\\\n\s*", "", text)
    return re.sub(r"\s+", " ", text)


def quoted_texts():
    page, said = "deploy/troubleshooting.md", sources()
    for row in re.findall(r"^\| (.+?) \| .+ \|$", read(page), re.M) + re.findall(r"^\| .+? \| (.+?) \|", read(page), re.M):
        for text in re.findall(r"`([^`]+)`", row):
            # Names of metrics, and what is typed.
            if " " not in text:
                continue
            count("quoted texts")
            for part in filter(None, (part.strip(" .,:;()") for part in text.split("…"))):
                if part not in said:
                    faults.append(f"{page}: no source says `{part}`")


def settings():
    page = "deploy/coming-from.md"
    keys = {program: set(re.findall(r"^\| `([^`]+)` \|", read(f"deploy/reference/{program}-config.md"), re.M)) for program in ("exporter", "relay")}
    flags = "".join(read(f"deploy/reference/{program}-config.md") for program in ("exporter", "relay"))
    variables = set(re.findall(r"^#? ?([A-Z_]+)=", read(".env.example"), re.M))
    for row in re.findall(r"^\| .+? \| (.+) \|$", read(page), re.M):
        for listed, place in re.findall(r"(`[^`]+`(?: and `[^`]+`)*) of `([^`]+)`", row):
            for key in re.findall(r"`([^`]+)`", listed):
                count("settings")
                known = variables if place == ".env" else keys.get(place.removesuffix(".yml"), set())
                if key not in known:
                    faults.append(f"{page}: there is no `{key}` of `{place}`")
        for flag in re.findall(r"`(--[a-z.-]+|SEAMARK_(?:RELAY|EXPORTER)_[A-Z_]+)`", row):
            count("settings")
            if flag not in flags:
                faults.append(f"{page}: there is no `{flag}`")


def blocks(path):
    return [re.sub(r"^\s+", "", block, flags=re.M) for block in re.findall(r"^[ ]*```sh\n(.*?)^[ ]*```$", read(path), re.M | re.S)]


def translations():
    expected = blocks("README.md")
    for page in tracked("deploy/readme/*.md"):
        count("translations")
        if blocks(page) != expected:
            faults.append(f"{page}: its commands are not those of README.md, in their order")
    if "(deploy/readme/" not in "".join(read("README.md").split("\n\n")[:2]):
        faults.append("README.md: its first lines do not lead to its translations")


def metrics():
    told = set()
    for program in ("exporter", "relay"):
        told |= set(re.findall(r"^\| `([a-z_0-9]+)` \|", read(f"deploy/reference/{program}-metrics.md"), re.M))
    asked = set()
    for path in [*tracked("prometheus/rules/*.yml"), *tracked("grafana/dashboards/*.json")]:
        text = read(path)
        if path.endswith(".json"):
            json.loads(text)
        asked |= set(re.findall(r"\bseamark_[a-z0-9_]+", text))
    labels = {"seamark_kind", "seamark_event"}
    for name in sorted(asked - labels):
        base = [name, *(name.removesuffix(end) for end in ("_bucket", "_sum", "_count") if name.endswith(end))]
        count("names of metrics")
        if not any(each in told for each in base):
            faults.append(f"`{name}` is asked for, and is in no reference of metrics")


for check in (links, quoted_texts, settings, translations, metrics):
    check()
print("\n".join(faults), file=sys.stderr)
expected = ("links", "quoted texts", "settings", "translations", "names of metrics")
if faults or any(not counts.get(what) for what in expected):
    sys.exit(f"docs: {len(faults)} faults; looked at {counts}")
print("docs: " + ", ".join(f"{counts[what]} {what}" for what in expected) + " are right")

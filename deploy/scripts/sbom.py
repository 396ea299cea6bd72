#!/usr/bin/env python3
"""What a program is made of, as CycloneDX JSON: `sbom.py PROGRAM... [--target TRIPLE] [--output DIRECTORY] [--check]`.

Asks cargo for the tree that is really linked into the program (its own features, its platform, no development or build
dependencies), Cargo.lock for checksums and the packages for licences. The same commit gives the same bytes. With
--check nothing is written: every package that `cargo tree` names has to be in it, with all that is to be known of it.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from datetime import datetime, timezone
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TARGET = "x86_64-unknown-linux-gnu"


def run(*command):
    """What a command prints."""
    return subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True).stdout


def tree(program, target, *more):
    """The lines of `cargo tree`."""
    return run("cargo", "tree", "--locked", "--package", program, "--edges", "normal", "--target", target, *more).splitlines()


def edges(program, target):
    """The packages of a program, and what each depends on; both as (name, version)."""
    found, path = {}, []
    for line in tree(program, target, "--prefix", "depth", "--format", " {p}"):
        depth, name, version = re.match(r"(\d+) (\S+) v(\S+)", line).groups()
        del path[int(depth):]
        package = (name, version)
        found.setdefault(package, set())
        if path:
            found[path[-1]].add(package)
        path.append(package)
    return found


def purl(name, version):
    """The package's name in the world."""
    return f"pkg:cargo/{name}@{version}"


def licences(expression):
    """As SPDX writes it: packages from before that have a slash for `OR`."""
    return [{"expression": re.sub(r" ?/ ?", " OR ", expression)}]


def component(package, about, checksums):
    """What is to be said of a package."""
    name, version = package
    said = {"type": "library", "bom-ref": purl(*package), "name": name, "version": version, "purl": purl(*package)}
    meta = about[package]
    if meta.get("license"):
        said["licenses"] = licences(meta["license"])
    if package in checksums:
        said["hashes"] = [{"alg": "SHA-256", "content": checksums[package]}]
    if meta.get("repository"):
        said["externalReferences"] = [{"type": "vcs", "url": meta["repository"]}]
    bundled = sqlite(meta)
    if bundled:
        said["components"] = [bundled]
    return said


def sqlite(meta):
    """SQLite comes as C inside the package that binds it."""
    header = Path(meta["manifest_path"]).parent / "sqlite3" / "sqlite3.h"
    if meta["name"] != "libsqlite3-sys":
        return None
    version = re.search(r'^#define SQLITE_VERSION +"([^"]+)"', header.read_text(), re.MULTILINE)[1]
    reference = f"pkg:generic/sqlite@{version}"
    return {"type": "library", "bom-ref": reference, "name": "sqlite", "version": version, "purl": reference,
            "licenses": [{"license": {"id": "blessing"}}]}  # fmt: skip


def sbom(program, target):
    """The document."""
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1"))
    about = {(each["name"], each["version"]): each for each in metadata["packages"]}
    lock = tomllib.loads((TOP / "Cargo.lock").read_text())
    checksums = {(each["name"], each["version"]): each["checksum"] for each in lock["package"] if "checksum" in each}
    found = edges(program, target)
    root = next(package for package in found if package[0] == program)
    parts = [component(package, about, checksums) for package in sorted(found) if package != root]
    links = [{"ref": purl(*package), "dependsOn": sorted(purl(*other) for other in found[package])} for package in sorted(found)]
    moment = int(os.environ.get("SOURCE_DATE_EPOCH") or run("git", "log", "-1", "--format=%ct"))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "sbom.py"}]},
            "component": component(root, about, checksums) | {"type": "application"},
            "properties": [{"name": "seamark:target", "value": target}],
        },
        "components": parts,
        "dependencies": links,
    }
    # Of the content, so that the same one has the same number.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "serialNumber": number.urn, **document}


def problems(program, target, document):
    """What `cargo tree` names and the document does not say in full."""
    said = {each["purl"]: each for each in [document["metadata"]["component"], *document["components"]]}
    named = {" ".join(line.split()[:2]) for line in tree(program, target, "--prefix", "none", "--no-dedupe")}
    expected = {purl(name, version.removeprefix("v")) for name, version in (each.split() for each in named)}
    for missing in sorted(expected - said.keys()):
        yield f"{missing} is missing"
    for foreign in sorted(said.keys() - expected):
        yield f"{foreign} is in no program"
    ours = {purl(each["name"], each["version"]) for each in tomllib.loads((TOP / "Cargo.lock").read_text())["package"] if "source" not in each}
    for reference, each in sorted(said.items()):
        if not each.get("licenses") or not each["licenses"][0].get("expression"):
            yield f"{reference} has no licence"
        checksum = each.get("hashes", [{}])[0].get("content", "")
        if reference not in ours and not re.fullmatch(r"[0-9a-f]{64}", checksum):
            yield f"{reference} has no checksum"
    linked = {reference for each in document["dependencies"] for reference in each["dependsOn"]}
    root = document["metadata"]["component"]["purl"]
    for reference in sorted(said.keys() - linked - {root}):
        yield f"nothing depends on {reference}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="+", metavar="PROGRAM", help="seamark-exporter, seamark-relay")
    parser.add_argument("--target", default=TARGET)
    parser.add_argument("--output", type=Path, default=Path("."))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    failed = False
    for program in options.programs:
        document = sbom(program, options.target)
        found = list(problems(program, options.target, document))
        for problem in found:
            print(f"{program}: {problem}", file=sys.stderr)
        failed = failed or bool(found)
        if not options.check and not found:
            options.output.mkdir(parents=True, exist_ok=True)
            file = options.output / f"{program}.cdx.json"
            file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
            print(file)
        elif not found:
            print(f"sbom: {program} is made of {len(document['components'])} packages, each with version, licence and checksum")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

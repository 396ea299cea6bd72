#!/usr/bin/env python3
"""The costs beside their goals: what `make bench` prints.

    deploy/bench/table.py FOLDER [--node-exporter FILE] [--cadvisor FILE] [--parts host,containers,relay]

FOLDER has the release builds: seamark-exporter, seamark-relay and examples/load. The peers may be named by the environment
too, NODE_EXPORTER and CADVISOR; what has no peer in this run is held to what was recorded of it elsewhere, and marked ~.
Makes containers of its own (see containers.py), needs root for them, and removes them. Takes about four minutes.
"""
import argparse
import json
import os
import shutil
import sys

import containers
import exporter
import private
import relay
import scrapes
from goals import rows, steps

PARTS = ["host", "containers", "relay"]


def show(table, right):
    """Columns as wide as they have to be; of those numbered in `right`, the text stands at the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        cells = [cell.rjust(width) if place in right else cell.ljust(width) for place, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def with_containers():
    """What this program says inside, where the containers are."""
    before = containers.without_parent()
    containers.remove()
    done = private.run_again(lambda: containers.remove(before))
    if done.returncode:
        sys.exit(done.returncode)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER")
    parser.add_argument("--exporter", help="instead of that in FOLDER")
    parser.add_argument("--node-exporter", default=os.environ.get("NODE_EXPORTER"))
    parser.add_argument("--cadvisor", default=os.environ.get("CADVISOR"))
    parser.add_argument("--parts", type=lambda text: text.split(","), default=PARTS)
    parser.add_argument("--counts", type=lambda text: [int(count) for count in text.split(",")], default=[10, 50, 100, 200, 500])
    parser.add_argument("--scrapes", type=int, default=50, help="of each kind")
    parser.add_argument("--rest", type=int, default=30, help="seconds at rest, two of the scrapes of a minute, six loads of the relay")
    options = parser.parse_args()
    options.exporter = options.exporter or os.path.join(options.folder, "seamark-exporter")

    for peer in ("node_exporter", "cadvisor"):
        named = getattr(options, peer)
        if named and not shutil.which(named):
            parser.error(f"{peer}: `{named}` is no program")

    if private.directory():
        private.settle()
        json.dump(scrapes.measure(options, say), sys.stdout)
        return 0

    measured = {}
    if "host" in options.parts:
        say("the host alone")
        measured["host"] = exporter.compare(options.exporter, options.node_exporter, 4 * options.scrapes)
    if "containers" in options.parts:
        measured["containers"] = with_containers()
    if "relay" in options.parts:
        say("the relay under load")
        programs = (os.path.join(options.folder, name) for name in ("seamark-relay", "examples/load"))
        measured["relay"] = relay.measure(*programs, max(1, options.rest // 6))
    if "host" in measured:
        print("\nThe host alone, the same collectors\n")
        exporter.show(measured["host"])
    if "containers" in measured:
        print("\nHost and containers\n")
        show(steps(measured["containers"]), right=range(9))
    print("\nGoals\n")
    show(rows(measured), right=range(1, 4))
    print("\n~: beside what was recorded of the peers on another day. In one run: NODE_EXPORTER=… CADVISOR=… make bench")
    if "containers" in measured and options.rest != 30:
        print(f"--rest {options.rest}: what is called a minute took {2 * options.rest} s")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

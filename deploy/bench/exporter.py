#!/usr/bin/env python3
"""Costs of a scrape of a host: seamark-exporter beside node_exporter, in one run.

    deploy/bench/exporter.py SEAMARK_EXPORTER NODE_EXPORTER [--scrapes N] [--veths N]

Both run with the same collectors. With --veths both run in a network of their own with so many pairs of virtual
Ethernet devices: twice as many devices, where a Docker host has one for each container. Needs root for that.
"""
import argparse
import gzip
import os
import re
import sys

import private
from programs import LEFT_OUT, LISTEN, UPSTREAM, Program, cpu_per_scrape, series

# No engine: this is about the host.
NO_DOCKER = "--docker.host=unix:///nowhere/docker.sock"


def compare(ours, theirs, scrapes):
    """Rows of what each costs: title, our figure, theirs (`None` without them), how it is written."""
    command = [ours, LISTEN, NO_DOCKER]
    programs = []
    try:
        if theirs:
            programs.append(Program("node_exporter", [theirs, LISTEN, *(f"--no-collector.{name}" for name in LEFT_OUT), *UPSTREAM]))
            with Program("seamark-exporter", command) as program:
                ours_alone = collectors(program) - collectors(programs[0])
            command += [f"--no-collector.{name}" for name in sorted(ours_alone)]
        programs.append(Program("seamark-exporter", command))
        for program in programs:
            for _ in range(20):
                program.scrape("gzip")
        identity = cpu_per_scrape(programs, "identity", scrapes)
        compressed = cpu_per_scrape(programs, "gzip", scrapes)
        bodies = {program.name: (program.scrape("identity"), program.scrape("gzip")) for program in programs}
        for plain, packed in bodies.values():
            assert series(gzip.decompress(packed)) == series(plain), "gzip and identity have different series"
        columns = {
            "series": ({name: series(plain) for name, (plain, _) in bodies.items()}, "{:,}"),
            "bytes": ({name: len(plain) for name, (plain, _) in bodies.items()}, "{:,}"),
            "bytes, gzip": ({name: len(packed) for name, (_, packed) in bodies.items()}, "{:,}"),
            "CPU per scrape, ms": (identity, "{:.2f}"),
            "CPU per scrape, gzip, ms": (compressed, "{:.2f}"),
            "resident memory, MB": ({program.name: program.memory() / 1e6 for program in programs}, "{:.1f}"),
            "binary, MB": ({"seamark-exporter": size(ours), "node_exporter": size(theirs)}, "{:.1f}"),
            "system calls per scrape": ({program.name: program.system_calls(20) for program in programs}, "{:,.0f}"),
        }
        return [(title, values["seamark-exporter"], values.get("node_exporter"), shape) for title, (values, shape) in columns.items()]
    finally:
        for program in programs:
            program.stop()


def collectors(program):
    """The names of those that it runs."""
    names = re.findall(rb'^node_scrape_collector_success\{collector="(\w+)"', program.scrape("identity"), re.MULTILINE)
    return {name.decode() for name in names}


def size(file):
    return os.path.getsize(file) / 1e6 if file else None


def show(rows):
    print(f"{'':26}{'seamark-exporter':>18}{'node_exporter':>18}{'ratio':>8}")
    for title, one, other, shape in rows:
        beside = "" if other is None else f"{shape.format(other):>18}{one / other:>8.2f}"
        print(f"{title:26}{shape.format(one):>18}{beside}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours", metavar="SEAMARK_EXPORTER")
    parser.add_argument("theirs", metavar="NODE_EXPORTER")
    parser.add_argument("--scrapes", type=int, default=200)
    parser.add_argument("--veths", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.veths:
        if not private.directory():
            return private.run_again(output=None).returncode
        private.settle()
        pairs = (f"link add veth{number} up type veth peer name peer{number}\n" for number in range(arguments.veths))
        private.run("ip", "-batch", "-", text="".join(pairs))
    show(compare(arguments.ours, arguments.theirs, arguments.scrapes))
    return 0


if __name__ == "__main__":
    sys.exit(main())

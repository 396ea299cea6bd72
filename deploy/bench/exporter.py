#!/usr/bin/env python3
"""Costs of a scrape: seamark-exporter beside node_exporter, in one run.

    deploy/bench/exporter.py SEAMARK_EXPORTER NODE_EXPORTER [--scrapes N] [--veths N]

Both run with the same collectors and are scraped in turn, so that whatever else the machine does meets both. CPU time is
that of the whole process, in nanoseconds, by its clock; the wall time is not told, as it is the neighbours' too. With
--veths both run in a network namespace of their own with so many pairs of virtual Ethernet devices: twice as many
devices, where a Docker host has one for each container.
"""
import argparse
import gzip
import http.client
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

NAMESPACE = "seamark-bench"

# What node_exporter has on by default and Seamark leaves out on purpose, and what only Seamark has.
LEFT_OUT = ["infiniband", "fibrechannel", "tapestats", "ipvs", "bcachefs"]
# Upstream's defaults where Debian's build has others, and what Debian switches on.
UPSTREAM = [
    "--no-collector.systemd",
    "--collector.filesystem.mount-points-exclude=^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
    "--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$",
]
OURS_ALONE = [
    "docker", "container_state", "container_exits", "container_cpu", "container_memory", "container_io", "container_pids",
    "container_pressure", "container_log", "container_lifetime", "container_fs", "machine",
]


class Program:
    def __init__(self, name, command):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.name = name
        self.log = tempfile.NamedTemporaryFile(mode="r", prefix="bench-", suffix=".log")
        command = [*command, f"--web.listen-address=127.0.0.1:{self.port}"]
        with open(self.log.name, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                self.scrape("identity")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{name} does not answer:\n{self.log.read()}")
                time.sleep(0.05)

    def scrape(self, encoding):
        headers = {"Accept-Encoding": encoding, "Accept": "text/plain;version=0.0.4", "X-Prometheus-Scrape-Timeout-Seconds": "10"}
        self.connection.request("GET", "/metrics", headers=headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            sys.exit(f"{self.name} answered {response.status}: {body[:200]!r}")
        return body

    def cpu(self):
        """Nanoseconds of CPU of all its threads, those that ended included."""
        return time.clock_gettime_ns((~self.process.pid << 3) | 2)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":", 1) for line in status)
        return int(fields["VmRSS"].split()[0]) * 1024

    def system_calls(self, scrapes):
        """Calls per scrape as strace counts them; without those of a time at rest, which are none in both."""
        with tempfile.NamedTemporaryFile(mode="r", prefix="bench-", suffix=".strace") as table:
            trace = subprocess.Popen(
                ["strace", "-f", "-c", "-qq", "-o", table.name, "-p", str(self.process.pid)], stderr=subprocess.DEVNULL
            )
            time.sleep(1)
            for _ in range(scrapes):
                self.scrape("gzip")
            trace.terminate()
            trace.wait()
            total = [line.split() for line in table.read().splitlines() if line.rstrip().endswith("total")]
        return int(total[0][-3] if len(total[0]) > 4 else total[0][2]) / scrapes if total else float("nan")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def measure(programs, encoding, scrapes):
    spent = {program.name: [] for program in programs}
    for _ in range(scrapes):
        for program in programs:
            before = program.cpu()
            program.scrape(encoding)
            spent[program.name].append(program.cpu() - before)
    return {name: statistics.median(values) / 1e6 for name, values in spent.items()}


def in_namespace(arguments):
    """Runs this again where the devices are; takes them away afterwards."""
    subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
    try:
        inside = ["ip", "-n", NAMESPACE, "link"]
        subprocess.run([*inside, "set", "lo", "up"], check=True)
        for number in range(arguments.veths):
            pair = ["type", "veth", "peer", "name", f"peer{number}"]
            subprocess.run([*inside, "add", f"veth{number}", *pair], check=True)
            subprocess.run([*inside, "set", f"veth{number}", "up"], check=True)
        again = [sys.executable, __file__, arguments.ours, arguments.theirs, f"--scrapes={arguments.scrapes}"]
        return subprocess.run(["ip", "netns", "exec", NAMESPACE, *again], check=False).returncode
    finally:
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=True)


def series(text):
    return sum(1 for line in text.splitlines() if not line.startswith(b"#"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours", metavar="SEAMARK_EXPORTER")
    parser.add_argument("theirs", metavar="NODE_EXPORTER")
    parser.add_argument("--scrapes", type=int, default=200)
    parser.add_argument("--veths", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.veths:
        return in_namespace(arguments)
    ours = Program("seamark-exporter", [arguments.ours, *(f"--no-collector.{name}" for name in OURS_ALONE)])
    theirs = Program("node_exporter", [arguments.theirs, *(f"--no-collector.{name}" for name in LEFT_OUT), *UPSTREAM])
    programs = [ours, theirs]
    try:
        for program in programs:
            for _ in range(20):
                program.scrape("gzip")
        identity = measure(programs, "identity", arguments.scrapes)
        compressed = measure(programs, "gzip", arguments.scrapes)
        bodies = {program.name: (program.scrape("identity"), program.scrape("gzip")) for program in programs}
        rows = [
            ("series", {name: series(plain) for name, (plain, _) in bodies.items()}, "{:,}"),
            ("bytes", {name: len(plain) for name, (plain, _) in bodies.items()}, "{:,}"),
            ("bytes, gzip", {name: len(packed) for name, (_, packed) in bodies.items()}, "{:,}"),
            ("CPU per scrape, ms", identity, "{:.2f}"),
            ("CPU per scrape, gzip, ms", compressed, "{:.2f}"),
            ("resident memory, MB", {program.name: program.memory() / 1e6 for program in programs}, "{:.1f}"),
            ("binary, MB", {"seamark-exporter": os.path.getsize(arguments.ours) / 1e6,
                            "node_exporter": os.path.getsize(arguments.theirs) / 1e6}, "{:.1f}"),
        ]
        if shutil.which("strace"):
            calls = {program.name: program.system_calls(20) for program in programs}
            rows.append(("system calls per scrape", calls, "{:,.0f}"))
        for plain, packed in bodies.values():
            assert series(gzip.decompress(packed)) == series(plain), "gzip and identity have different series"
        print(f"{'':26}{ours.name:>18}{theirs.name:>18}{'ratio':>8}")
        for name, values, shape in rows:
            one, other = values[ours.name], values[theirs.name]
            print(f"{name:26}{shape.format(one):>18}{shape.format(other):>18}{one / other:>8.2f}")
    finally:
        for program in programs:
            program.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

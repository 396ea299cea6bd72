#!/usr/bin/env python3
"""What the relay costs to accept a notification for good: on disk before it says so.

    deploy/bench/relay.py SEAMARK_RELAY LOAD

LOAD is `relay/examples/load.rs`. The one channel is a webhook that nobody answers, so that next to nothing is delivered
while notifications come in: what is measured is accepting them.
"""
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from programs import COUNT_CALLS, Program, calls_in, free_port

ROUNDS = 3
# Messages that wait when the memory they take is looked at.
QUEUED = 100_000
CONFIG = """
listen: 127.0.0.1:{port}
storage: sqlite://{directory}/relay.db
notices: false
rate_limit: 1000000
channels:
  ops: {{type: discord, webhook_url: "http://127.0.0.1:{nobody}/api/webhooks/1/token"}}
"""


class Relay(Program):
    """A relay with an empty outbox."""

    def __init__(self, binary, directory, before=()):
        config = os.path.join(directory, "relay.yml")
        with open(config, "w", encoding="utf-8") as file:
            # The port is given by a flag.
            file.write(CONFIG.format(port=1, nobody=free_port(), directory=directory))
        super().__init__("seamark-relay", [*before, binary, "--config.file", config, "--web.listen-address=127.0.0.1:{port}"])

    def waiting(self):
        """Messages in the outbox."""
        pending = re.findall(rb"^seamark_relay_outbox_pending\{[^}]*\} (\d+)", self.scrape("identity"), re.MULTILINE)
        return sum(int(number) for number in pending)

    def load(self, binary, callers, seconds):
        command = [binary, f"127.0.0.1:{self.port}", "--callers", str(callers), "--seconds", str(seconds)]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def measure(relay_binary, load_binary, seconds):
    """Medians of some loads of so many seconds, 16 and 64 callers in turn."""
    loads = {16: [], 64: []}
    per_ack, with_record, disk, others = [], [], [], []
    # Not /tmp, which may be memory: what a commit costs is measured.
    with tempfile.TemporaryDirectory(prefix="seamark-bench-", dir="/var/tmp") as directory, Relay(relay_binary, directory) as relay:
        idle = relay.memory() / 1e6
        relay.load(load_binary, 16, 1)
        for _ in range(ROUNDS):
            # What an earlier load has left to be noted is no part of this one.
            relay.scrape("identity")
            disk.append(disk_rate(directory))
            before = relay.cpu()
            loads[16].append(relay.load(load_binary, 16, seconds))
            accepted, acks = relay.cpu(), loads[16][-1]["acks"]
            per_ack.append((accepted - before) / 1e3 / acks)
            # The record of alerts is made when somebody looks at it.
            relay.scrape("identity")
            with_record.append((relay.cpu() - before) / 1e3 / acks)
            busy = Busy(relay)
            loads[64].append(relay.load(load_binary, 64, seconds))
            others.append(busy.others())
        after = relay.memory() / 1e6
        while (before := relay.waiting()) < QUEUED:
            relay.load(load_binary, 64, 1)
            if relay.waiting() <= before:
                sys.exit(f"the relay does not keep what it accepts: {before} messages wait, and no more")
        waiting, queued = relay.waiting(), relay.memory() / 1e6
    many = {figure: statistics.median(load[figure] for load in loads[64]) for figure in ("acks_per_second", "p50_ms", "p99_ms")}
    return {
        **many,
        "CPU per ack": statistics.median(per_ack),
        "CPU with the record": statistics.median(with_record),
        "fsyncs per ack": fsyncs(relay_binary, load_binary, seconds),
        "idle memory": idle,
        "memory after load": after,
        "waiting": waiting,
        "memory with them": queued,
        "disk": statistics.median(disk),
        "others": statistics.median(others),
        "refused": sum(load["refused"] for load in loads[16] + loads[64]),
    }


class Busy:
    """Which part of the machine other programs take from now on, next to a relay and its load."""

    def __init__(self, relay):
        self.relay = relay
        self.before = self.times()

    def times(self):
        with open("/proc/stat", encoding="ascii") as stat:
            ticks = [int(field) for field in stat.readline().split()[1:]]
        # Neither idle nor waiting for a disk; guests are counted as users already.
        machine = (sum(ticks[:8]) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
        load = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.monotonic(), machine - self.relay.cpu() / 1e9 - load.ru_utime - load.ru_stime

    def others(self):
        """Cores, of all that there are."""
        (begun, before), (ended, after) = self.before, self.times()
        return max(0.0, after - before) / (ended - begun)


def disk_rate(directory, seconds=1):
    """How often a second this disk takes a page for good, one after the other."""
    with open(os.path.join(directory, "page"), "wb", buffering=0) as file:
        begun, count = time.monotonic(), 0
        while time.monotonic() < begun + seconds:
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            count += 1
        return count / (time.monotonic() - begun)


def fsyncs(relay_binary, load_binary, seconds):
    """Calls of fsync and fdatasync per accepted notification of 16 callers, all that the relay does included."""
    with tempfile.TemporaryDirectory(prefix="seamark-bench-", dir="/var/tmp") as directory:
        table = os.path.join(directory, "strace")
        # With the filter in the kernel only these calls are stopped at, and the rest runs at its speed; with -D the process
        # that is started is the relay, not strace.
        trace = ["strace", "-D", "-f", "--seccomp-bpf", *COUNT_CALLS, "-e", "trace=fsync,fdatasync", "-o", table]
        with Relay(relay_binary, directory, trace) as relay:
            accepted = relay.load(load_binary, 16, seconds)["acks"]
        return calls_in(written(table)) / accepted


def written(table):
    """What strace writes when the relay has ended: a moment after that."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with open(table, encoding="utf-8") as text:
            lines = text.read()
        if lines.endswith(" total\n"):
            return lines
        time.sleep(0.01)
    sys.exit("strace has counted nothing")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for title, figure in measure(sys.argv[1], sys.argv[2], 5).items():
        print(f"{title}: {figure}")


if __name__ == "__main__":
    main()

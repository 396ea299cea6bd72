"""What the exporter costs on a host with containers, and what node_exporter and cAdvisor cost there.

The same host for all of them, with more containers from step to step; at `FULL` of them the peers run beside ours.
"""
import os
import re
import statistics
import time

import private
from containers import Containers, is_busy, name as container_name
from engine import Engine
from programs import LISTEN, Program, cpu_during, cpu_per_scrape, series

# Between these the growth is taken; the second is what the goals are about.
FEW, FULL = 10, 100
# Scrapes of a minute, as Prometheus makes them every 15 s.
A_MINUTE = 4
# Often enough to tell that nothing is read at the scrape, seldom enough for a busy container to have worked meanwhile.
APART = 0.2

NO_VETHS = ["--collector.netclass.ignored-devices=^veth.*", "--collector.netdev.device-exclude=^veth.*"]
# What people who complain of its cost are told to do.
TUNED = ["-docker_only=true", "-housekeeping_interval=15s", "-store_container_labels=false", "-disable_metrics="
         "advtcp,cpu_topology,cpuset,disk,diskIO,hugetlb,memory_numa,percpu,perf_event,process,referenced_memory,resctrl,sched,tcp,udp"]


def ours(binary, engine):
    return Program("seamark-exporter", [binary, LISTEN, f"--docker.host={engine.url}"])


def settled(binary, engine, count):
    """Ours when it knows all containers, and was not scraped while it learnt of them: memory is what is under test, too."""
    before = engine.asked()["/containers/ID/json"]
    exporter = ours(binary, engine)
    deadline = time.monotonic() + 30
    while engine.asked()["/containers/ID/json"] < before + count:
        if time.monotonic() > deadline:
            raise SystemExit(f"seamark-exporter has not asked for {count} containers within 30 s")
        time.sleep(0.05)
    time.sleep(0.5)
    return exporter


def peers(node_exporter, cadvisor, engine):
    """Those that were named, with their defaults and tuned by hand."""
    started = []
    if node_exporter:
        started.append(Program("node_exporter", [node_exporter, LISTEN]))
        started.append(Program("node_exporter, tuned", [node_exporter, LISTEN, *NO_VETHS]))
    if cadvisor:
        command = [cadvisor, "-listen_ip=127.0.0.1", "-port={port}", f"-docker={engine.url}"]
        started.append(Program("cadvisor", command))
        started.append(Program("cadvisor, tuned", [*command, *TUNED]))
    return started


def settle(program, say):
    """Waits until cAdvisor knows all containers: it would be cheap without them."""
    deadline = time.monotonic() + 60
    while True:
        known = len(set(re.findall(rb'^container_last_seen\{[^}]*\bname="(shop-[^"]+)"', program.scrape("identity"), re.MULTILINE)))
        if known >= FULL:
            return
        if time.monotonic() > deadline:
            say(f"{program.name} knows {known} of {FULL} containers: its figures are too low")
            return
        time.sleep(1)


def whole(exporter, count):
    """Scrapes until all containers are there; milliseconds since its start, and the answer."""
    begun = time.monotonic()
    body = exporter.first
    while len(set(re.findall(rb'^seamark_container_info\{id="([^"]+)"', body, re.MULTILINE))) < count:
        if time.monotonic() > begun + 20:
            raise SystemExit(f"seamark-exporter does not tell of {count} containers after 20 s")
        time.sleep(0.005)
        body = exporter.scrape("identity")
    return exporter.first_after + (time.monotonic() - begun) * 1e3, body


def starts(binary, engine, count, times=9):
    """Median milliseconds to the first answer, and to the first that has all containers."""
    first, complete = [], []
    for _ in range(times):
        with ours(binary, engine) as exporter:
            complete.append(whole(exporter, count)[0])
            first.append(exporter.first_after)
    return statistics.median(first), statistics.median(complete)


def step(binary, engine, count, scrapes):
    """One row of the table by number of containers."""
    with settled(binary, engine, count) as exporter:
        for _ in range(10):
            exporter.scrape("gzip")
        row = {"containers": count}
        row["identity"] = cpu_per_scrape([exporter], "identity", scrapes)[exporter.name]
        row["gzip"] = cpu_per_scrape([exporter], "gzip", scrapes)[exporter.name]
        row["memory"] = exporter.memory() / 1e6
        plain = exporter.scrape("identity")
        row["series"], row["bytes"], row["packed"] = series(plain), len(plain), len(exporter.scrape("gzip"))
        row["system calls"] = exporter.system_calls(20)
        return row


def age(exporter, count, scrapes):
    """Share of neighbouring scrapes between which the CPU time of a busy container has grown; `None` if it is not told."""
    busy = [container_name(number) for number in range(count) if is_busy(number)]
    pattern = re.compile(rb'^container_cpu_usage_seconds_total\{[^}]*\bname="([^"]+)"[^}]*\} (\S+)', re.MULTILINE)
    before, differ, pairs = {}, 0, 0
    for _ in range(scrapes):
        now = {named.decode(): value for named, value in pattern.findall(exporter.scrape("identity"))}
        for named in busy:
            if named in before and named in now:
                pairs += 1
                differ += before[named] != now[named]
        before = now
        time.sleep(APART)
    return differ / pairs if pairs else None


def full(options, engine, measured, say):
    """All that is measured once, with `FULL` containers: ours and the peers in turn."""
    exporter = settled(options.exporter, engine, FULL)
    programs = [exporter, *peers(options.node_exporter, options.cadvisor, engine)]
    try:
        for program in programs:
            if "cadvisor" in program.name:
                settle(program, say)
            for _ in range(5):
                program.scrape("gzip")
        measured["identity"] = cpu_per_scrape(programs, "identity", options.scrapes)
        measured["gzip"] = cpu_per_scrape(programs, "gzip", options.scrapes)
        measured["idle"] = {name: spent / options.rest for name, spent in cpu_during(programs, options.rest).items()}

        def scrape_all():
            for program in programs:
                program.scrape("gzip")

        measured["minute"] = cpu_during(programs, options.rest / 2, scrape_all, A_MINUTE)
        measured["peers' memory"] = {program.name: program.memory() / 1e6 for program in programs[1:]}
    finally:
        for program in programs[1:]:
            program.stop()
    before = engine.asked()
    measured["age"] = age(exporter, FULL, 50)
    asked = engine.asked() - before
    # Whether the engine still answers is asked by the clock, scraped or not.
    measured["pings"] = asked.pop("/_ping", 0)
    measured["calls"] = sum(asked.values()) / 50
    exporter.stop()


def measure(options, say):
    measured = {"steps": []}
    engine = Engine(private.directory())
    say("starts without containers")
    measured["first, empty"] = starts(options.exporter, engine, 0)
    measured["steps"].append(step(options.exporter, engine, 0, options.scrapes))
    counts = sorted({FEW, FULL, *options.counts} - {0})
    containers = Containers(engine)
    for count in counts:
        say(f"{count} containers")
        containers.grow(count)
        measured["steps"].append(step(options.exporter, engine, count, options.scrapes))
        if count == FULL:
            measured["first, full"] = starts(options.exporter, engine, FULL)
            say(f"{count} containers: at rest, and a minute of it")
            full(options, engine, measured, say)
    measured["binary"] = os.path.getsize(options.exporter) / 1e6
    return measured

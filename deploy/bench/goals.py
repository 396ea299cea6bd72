"""What was measured beside the goals, in rows of text.

The goals, and the figures of the peers that are named `recorded`: node_exporter 1.11.1 and cAdvisor 0.60.5, defaults, 100
containers with one virtual device each, on two cores of a shared virtual machine, kernel 6.18, cgroup v1.
"""
import os

from scrapes import FEW, FULL

TITLES = ("what", "measured", "must", "aim", "met", "peers")
STEP_TITLES = ("containers", "identity ms", "gzip ms", "RSS MB", "system calls", "series", "bytes", "gzip bytes",
               "each more: identity us", "gzip us", "RSS KB")

# Both peers together. Milliseconds of CPU: of a scrape, and of a minute with four of them.
RECORDED = {"identity": 130, "gzip": 149, "minute": 10_900, "minute, tuned": 670}
# Milliseconds of node_exporter alone, on a host without containers: a plain scrape, and one with gzip.
RECORDED_HOST = {"identity": 7.3, "gzip": 9.5}


def rows(measured):
    table = [TITLES]
    if "containers" in measured:
        table += of_both(measured["containers"])
    if "host" in measured:
        table += of_host(measured["host"])
    if "containers" in measured:
        table += of_exporter(measured["containers"])
    if "relay" in measured:
        table += of_relay(measured["relay"])
    table.append(("exit of a container to accepted chat message, p95, s", "make e2e", "2", "0.5", "", ""))
    return table


def row(what, value, must, aim=None, peers="", more_is_better=False, recorded=False):
    """`met` is the best that is reached: must, or aim."""
    def reaches(goal):
        return goal is not None and (value >= goal if more_is_better else value <= goal)

    if value is None:
        return what, "none", written(must), written(aim), "no", peers
    met = "aim" if reaches(aim) else "must" if reaches(must) else "no"
    return what, written(value), written(must), written(aim), ("~" if recorded else "") + met, peers


def written(value):
    if value is None:
        return ""
    if value == int(value):
        return f"{int(value):,}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}"


def ratio(what, figures, must, aim, recorded, kind=""):
    """Ours to both peers: to those of this run, or else to what was recorded of them."""
    one = figures["seamark-exporter"]
    here = {name: figures.get(name + kind) for name in ("node_exporter", "cadvisor")}
    words = [f"{name} {written(value)}" for name, value in here.items() if value is not None]
    both = None not in here.values()
    words.append(f"recorded {written(recorded)}")
    of = sum(here.values()) if both else recorded
    return row(f"{what} / both{kind}", one / of, must, aim, f"ours {written(one)} ms; {', '.join(words)}", recorded=not both)


def of_both(figures):
    minute = figures["minute"]
    return [
        ratio("CPU per gzip scrape", figures["gzip"], 0.12, 0.08, RECORDED["gzip"]),
        ratio("CPU per identity scrape", figures["identity"], 0.08, 0.05, RECORDED["identity"]),
        ratio("CPU of a minute, 4 gzip scrapes", minute, 0.01, 0.005, RECORDED["minute"]),
        ratio("CPU of a minute, 4 gzip scrapes", minute, 0.12, 0.07, RECORDED["minute, tuned"], kind=", tuned"),
    ]


def of_host(comparison):
    figures = {title: (one, other) for title, one, other, _ in comparison}

    def beside(title, encoding):
        one, other = figures[title]
        of = RECORDED_HOST[encoding] if other is None else other
        peers = f"ours {written(one)} ms; node_exporter {'recorded ' if other is None else ''}{written(of)}"
        return row(f"host only: CPU per {encoding} scrape / node_exporter", one / of, 0.15, 0.08, peers, recorded=other is None)

    return [
        beside("CPU per scrape, ms", "identity"),
        beside("CPU per scrape, gzip, ms", "gzip"),
        row("host only: system calls per scrape", figures["system calls per scrape"][0], 250, peers="recorded 1,960-2,300"),
    ]


def of_exporter(figures):
    by_count = {step["containers"]: step for step in figures["steps"]}
    few, full = by_count[FEW], by_count[FULL]

    def each(what, scale=1):
        return (full[what] - few[what]) / (FULL - FEW) * scale

    memory = figures["peers' memory"]
    memory = ", ".join(f"{name} {written(value)}" for name, value in memory.items() if "tuned" not in name)
    idle = ", ".join(f"{name} {written(value)}" for name, value in figures["idle"].items() if "tuned" not in name)
    first_empty, first_full = figures["first, empty"], figures["first, full"]
    of = f"of {FULL} containers"
    return [
        row(f"idle CPU, {FULL} containers, ms per s", figures["idle"]["seamark-exporter"], 0.2, 0.05,
            f"{idle}; recorded node_exporter 0, cAdvisor 96-172"),
        row("resident memory, no containers, MB", by_count[0]["memory"], 8, 5, "recorded node_exporter 22.7"),
        row(f"resident memory, {FULL} containers, MB", full["memory"], 14, 10,
            f"{memory}{'; ' if memory else ''}recorded node_exporter 24.5, cAdvisor 44-106"),
        row("growth per container, CPU of an identity scrape, us", each("identity", 1e3), 90, 45,
            "recorded node_exporter 570, cAdvisor 620"),
        row("growth per container, CPU of a gzip scrape, us", each("gzip", 1e3), 150, 100, "recorded cAdvisor 730"),
        row("growth per container, resident memory, KB", each("memory", 1e3), 20, 10, "recorded cAdvisor 240, after 3 min 800"),
        row("system calls per container and scrape", each("system calls"), 14, None, "recorded node_exporter 330, cAdvisor 400"),
        row("age: neighbouring scrapes that differ, busy containers", figures["age"], 0.9, None, "recorded cAdvisor 0.16-0.21",
            more_is_better=True),
        row("Docker calls per scrape", figures["calls"], 0, None, f"pings meanwhile, by the clock: {figures['pings']}"),
        row("first answer after start, empty, ms", first_empty[0], 50, None, "recorded node_exporter 70-110"),
        row(f"first answer {of}, ms", first_full[0], 250),
        row(f"first answer that has all {of}, ms", first_full[1], 250),
        row("exporter binary, MB", figures["binary"], 5, None, "recorded node_exporter 16.6, cAdvisor 19-23"),
    ]


def of_relay(figures):
    return [
        row("relay: durable acks per s, 64 callers", figures["acks_per_second"], 20_000, 40_000,
            f"{figures['refused']} refused; the disk takes {figures['disk']:,.0f} pages a second one by one; other programs "
            f"took {figures['others']:.1f} of {os.cpu_count()} cores; recorded Alertmanager sends 5,200-5,400",
            more_is_better=True),
        row("relay: p99 of an ack, 64 callers, ms", figures["p99_ms"], 10, 5, f"median {written(figures['p50_ms'])}"),
        row("relay: CPU per ack, 16 callers, us", figures["CPU per ack"], 60, 30,
            f"{written(figures['CPU with the record'])} with the record of its alerts and a scrape; recorded Alertmanager 300 "
            "to send it"),
        row("relay: fsyncs per ack, 16 callers", figures["fsyncs per ack"], 0.2, 0.1),
        row("relay: idle resident memory, MB", figures["idle memory"], 12, 8,
            f"after the load {written(figures['memory after load'])}; with {figures['waiting']:,} messages waiting "
            f"{written(figures['memory with them'])}"),
    ]


def steps(figures):
    """The table by number of containers; the last columns are what each container more costs, since the row above."""
    table = [STEP_TITLES]
    before = None
    for step in figures["steps"]:
        cells = [written(step["containers"])]
        cells += [f"{step[title]:.2f}" for title in ("identity", "gzip")] + [f"{step['memory']:.1f}", f"{step['system calls']:.0f}"]
        cells += [f"{step[title]:,}" for title in ("series", "bytes", "packed")]
        if before is None:
            cells += [""] * 3
        else:
            more = step["containers"] - before["containers"]
            each = [(step[title] - before[title]) / more * 1e3 for title in ("identity", "gzip", "memory")]
            cells += [f"{each[0]:.0f}", f"{each[1]:.0f}", f"{each[2]:.1f}"]
        table.append(tuple(cells))
        before = step
    return table

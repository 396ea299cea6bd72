"""The exporter in its container, unprivileged and in a network of its own, beside node_exporter with the host's."""

import re
import socket

from . import docker
from .wait import until
from .web import get

# Compared again and again: a value has to lie between node_exporter's before and after in one round at least.
ROUNDS = 30
# Debian's build of node_exporter leaves out other mounts than upstream's.
UPSTREAM_MOUNTS = "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
# node_exporter has them and the exporter leaves them out on purpose, or the other way round: see deploy/host-metrics.md.
ONE_SIDED = ("node_scrape_collector_", "node_exporter_build_info", "node_textfile_")
# Of the reader, whoever it is: its time zone. And node_exporter 1.11.1 overlooks `ro` where it is a mount's last option.
OTHER_VALUES = ("node_time_zone_offset_seconds", "node_filesystem_readonly")
# To ask the container takes one connection more on the host, with two ends: that of Docker's proxy for published ports.
CONNECTIONS = ("node_netstat_Tcp_CurrEstab", "node_sockstat_TCP_inuse", "node_sockstat_TCP_alloc", "node_sockstat_sockets_used")


def tells_of_the_host(stack, verdict):
    """Families, series and values of the container are those of the host."""
    theirs = node_exporter(stack)
    ours = f"{stack.url('exporter', 9877)}/metrics"
    agreed, open_faults = set(), {}
    for _ in range(ROUNDS):
        before, mine, after = samples(theirs), samples(ours), samples(theirs)
        open_faults = {}
        for series in (before.keys() | mine.keys() | after.keys()) - agreed:
            if agrees(series, before.get(series), mine.get(series), after.get(series)):
                agreed.add(series)
            else:
                open_faults[series] = (before.get(series), mine.get(series), after.get(series))
        if not open_faults:
            break
    verdict.check(f"in a container, without privilege and the host's network, {len(agreed)} series are the host's",
                  not open_faults and len(agreed) > 300,
                  "\n".join(f"{series}: before, ours, after: {values}" for series, values in sorted(open_faults.items())))


def agrees(series, before, mine, after):
    """Ours is there where theirs is, and lies between."""
    if series.startswith(OTHER_VALUES):
        return mine is not None
    if before is None or after is None:
        return before is not after  # it came or went meanwhile
    if mine is None:
        return False
    slack = 2 if series.startswith(CONNECTIONS) else abs(mine) * 1e-9
    return min(before, after) - slack <= mine <= max(before, after) + slack or before != before


def samples(url):
    """Series and values of the node_* families; labels in order, empty ones left out."""
    found = {}
    for line in get(url).splitlines():
        if not line.startswith("node_") or line.startswith(ONE_SIDED):
            continue
        series, value = line.rsplit(" ", 1)
        name, _, labels = series.partition("{")
        pairs = sorted(pair for pair in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels) if pair[1])
        found[f"{name}{pairs}"] = float(value)
    return found


def node_exporter(stack):
    """node_exporter as its documentation starts it; the address of its metrics."""
    name = stack.name("host-node-exporter")
    port = free_port()
    docker.docker(
        "run", "--detach", "--name", name, "--label", stack.label, "--net", "host", "--pid", "host",
        "--volume", "/:/host:ro,rslave", docker.NODE_EXPORTER, "--path.rootfs=/host", "--path.udev.data=/host/run/udev/data",
        f"--web.listen-address=127.0.0.1:{port}", "--no-collector.systemd",
        f"--collector.filesystem.mount-points-exclude={UPSTREAM_MOUNTS}",
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/metrics"

    def answers():
        try:
            return get(url)
        except OSError:
            return None

    until("node_exporter on the host's network answers", answers)
    return url


def free_port():
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

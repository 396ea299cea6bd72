"""The layout of the systemd driver, made by hand."""

import os

from fleet.docker import wait_for
from fleet.kernel import CGROUP, read


def as_scope(container_id):
    """Moves a container where the systemd driver would have put it."""
    old = f"{CGROUP}/docker/{container_id}"
    slice_, new = f"{CGROUP}/system.slice", f"{CGROUP}/system.slice/docker-{container_id}.scope"
    os.makedirs(slice_, exist_ok=True)
    with open(f"{slice_}/cgroup.subtree_control", "w", encoding="ascii") as file:
        file.write("+cpu +memory +io +pids")
    os.makedirs(new)
    for limit in ("memory.max", "memory.low", "cpu.max", "cpu.weight", "pids.max"):
        with open(f"{new}/{limit}", "w", encoding="ascii") as file:
            file.write(read(f"{old}/{limit}"))
    for pid in read(f"{old}/cgroup.procs").split():
        with open(f"{new}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(pid)
    wait_for("an empty cgroup", lambda: not read(f"{old}/cgroup.procs").strip(), 10)
    os.rmdir(old)

"""The made-up hosts of the exporter's tests, laid out as files; exporter/tests/fixtures/hosts/README.md has the format."""

import os
import re
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[3] / "exporter" / "tests" / "fixtures"
ROOTS = {"procfs": "proc", "sysfs": "sys", "rootfs": "root", "udev.data": "udev"}


def lay_out(host, folder):
    """Writes all files of a host below a folder; the flags by which the exporter reads them."""
    for root in ROOTS.values():
        (folder / root).mkdir(parents=True)
    flags = [f"--path.{flag}={folder / root}" for flag, root in ROOTS.items()]
    for tree in sorted((FIXTURES / "hosts" / host).glob("*.tree")):
        head, *entries = re.split(rb"^== ", tree.read_bytes(), flags=re.MULTILINE)
        for entry in entries:
            write(folder, *entry.split(b"\n", 1))
        named = re.findall(r"^# flag: (.*)$", head.decode(), re.MULTILINE)
        flags += [flag.replace("{host}", str(folder)) for flag in named]
    return flags


def write(folder, header, content):
    """One file, link or directory."""
    path, _, target = header.decode().strip().partition(" -> ")
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if target:
        os.symlink(target, place)
    elif path.endswith("/"):
        place.mkdir(exist_ok=True)
    else:
        place.write_bytes(content)

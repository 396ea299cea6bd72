"""The docker command, as the story needs it."""

import json
import os
import subprocess
from datetime import datetime

# What plays the part of somebody's containers. Its shell ends with the code it is told to.
BUSYBOX = "busybox:1.37"
# Where the Discord stand-in runs, compiled here: its C library has to be as new as this machine's.
DEBIAN = "debian:trixie-slim"
# Our host metrics, and what `promtool check metrics` has to say about names that are not ours, are measured on the
# original.
NODE_EXPORTER = "prom/node-exporter:v1.11.1"

STORY_IMAGES = [BUSYBOX, DEBIAN, NODE_EXPORTER]
# What the sample application and the stand-ins for services are built on.
SERVICES_IMAGES = [BUSYBOX, "debian:13.1-slim"]


class DockerError(Exception):
    """A command that failed, with what it said."""


def run(*command, env=None, stdin=None, cwd=None):
    """Runs a command to its end and gives its standard output."""
    done = subprocess.run(command, env=env, input=stdin, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DockerError(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def docker(*arguments):
    """`docker ARGUMENTS`."""
    return run("docker", *arguments)


def inspect(container):
    """What Docker knows about a container."""
    return json.loads(docker("inspect", "--type", "container", container))[0]


def finished_at(container):
    """When a container ended, by Docker's clock, in seconds since 1970."""
    return seconds(inspect(container)["State"]["FinishedAt"])


def health_changes(container):
    """When the health of a container last changed to each of its words, by Docker's clock, in seconds since 1970."""
    # An `until` in the past ends the command at once, and is cut to whole seconds; the engine remembers the last 256 events.
    window = ("--since", "10m", "--until", "0s")
    filters = ("--filter", f"container={container}", "--filter", "event=health_status")
    lines = docker("events", *window, *filters, "--format", "{{.TimeNano}} {{.Action}}").splitlines()
    changes = (line.split(" ", 1) for line in lines)
    return {action.rpartition(" ")[2]: int(nanoseconds) / 1e9 for nanoseconds, action in changes}


def seconds(timestamp):
    """RFC 3339 with up to nine decimals, in seconds since 1970."""
    whole, _, rest = timestamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{rest or 0}")


def host_name():
    """The name of the host that Docker runs on, as a container with `uts: host` sees it."""
    return docker("run", "--rm", "--uts", "host", BUSYBOX, "uname", "-n").strip()


def environment(**variables):
    """The environment for docker compose: nothing of the caller's settings for the stack gets in."""
    kept = ("PATH", "HOME", "DOCKER_", "CARGO", "RUSTUP", "XDG_", "LANG", "LC_", "BUILDX", "BUILDKIT")
    env = {name: value for name, value in os.environ.items() if name.startswith(kept) and name != "DOCKER_SOCKET"}
    # Proxies of the machine are needed to fetch what is compiled.
    env.update({name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")})
    env.update(variables)
    return env

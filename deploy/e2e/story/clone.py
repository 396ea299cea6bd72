"""A checkout of its own, operated with the scripts that people use."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import docker
from .docker import run
from .stack import SETTINGS, TOP, Stack

# Where images have no registry, Grafana has none: of it there is a stand-in.
GRAFANA = "deploy/e2e/stand-ins/grafana/compose.yml"


def checkout(prefix):
    """What git has of the working tree, in a new folder: what somebody gets who clones it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=TOP)
    for name in filter(None, names.split("\0")):
        source, target = TOP / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    # Alertmanager and Prometheus read their files as somebody else.
    folder.chmod(0o755)
    return folder


class Clone(Stack):
    """What a clone holds, in a folder of its own; the stack that its scripts start is that of `Stack`."""

    def __init__(self):
        super().__init__()
        self.project = f"seamark-operations-{os.getpid()}"
        self.folder = checkout("seamark-operations-")
        self.files = ["docker-compose.monitoring.yml"] + ([] if self.with_grafana else [GRAFANA])
        self.with_grafana = True

    @property
    def environment(self):
        """What the scripts, and compose, are started with: no more than somebody's shell would have."""
        return docker.environment(COMPOSE_PROJECT_NAME=self.project, COMPOSE_FILE=":".join(self.files), **SETTINGS)

    def script(self, name, *arguments):
        """A script of deploy/scripts: its exit code, and all that it says."""
        done = subprocess.run([self.folder / "deploy" / "scripts" / f"{name}-monitoring.sh", *arguments], cwd="/",
                              env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
        return done.returncode, done.stdout

    def compose(self, *arguments):
        return run("docker", "compose", *arguments, env=self.environment, cwd=self.folder)

    def build(self, all_of_them):
        """The images: all, or the stand-in alone."""
        images = ["exporter", "relay"] if all_of_them else []
        images += ["grafana"] if GRAFANA in self.files else []
        if images:
            self.compose("build", *images)

    def id(self, service):
        """The id of a service's container."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def inspect(self, service):
        """What Docker knows about a service's container."""
        return docker.inspect(self.id(service))

    def volumes(self):
        """The volumes of the project."""
        return docker.docker("volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}").split()

    def remove(self):
        super().remove()
        # Of the files that were used before, as well.
        if volumes := self.volumes():
            docker.docker("volume", "rm", *volumes)
        shutil.rmtree(self.folder, ignore_errors=True)

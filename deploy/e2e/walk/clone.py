"""A fresh clone, and a newcomer's shell in it."""

import os
import shutil
import signal
import subprocess
import tempfile

from story import docker
from story.clone import checkout
from story.stack import NO_GRAFANA, SETTINGS

COMPOSE = "-f docker-compose.monitoring.yml"


class Clone:
    """What git has of the working tree, in a folder of its own: what somebody gets who clones it."""

    def __init__(self, project):
        self.folder = checkout("seamark-readme-")
        self.environment = docker.environment(COMPOSE_PROJECT_NAME=project, **SETTINGS)

    def read(self, name):
        return (self.folder / name).read_text()

    def fill_in(self, name, key, value):
        """What an editor would do: `KEY=` in a file gets a value."""
        path = self.folder / name
        text = path.read_text()
        if f"\n{key}=\n" not in text:
            raise docker.DockerError(f"{name} has no empty line `{key}=` to fill in")
        path.write_text(text.replace(f"\n{key}=\n", f"\n{key}={value}\n"))

    def start(self, commands):
        """The commands as they stand, in a shell that stops at the first that fails; what they print is gathered."""
        if NO_GRAFANA.exists():
            commands = commands.replace(COMPOSE, f"{COMPOSE} -f {NO_GRAFANA}")
        return Shell(commands, self.folder, self.environment)

    def remove(self):
        shutil.rmtree(self.folder)


class Shell:
    """Commands that run."""

    def __init__(self, commands, folder, environment):
        self.commands = commands
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(["bash", "-euo", "pipefail", "-c", commands], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip

    def printed(self):
        """What they have printed so far."""
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def finish(self, patience):
        """Waits for their end; an error when one of them failed."""
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.stop()
            raise TimeoutError(f"`{self.commands}` did not end within {patience} s: {self.printed()}") from None
        if status != 0:
            raise docker.DockerError(f"`{self.commands}` ended with {status}: {self.printed()}")
        return self.printed()

    def stop(self):
        """Ctrl+C, as somebody does who has seen enough."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

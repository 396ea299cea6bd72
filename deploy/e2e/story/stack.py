"""The stack of the committed compose file, and the containers that crash beside it."""

import json
import os
from pathlib import Path

from . import docker
from .docker import DockerError, run
from .wait import until

TOP = Path(__file__).resolve().parents[3]
COMPOSE_FILE = TOP / "docker-compose.monitoring.yml"
# Where images have no registry, Grafana has no image: everything else of the compose file runs as it stands.
NO_GRAFANA = TOP.parent / "shared" / "lab" / "no-grafana.yml"
# And of the profiles some have no image there, or another one.
STAND_INS = TOP / "deploy" / "e2e" / "stand-ins" / "compose.yml"
# Ports that Docker chooses, and images that do not take the place of those in use.
SETTINGS = {f"{name}_PORT": "0" for name in ("EXPORTER", "RELAY", "ALERTMANAGER", "PROMETHEUS", "GRAFANA", "APP")}
SETTINGS["SEAMARK_IMAGE_TAG"] = os.environ.get("SEAMARK_E2E_TAG", "e2e")


class Stack:
    """One run of the stack, under a project name of its own, with the profiles that are named."""

    def __init__(self, profiles=()):
        self.project = f"seamark-e2e-{os.getpid()}"
        self.label = f"org.seamark.e2e={self.project}"
        self.webhook_url = None
        self.with_grafana = not NO_GRAFANA.exists()
        self.profiles = list(profiles)
        # Beside the committed compose file, and beside what keeps other runs away.
        self.files = [COMPOSE_FILE] if self.with_grafana else [COMPOSE_FILE, NO_GRAFANA, STAND_INS]
        self.settings = dict(SETTINGS)

    def compose(self, *arguments):
        """`docker compose ARGUMENTS` for this run."""
        files = [word for path in self.files for word in ("-f", str(path))]
        files += [word for profile in self.profiles for word in ("--profile", profile)]
        settings = dict(self.settings)
        if self.webhook_url:
            settings["DISCORD_WEBHOOK_URL"] = self.webhook_url
        command = ["docker", "compose", "--env-file", os.devnull, "--project-name", self.project, *files, *arguments]
        return run(*command, env=docker.environment(**settings), cwd=TOP)

    def build(self):
        """Compiles the images and the stand-in."""
        self.compose("build", "exporter", "relay")
        self.build_stand_in()

    def build_stand_in(self):
        """Compiles the Discord stand-in; the path of the program."""
        command = ["cargo", "build", "--locked", "--package", "seamark-relay", "--example", "discord_stand_in"]
        printed = run(*command, "--message-format", "json-render-diagnostics", cwd=TOP)
        artifacts = [json.loads(line) for line in printed.splitlines()]
        programs = [each["executable"] for each in artifacts if each.get("executable")]
        if not programs:
            raise DockerError("cargo built no program for the example `discord_stand_in`")
        return programs[-1]

    def up(self):
        """Brings the stack up, or to what has changed, and returns when every health check is green."""
        self.compose("up", "--detach", "--wait", "--wait-timeout", "180")

    def services(self):
        """The health of each service."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        return {each["Service"]: each["Health"] for each in map(json.loads, lines)}

    def image(self, service):
        """The image that the compose file names for a service."""
        return json.loads(self.compose("config", "--format", "json"))["services"][service]["image"]

    def url(self, service, port):
        """Where a service can be reached from here."""
        return f"http://{self.compose('port', service, str(port)).strip()}"

    def start_stand_in(self):
        """Starts the Discord stand-in in the stack's network; where it can be reached from here."""
        name = self.name("discord")
        docker.docker(
            "run", "--detach", "--name", name, "--label", self.label, "--label", "seamark.alerts=off",
            "--network", f"{self.project}_default", "--network-alias", "discord", "--publish", "127.0.0.1:0:8080",
            "--volume", f"{self.build_stand_in()}:/discord_stand_in:ro", docker.DEBIAN,
            "/discord_stand_in", "--listen", "0.0.0.0:8080",
        )  # fmt: skip
        self.webhook_url = "http://discord:8080/api/webhooks/1/token"
        return f"http://{docker.docker('port', name, '8080').splitlines()[0]}"

    def name(self, short):
        """The whole name of a container of this run."""
        return f"{self.project}-{short}"

    def container(self, short, script, *options):
        """Starts a container that runs a shell script; its name."""
        name = self.name(short)
        labels = ["--label", self.label]
        docker.docker("run", "--detach", "--name", name, *labels, *options, docker.BUSYBOX, "sh", "-c", script)
        return name

    def containers(self):
        """The ids of the containers that this run started beside the stack."""
        return docker.docker("ps", "--all", "--quiet", "--filter", f"label={self.label}").split()

    def print_logs(self):
        """What the stack had to say, for a story that failed."""
        for service in self.services():
            try:
                print(f"---- {service} ----\n{self.compose('logs', '--no-color', '--tail', '60', service)}", flush=True)
            except DockerError as error:
                print(f"---- {service}: {error}", flush=True)

    def remove(self):
        """Removes all that this run started, and what it stored."""
        if containers := self.containers():
            docker.docker("rm", "--force", "--volumes", *containers)
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
        until("all containers gone", lambda: not self.containers())

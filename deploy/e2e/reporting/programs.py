"""The real programs, each on ports and in a directory of its own."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from story.wait import until
from story.web import get

from .host import host

TOP = Path(__file__).resolve().parents[3]
PROMETHEUS_YML = """
global: {scrape_interval: 5s}
scrape_configs:
  - job_name: prometheus
    static_configs: [{targets: ["127.0.0.1:PORT"]}]
  - job_name: seamark
    static_configs: [{targets: ["127.0.0.1:HOST"], labels: {instance: web-1}}]
"""


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    """Whether somebody answers there with 2xx."""
    try:
        get(url)
        return True
    except OSError:
        return False


class Program:
    """One that can be killed and started again, and whose output is kept."""

    def __init__(self, name, command, directory, ready):
        self.name, self.command, self.ready = name, [str(part) for part in command], ready
        self.log = directory / f"{name}.log"
        self.process = None
        self.start()

    def start(self):
        """Starts it, and returns when it answers."""
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        until(f"{self.name} is ready", self.is_ready)

    def is_ready(self):
        """Whether it answers; an error if it has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}")
        return answers(self.ready)

    def kill(self):
        """As a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Programs:
    """All that run for this story."""

    def __init__(self, directory, relay):
        self.directory, self.relay_program, self.all = directory, relay, []

    def add(self, name, command, ready):
        """Starts one."""
        program = Program(name, command, self.directory, ready)
        self.all.append(program)
        return program

    def prometheus(self):
        """A Prometheus that scrapes itself and a host; its URL."""
        port = free_port()
        config = self.directory / "prometheus.yml"
        config.write_text(PROMETHEUS_YML.replace("PORT", str(port)).replace("HOST", str(host())))
        command = ["prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
                   f"--storage.tsdb.path={self.directory / 'prometheus'}"]  # fmt: skip
        self.add("prometheus", command, f"http://127.0.0.1:{port}/-/ready")
        return f"http://127.0.0.1:{port}"

    def alertmanagers(self, name, count, relay_url, token_file):
        """Alertmanagers with the committed configuration that call this relay, several as a cluster; their URLs."""
        config = self.directory / f"{name}-alertmanager.yml"
        text = (TOP / "prometheus" / "alertmanager.yml").read_text()
        config.write_text(text.replace("http://relay:9878", relay_url).replace("/run/seamark/relay_token", str(token_file)))
        program = shutil.which("alertmanager") or "prometheus-alertmanager"
        peers = [f"127.0.0.1:{free_port()}" for _ in range(count)] if count > 1 else [""]
        urls = []
        for number, peer in enumerate(peers, 1):
            port = free_port()
            command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
                       f"--storage.path={self.directory / f'{name}-alertmanager-{number}'}",
                       f"--cluster.listen-address={peer}"]  # fmt: skip
            command += [f"--cluster.peer={other}" for other in peers if other != peer]
            self.add(f"{name}-alertmanager-{number}", command, f"http://127.0.0.1:{port}/-/ready")
            urls.append(f"http://127.0.0.1:{port}")
        return urls

    def relay(self, name, port, settings):
        """A relay with these settings."""
        config = self.directory / f"{name}-relay.yml"
        config.write_text(f"listen: 127.0.0.1:{port}\nstorage: sqlite://{self.directory}/{name}.db\nnotices: false\n{settings}")
        command = [self.relay_program, "--config.file", config]
        return self.add(f"{name}-relay", command, f"http://127.0.0.1:{port}/-/ready")

    def end(self):
        """Ends all that still run."""
        for program in reversed(self.all):
            if program.process.poll() is None:
                program.process.terminate()
        for program in self.all:
            try:
                program.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                program.kill()

    def print_logs(self):
        """The end of what each has said."""
        for program in self.all:
            lines = program.log.read_text(errors="replace").splitlines()[-40:]
            print(f"---- {program.name} ----", *lines, sep="\n")

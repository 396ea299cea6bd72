"""Programs on loopback: exporters, and a Prometheus that scrapes them."""

import contextlib
import json
import socket
import subprocess
import urllib.error
from pathlib import Path

from story.wait import until
from story.web import Prometheus, get


def free_port():
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Programs(contextlib.ExitStack):
    """What was started, until the end."""

    def __init__(self, folder):
        super().__init__()
        self.folder = Path(folder)

    def start(self, name, *command):
        """Starts one with its output in NAME.log."""
        with open(self.log(name), "ab") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.callback(end, process)
        return process

    def log(self, name):
        """Where its output is."""
        return self.folder / f"{name}.log"

    def exporter(self, name, binary, *flags):
        """Starts an exporter and waits until it answers; its address."""
        address = f"127.0.0.1:{free_port()}"
        process = self.start(name, binary, f"--web.listen-address={address}", *flags)
        self.until_it_answers(name, process, f"http://{address}/metrics")
        return address, process

    def prometheus(self, targets, interval="1s", rules=()):
        """Starts a Prometheus that scrapes these as job `seamark`: their instances and addresses."""
        config = {
            "global": {"scrape_interval": interval, "evaluation_interval": interval},
            "rule_files": [str(each) for each in rules],
            "scrape_configs": [{"job_name": "seamark", "static_configs": [
                {"targets": [address], "labels": {"instance": instance}} for instance, address in targets.items()]}],
        }  # fmt: skip
        # JSON is YAML.
        (self.folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
        address = f"127.0.0.1:{free_port()}"
        process = self.start("prometheus", "prometheus", f"--config.file={self.folder / 'prometheus.yml'}",
                             f"--storage.tsdb.path={self.folder / 'tsdb'}", f"--web.listen-address={address}")
        self.until_it_answers("prometheus", process, f"http://{address}/-/ready")
        return Prometheus(f"http://{address}")

    def until_it_answers(self, name, process, url):
        """An error with what it said where it ends instead."""

        def answers():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended with {process.returncode}: {self.log(name).read_text()[-2000:]}")
            with contextlib.suppress(OSError, urllib.error.URLError):
                return get(url) is not None
            return False

        until(f"{name} answers on {url}", answers, 60)


def end(process):
    """Ends a program."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

"""The exporter, and somebody who scrapes it without end."""

import http.client
import json
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from story.wait import until

# A scrape has so long, as Prometheus says in a header.
DEADLINE = 2.0
EVERY = 0.5
# Of the host: these have to be in every answer, whatever Docker does.
HOST = ["node_cpu_seconds_total", "node_memory_MemTotal_bytes", "node_load1", "node_filesystem_size_bytes",
        "node_network_receive_bytes_total", "seamark_docker_up"]  # fmt: skip
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


class Exporter:
    """One process after the other, with one state file."""

    def __init__(self, binary, folder, engine_socket, alertmanager_url):
        self.binary, self.folder = binary, Path(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.state_file = self.folder / "exporter.state"
        self.log = self.folder / "exporter.log"
        self.config = self.folder / "exporter.yml"
        self.config.write_text(
            f"listen: 127.0.0.1:{self.port}\ninstance: story\ndocker: {{host: 'unix://{engine_socket}'}}\n"
            f"alertmanager: {{urls: ['{alertmanager_url}']}}\nstate_file: {self.state_file}\n", encoding="utf-8")  # fmt: skip
        self.process = None

    def start(self):
        """Starts it, and returns when it answers."""
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen([self.binary, "--config.file", str(self.config)], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out)  # fmt: skip
        until("the exporter answers", lambda: self.scrape(quiet=True), 30)

    def end(self, number=signal.SIGTERM):
        """Ends it."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)

    def reload(self):
        """It asks the engine for everything again."""
        self.process.send_signal(signal.SIGHUP)

    def scrape(self, quiet=False):
        """The status and the text of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/metrics", headers={"X-Prometheus-Scrape-Timeout-Seconds": str(int(DEADLINE))})
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            if quiet:
                return None
            raise
        finally:
            connection.close()

    def series(self):
        """Everything it says: (labels, value) by family."""
        return parse(self.scrape()[1])

    def exits(self):
        """Ends by name and reason."""
        return exits(self.series())

    def remembered(self):
        """What is in the state file."""
        return json.loads(self.state_file.read_text(encoding="utf-8"))


def parse(text):
    """(labels, value) by family."""
    families = {}
    for line in text.splitlines():
        found = SAMPLE.match(line)
        if found:
            labels = dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))
            families.setdefault(found[1], []).append((labels, float(found[3])))
    return families


def exits(families):
    """Ends by name and reason, zeros left out."""
    counts = {}
    for labels, value in families.get("seamark_container_exits_total", []):
        if value:
            counts.setdefault(labels["name"], {})[labels["reason"]] = int(value)
    return counts


class Scraper:
    """Asks every half second, and notes what came and how long it took."""

    def __init__(self, exporter):
        self.exporter = exporter
        self.over, self.away = threading.Event(), threading.Event()
        self.longest, self.count, self.faults = 0.0, 0, []
        self.before, self.up = {}, set()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        """Until it is over."""
        due = time.monotonic()
        while not self.over.is_set():
            self.once()
            due = max(due + EVERY, time.monotonic())
            self.over.wait(due - time.monotonic())

    def once(self):
        """One scrape."""
        began = time.monotonic()
        try:
            status, text = self.exporter.scrape()
        except (OSError, http.client.HTTPException) as error:
            if not self.away.is_set():
                self.faults.append(f"no answer: {error!r}")
            return
        took = time.monotonic() - began
        self.count += 1
        self.longest = max(self.longest, took)
        if status != 200 or took > DEADLINE:
            self.faults.append(f"HTTP {status} after {took:.2f} s")
        families = parse(text)
        missing = [name for name in HOST if name not in families]
        failed = [labels["collector"] for labels, value in families.get("node_scrape_collector_success", [])
                  if not value and labels["collector"] in ("cpu", "meminfo", "docker", "container_state", "container_exits")]  # fmt: skip
        if missing or failed:
            self.faults.append(f"without {missing}, failed {failed}")
        self.up.update(value for _, value in families.get("seamark_docker_up", []))
        self.follow(exits(families))

    def follow(self, counts):
        """A counter never goes back while the process lives."""
        for name, reasons in self.before.items():
            for reason, count in reasons.items():
                now = counts.get(name, {}).get(reason, 0)
                if now < count:
                    self.faults.append(f"{name} {reason} went from {count} back to {now}")
        self.before = counts

    def forget(self):
        """Another process: what it has of the last seconds may have to be found by looking."""
        self.before = {}

    def take(self):
        """What there was since the last time: scrapes, the longest, what docker_up said, and what was wrong."""
        found = self.count, self.longest, self.up, self.faults
        self.longest, self.count, self.faults, self.up = 0.0, 0, [], set()
        return found

    def close(self):
        """No more."""
        self.over.set()
        self.thread.join(20)

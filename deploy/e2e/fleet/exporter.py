"""The exporter, and what a scrape of it told."""

import http.client
import re
import socket
import subprocess

LINE = re.compile(r"(\w+)\{(.*)\} (\S+)$")
LABEL = re.compile(r'(\w+)="([^"]*)"')
# Said of every series of a container.
COMMON = {"id", "name", "image", "compose_project", "compose_service"}


class Exporter:
    """One process. `without_unified`: in a mount namespace of its own, where a hybrid host has cgroup v1 alone."""

    def __init__(self, binary, without_unified=False):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [binary, f"--web.listen-address=127.0.0.1:{self.port}"]
        if without_unified:
            command = ["unshare", "--mount", "sh", "-c", 'umount /sys/fs/cgroup/unified && exec "$@"', "sh", *command]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def scrape(self):
        """One scrape, or `None` while nothing answers."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            connection.request("GET", "/metrics")
            return Told(connection.getresponse().read().decode())
        except OSError:
            return None

    def end(self):
        self.process.terminate()
        self.process.wait()


class Told:
    """Series by id (or by name, of those that have no id) and family, then by what other labels they have."""

    def __init__(self, text):
        self.series, self.by_name = {}, {}
        for line in text.splitlines():
            found = LINE.match(line)
            if not found:
                continue
            family, labels, value = found[1], dict(LABEL.findall(found[2])), float(found[3])
            rest = frozenset((key, value) for key, value in labels.items()
                             if key not in COMMON and not key.startswith("container_label_"))
            if labels.get("id", "").startswith("/docker/"):
                self.series.setdefault(labels["id"][8:], {}).setdefault(family, {})[rest] = (value, labels)
            elif "name" in labels:
                self.by_name.setdefault(labels["name"], {}).setdefault(family, {})[rest] = value

    def of(self, identity):
        """All of one container: values by family and other labels."""
        return {(family, rest): value for family, all_of_it in self.series.get(identity, {}).items()
                for rest, (value, _) in all_of_it.items()}

    def value(self, identity, family, **labels):
        found = self.series.get(identity, {}).get(family, {}).get(frozenset(labels.items()))
        return found and found[0]

    def labels(self, identity, family):
        """The labels of its first series of that family."""
        found = self.series.get(identity, {}).get(family, {})
        return next((labels for _, labels in found.values()), {})

    def set(self, identity, family, label):
        """Of a state set: the words that hold."""
        found = self.series.get(identity, {}).get(family, {})
        return sorted(labels[label] for value, labels in found.values() if value == 1)

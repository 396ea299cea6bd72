"""The stack that the queries are put to: all that can run here, with everything that the exporter can be told to do."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from fleet.cast import FIFTY, GATEWAY, Cast, disk_limit
from story import docker
from story.services import PROFILES
from story.stack import TOP, Stack

# One series of each sort that is off without a configuration. `{memory}` is the limit that the story moves.
EXPORTER_YML = """
listen: :9877
docker:
  sizes: 10m
  disk_usage: 10m
  labels: [com.docker.compose.project, com.docker.compose.service]
  watch:
    - {{name: cg-idle-*}}
    - {{name: cg-well-*, check_health: true}}
    - {{name: nobody-*}}
alertmanager: {{urls: ["http://alertmanager:9093"]}}
state_file: /var/lib/seamark/exporter.state
thresholds:
  host_memory: {{warning: {memory}, critical: 95%}}
  container_network: 10MiB/60s
storage:
  - {{name: books, path: /etc, capacity: 1GiB, interval: 10m}}
  - {{name: root, path: /, capacity: filesystem}}
probes:
  - {{name: app, group: microservice, service: app, http: "http://app:8000/health", interval: 5s}}
  - {{name: secure, group: microservice, service: secure, http: "https://secure:8443/", interval: 5s, tls_config: {{insecure_skip_verify: true}}}}
  - {{name: gone, group: microservice, service: gone, http: "http://app:1/", interval: 5s, timeout: 2s}}
  - {{name: cache, group: database, redis: "redis:6379", interval: 5s}}
  - {{name: db, group: database, postgres: "postgres:5432", interval: 5s}}
  - {{name: wiki, group: database, mysql: "mysql:3306", user: monitor, interval: 5s}}
  - {{name: names, dns: "127.0.0.11:53", query_name: app, interval: 5s}}
collectors:
  processes: {{enabled: true}}
  tcpstat: {{enabled: true}}
  interrupts: {{enabled: true}}
"""
# A container of all sorts: it has limits and a health check, reads, writes, talks and works, more than its own thresholds
# allow, crashes every minute or two, and is started again.
ALL_SORTS = "all-sorts"
WORK = f"""
n=0
while [ $n -lt 40 ]; do
  dd if=/dev/zero of=/f bs=64k count=8 conv=fsync; cat /f; ping -c 1 {GATEWAY}
  i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; sleep 1; n=$((n + 1))
done >/dev/null 2>&1
exit 3
"""
LIMITS = ["--memory", "32m", "--memory-reservation", "16m", "--cpus", "0.2", "--pids-limit", "50", "--restart", "on-failure",
          "--health-cmd", "true", "--health-interval", "2s", "--label", "seamark.memory.warning=1%", "--label",
          "seamark.cpu.warning=1%", "--label", "seamark.network.warning=1KiB/60s",
          "--label", "com.docker.compose.project=stage", "--label", f"com.docker.compose.service={ALL_SORTS}"]  # fmt: skip
# Answers everybody, with a certificate.
SECURE = """
import http.server, ssl
server = http.server.HTTPServer(("0.0.0.0", 8443), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/keys/cert.pem", "/keys/key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


class Stage:
    """The stack, its files, and the containers beside it."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="seamark-queries-"))
        self.folder.chmod(0o755)
        self.stack = Stack(PROFILES)
        # What only root may see is asked for as well.
        self.stack.files.append(TOP / "deploy" / "docker" / "direct-socket.yml")
        # A copy: what the containers are given is nobody else's to change meanwhile.
        shutil.copytree(TOP / "prometheus", self.folder / "prometheus")
        self.limit_memory("80%")
        self.stack.settings["PROMETHEUS_CONFIG"] = str(self.folder / "prometheus")
        self.stack.settings["SEAMARK_EXPORTER_CONFIG"] = str(self.config)
        self.stack.settings["TRAFFIC_RATE"] = "20"
        self.stack.settings["TRAFFIC_FAILING"] = "0.05"
        self.stack.settings["POSTGRES_EXPORTER_FLAGS"] = "--collector.stat_statements"
        self.cast = Cast(docker.BUSYBOX, FIFTY - 1)

    @property
    def config(self):
        """The exporter's configuration."""
        return self.folder / "exporter.yml"

    def limit_memory(self, share):
        """Writes the configuration with this limit."""
        # Into the same file: it is mounted by itself.
        self.config.write_text(EXPORTER_YML.format(memory=share), encoding="utf-8")

    def build(self):
        """The images of the stack and of the profiles."""
        self.stack.compose("build", "exporter", "relay", "app", *([] if self.stack.with_grafana else ["mysql"]))
        self.stack.build_stand_in()

    def begin(self):
        """Brings all of it up; the chat's address."""
        self.stack.up()
        chat = self.stack.start_stand_in()
        self.serve_with_certificate()
        self.stack.up()
        self.stack.container(ALL_SORTS, WORK, *LIMITS, *disk_limit())
        self.stack.container("malformed", "exec sleep 100000", "--label", "seamark.memory.warning=lots")
        self.cast.begin()
        self.end_in_all_ways()
        return chat

    def end_in_all_ways(self):
        """One container stopped, and one killed by somebody who tells nobody; others crash by themselves."""
        docker.docker("stop", "--time", "0", "cg-leave-0")
        os.kill(docker.inspect("cg-shot-0")["State"]["Pid"], signal.SIGKILL)

    def serve_with_certificate(self):
        """A server with TLS, of a certificate that is good for a month."""
        keys = self.folder / "keys"
        keys.mkdir()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "30", "-subj", "/CN=secure", "-keyout", keys / "key.pem", "-out", keys / "cert.pem"],
                       check=True, capture_output=True)  # fmt: skip
        (keys / "key.pem").chmod(0o644)
        image = f"seamark-sample-app:{self.stack.settings['SEAMARK_IMAGE_TAG']}"
        docker.docker("run", "--detach", "--name", self.stack.name("secure"), "--label", self.stack.label,
                      "--network", f"{self.stack.project}_default", "--network-alias", "secure", "--workdir", "/tmp",
                      "--volume", f"{keys}:/keys:ro", image, "python3", "-c", SECURE)  # fmt: skip

    def reload_exporter(self):
        """The exporter reads its configuration again."""
        self.stack.compose("kill", "--signal", "SIGHUP", "exporter")

    def restart_prometheus(self):
        """Prometheus finds the blocks that were laid beside its own."""
        self.stack.compose("restart", "prometheus")
        self.stack.up()

    def end(self):
        """Removes all of it."""
        self.cast.end()
        with contextlib.suppress(docker.DockerError):
            self.stack.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

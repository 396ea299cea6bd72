"""The real programs: Prometheus, Alertmanager and the relay on the central host, an exporter on each of the others."""

import re
import secrets
import shutil
import subprocess
from pathlib import Path

from reporting.chats import Chats
from reporting.programs import Program, answers

from .doors import Door
from .engine import Engine
from .network import ADDRESSES, CENTRAL, HOSTS

TOP = Path(__file__).resolve().parents[3]
FLEET = TOP / "deploy" / "examples" / "fleet"
DOOR = ADDRESSES[CENTRAL][-1]
RELAY, PROMETHEUS = "http://127.0.0.1:9878", "http://127.0.0.1:9090"


class Guarded(Program):
    """One that asks for TLS and a password."""

    def __init__(self, name, command, directory, door, path):
        self.door = door
        super().__init__(name, command, directory, path)

    def is_ready(self):
        """Whether it answers; an error if it has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}")
        return self.door.status(self.ready) == 200


class Programs:
    """All that run for this story. Their configurations are the examples of deploy/examples/fleet, made quicker."""

    def __init__(self, directory, network, exporter, relay):
        self.directory, self.network, self.exporter_program, self.relay_program = directory, network, exporter, relay
        self.all, self.engines, self.chats = [], {}, Chats()
        self.passwords = {"push": secrets.token_urlsafe(16), "scrape": secrets.token_urlsafe(16)}
        self.central = directory / CENTRAL
        self.certificates = directory / "certificates"
        self.strangers = directory / "strangers"
        self.certify(self.strangers, "somebody", "127.0.0.1")
        for host, addresses in ADDRESSES.items():
            self.certify(self.certificates, host, *addresses, *(["localhost"] if host == CENTRAL else []))

    def certify(self, directory, *words):
        """A certificate by the example's script, which also makes the authority."""
        subprocess.run([FLEET / "certificates.sh", directory, *words], check=True, capture_output=True)

    def door(self, host, port, who="prometheus", authority=None):
        """The way to a server of a host, or of an address; for nobody (None), without a password."""
        address = ADDRESSES.get(host, [host])[0]
        address = f"[{address}]" if ":" in address else address
        login = {"prometheus": ("prometheus", self.passwords["scrape"]), "agent": ("agent", self.passwords["push"]),
                 "stranger": ("prometheus", "guessed"), None: None}[who]  # fmt: skip
        return Door(f"https://{address}:{port}", (authority or self.certificates) / "ca.pem", login)

    def start(self):
        """Starts them all. Of the hosts Prometheus knows nothing yet."""
        self.central.mkdir()
        targets = self.central / "targets"
        (targets / "tls").mkdir(parents=True)
        for job, port in (("prometheus", 9090), ("seamark-relay", 9878), ("tls/alertmanager", 9093)):
            (targets / f"{job}.yml").write_text(f"- targets: [localhost:{port}]\n  labels: {{instance: central}}\n")
        (self.central / "token").write_text("secret")
        self.give(CENTRAL, self.central / "fleet", "central")
        self.alertmanager()
        self.haproxy()
        self.relay()
        self.prometheus()
        for host in HOSTS:
            self.exporter(host)

    def give(self, host, directory, name):
        """The files that a host has: its certificate, the authority's, and passwords."""
        directory.mkdir()
        for source, target in ((f"{host}.pem", f"{name}.pem"), (f"{host}.key", f"{name}.key"), ("ca.pem", "ca.pem")):
            shutil.copy(self.certificates / source, directory / target)
        (directory / "push-password").write_text(self.passwords["push"] + "\n")
        if host == CENTRAL:
            (directory / "scrape-password").write_text(self.passwords["scrape"] + "\n")

    def hashed(self, text):
        """An example with real hashes in place of those that are to be replaced."""
        for user, password in (("agent", "push"), ("prometheus", "scrape")):
            line = re.compile(rf"^(  (?:user )?{user}(?::| password) ).*", re.MULTILINE)
            text = line.sub(lambda found, password=password: found[1] + bcrypt(self.passwords[password]), text)
        return text

    def alertmanager(self):
        """The committed configuration behind the example's door."""
        text = (TOP / "prometheus" / "alertmanager.yml").read_text()
        text = text.replace("http://relay:9878", RELAY).replace("/run/seamark/relay_token", str(self.central / "token"))
        text = text.replace("group_wait: 10s", "group_wait: 1s").replace("group_interval: 1m", "group_interval: 3s")
        (self.central / "alertmanager.yml").write_text(text)
        web = self.central / "fleet" / "alertmanager-web.yml"
        web.write_text(self.hashed((FLEET / "central" / "alertmanager-web.yml").read_text()))
        program = shutil.which("alertmanager") or "prometheus-alertmanager"
        command = [program, f"--config.file={self.central / 'alertmanager.yml'}", f"--web.config.file={web}",
                   f"--storage.path={self.central / 'alertmanager'}", "--cluster.listen-address="]  # fmt: skip
        command += [f"--web.listen-address={address}:9093" for address in ("10.77.0.1", "[fd77::1]", "localhost")]
        self.all.append(Guarded("alertmanager", command, self.directory, self.door(CENTRAL, 9093), "/-/ready"))

    def haproxy(self):
        """The door of the compose stack, to an Alertmanager that happens to be protected itself."""
        text = self.hashed((FLEET / "door" / "haproxy.cfg").read_text()).replace("bind :9093", f"bind {DOOR}:9093")
        backend = re.compile(r"^  server alertmanager .*", re.MULTILINE)
        text = backend.sub("  server alertmanager localhost:9093 check ssl verify none", text)
        pair = self.central / "fleet" / "door.pem"
        pair.write_text("".join((self.certificates / f"central.{end}").read_text() for end in ("pem", "key")))
        (self.central / "haproxy.cfg").write_text(text.replace("/usr/local/etc/haproxy/door.pem", str(pair)))
        self.add("haproxy", ["haproxy", "-W", "-db", "-f", self.central / "haproxy.cfg"], "http://127.0.0.1:8404/healthy")

    def relay(self):
        """A relay that asks the protected Alertmanager."""
        config = self.central / "relay.yml"
        config.write_text(f"""
listen: 127.0.0.1:9878
storage: sqlite://{self.central}/relay.db
notices: false
token_file: {self.central}/token
prometheus: {PROMETHEUS}
alertmanagers:
  - url: https://localhost:9093
    basic_auth: {{username: prometheus, password_file: {self.central}/fleet/scrape-password}}
    tls: {{ca_file: {self.central}/fleet/ca.pem}}
channels:
  discord: {{type: discord, webhook_url: "{self.chats.url}/api/webhooks/1/token", locale: en}}
""")
        self.add("relay", [self.relay_program, "--config.file", config], f"{RELAY}/-/ready")

    def prometheus(self):
        """The example's configuration and all rules, at a pace of seconds."""
        text = (FLEET / "central" / "prometheus.yml").read_text()
        # A scrape may take as long as the interval, here of an exporter without optimization.
        text = text.replace("scrape_interval: 15s", "scrape_interval: 5s").replace("evaluation_interval: 15s", "evaluation_interval: 1s")
        (self.central / "prometheus.yml").write_text(text.replace("refresh_interval: 30s", "refresh_interval: 1s"))
        shutil.copytree(TOP / "prometheus" / "rules", self.central / "rules", ignore=shutil.ignore_patterns("tests"))
        host = self.central / "rules" / "host.yml"
        down = r"(alert: HostDown\n +expr: .*\n +for: )2m"
        host.write_text(re.sub(down, r"\g<1>6s", host.read_text()))
        command = ["prometheus", f"--config.file={self.central / 'prometheus.yml'}", "--web.listen-address=127.0.0.1:9090",
                   f"--storage.tsdb.path={self.central / 'prometheus'}"]  # fmt: skip
        self.add("prometheus", command, f"{PROMETHEUS}/-/ready")

    def exporter(self, host):
        """One on a host, with the example's configuration and an engine of its own."""
        home = self.directory / host
        self.give(host, home, "host")
        text = (FLEET / "agent" / "exporter.yml").read_text()
        (home / "exporter.yml").write_text(text + f"docker: {{host: 'unix://{home}/docker.sock'}}\n")
        (home / "web.yml").write_text(self.hashed((FLEET / "agent" / "web.yml").read_text()))
        self.engines[host] = Engine(home / "docker.sock")
        # The first one pushes through the door, the last one has nothing but IPv6.
        central = {"host-1": DOOR, "host-2": "10.77.0.1", "host-3": "[fd77::1]"}[host]
        command = ["env", f"SEAMARK_INSTANCE={host}", f"SEAMARK_CENTRAL={central}", f"SEAMARK_STATE_FILE={home}/state",
                   self.exporter_program, "--config.file", home / "exporter.yml", "--web.config.file", home / "web.yml"]  # fmt: skip
        command = self.network.inside(host, command)
        self.all.append(Guarded(host, command, self.directory, self.door(host, 9877), "/-/ready"))

    def add(self, name, command, ready):
        """Starts one on the central host, which is where the story itself runs."""
        self.all.append(Program(name, command, self.directory, ready))

    def import_targets(self):
        """A list as spreadsheets have them, passwords and all; what the command said."""
        rows = [f"{host},root,{ADDRESSES[host][0]},\"hunter,{host}\",shop" for host in HOSTS]
        (self.directory / "servers.csv").write_text("alias,username,ip,password,group\r\n" + "\r\n".join(rows) + "\r\n")
        command = [self.relay_program, "targets", "import", self.directory / "servers.csv", "--output", self.central / "targets" / "tls"]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        return done.returncode, done.stderr

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


def bcrypt(password):
    """Its hash, by crypt(3), which perl has; cheap, because this one is not worth guessing."""
    script = 'my $s = crypt($ARGV[0], q($2b$05$) . join q(), map { (q(.), q(/), 0..9, q(A)..q(Z), q(a)..q(z))[rand 64] } 1..21, 1); print $s'
    hashed = subprocess.run(["perl", "-e", script, password], check=True, capture_output=True, text=True).stdout
    if not hashed.startswith("$2b$"):
        raise RuntimeError("crypt(3) here knows no bcrypt")
    return hashed

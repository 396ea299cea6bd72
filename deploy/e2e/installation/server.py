"""The server: a container in which systemd is the first process, and what looks at it from beside."""

import os
import tempfile
from pathlib import Path

from story import docker, web
from story.chat import Chat
from story.docker import DockerError, docker as run
from story.stack import TOP, Stack
from story.wait import until

IMAGE = "seamark-systemd:e2e"
HERE = Path(__file__).resolve().parent
# What of the checkout a user would have there.
CHECKOUT = "/opt/seamark"
# No privilege beyond what systemd needs to build its services' walls.
RIGHTS = ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
          "--cgroupns", "private", "--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp"]
PROMETHEUS = """
global: {scrape_interval: 1s}
scrape_configs:
  - {job_name: seamark, static_configs: [{targets: ["127.0.0.1:9877"]}]}
  - {job_name: seamark-relay, static_configs: [{targets: ["127.0.0.1:9878"]}]}
"""


class Server:
    """One run of it. Prometheus and the chat's stand-in are in its network, as if they ran on it."""

    def __init__(self):
        self.name = f"seamark-e2e-install-{os.getpid()}"
        self.folder = tempfile.TemporaryDirectory(prefix="seamark-e2e-")
        self.chat = self.prometheus = None

    def start(self):
        """Boots it, and starts what is beside it."""
        run("build", "--quiet", "--tag", IMAGE, str(HERE))
        run("run", "--detach", "--name", self.name, "--hostname", "bare-1", *RIGHTS,
            "--publish", "127.0.0.1:0:9090", "--publish", "127.0.0.1:0:8080", IMAGE)
        until("systemd is up", lambda: self.says("systemctl is-system-running || true") == "running", deadline=60)
        stand_in = Stack().build_stand_in()
        self.beside("discord", "--volume", f"{stand_in}:/discord_stand_in:ro", docker.DEBIAN,
                    "/discord_stand_in", "--listen", "0.0.0.0:8080")
        config = Path(self.folder.name) / "prometheus.yml"
        config.write_text(PROMETHEUS, encoding="utf-8")
        config.chmod(0o644)
        Path(self.folder.name).chmod(0o755)
        self.beside("prometheus", "--volume", f"{config}:/etc/prometheus/prometheus.yml:ro", Stack().image("prometheus"))
        self.chat = Chat(self.url(8080))
        self.prometheus = web.Prometheus(self.url(9090))

    def beside(self, short, *arguments):
        """Another container in the same network."""
        run("run", "--detach", "--name", f"{self.name}-{short}", "--network", f"container:{self.name}", *arguments)

    def url(self, port):
        """Where a port of it can be reached from here."""
        return f"http://{run('port', self.name, str(port)).splitlines()[0]}"

    def says(self, script):
        """What a shell on it prints; an error where it fails."""
        return run("exec", self.name, "sh", "-euc", script).strip()

    def fails(self, script):
        """What a shell on it prints on standard error, where it has to fail; otherwise None."""
        try:
            self.says(script)
        except DockerError as error:
            return str(error)
        return None

    def bring(self, binaries):
        """What somebody has there who has cloned the repository and called `make stage`, and the packages."""
        docker.run("make", "deb", f"STAGE_BINARIES={binaries}", cwd=TOP)
        self.says(f"rm -rf {CHECKOUT}; mkdir -p {CHECKOUT}/deploy {CHECKOUT}/target")
        run("cp", "--quiet", str(TOP / "deploy" / "systemd"), f"{self.name}:{CHECKOUT}/deploy/")
        for made in ("stage", "packages"):
            run("cp", "--quiet", str(TOP / "target" / made), f"{self.name}:{CHECKOUT}/target/")

    def files(self):
        """Every file, directory and link of it, with its owner and mode; not those of what only runs, and not ours."""
        not_ours = " -o ".join(f"-path {path}" for path in ("/proc", "/sys", "/dev", "/run", "/tmp", "/opt", "/var/log/journal"))
        return set(self.says(f"find / \\( {not_ours} \\) -prune -o -printf '%p %u:%g %m\\n'").splitlines())

    def print_logs(self):
        """What the services had to say, for a story that failed."""
        for command in ("journalctl --no-pager -n 80", "systemctl status --no-pager 'seamark-*'"):
            print(f"---- {command} ----")
            print(docker.run("docker", "exec", self.name, "sh", "-c", f"{command} 2>&1 || true"))

    def remove(self):
        """Removes it and what is beside it."""
        names = run("ps", "--all", "--quiet", "--filter", f"name=^/{self.name}").split()
        if names:
            run("rm", "--force", "--volumes", *names)
        self.folder.cleanup()

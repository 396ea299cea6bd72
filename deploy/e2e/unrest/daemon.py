"""An engine of the story's own: containerd and dockerd in namespaces of their own, stopped, killed, hung, upgraded."""

import ctypes
import http.client
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import time
import urllib.parse
from pathlib import Path

from story.wait import until

IMAGE = "seamark/part:1"
# Whatever the machine's own containerd is set to does not hold here, and what needs the network is left out.
CONTAINERD = """version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
  "io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.devmapper"]
"""


class EngineError(Exception):
    """The engine refused, or nobody answered."""


class Release:
    """The programs of one version: a folder as a package unpacks, or the machine's own."""

    def __init__(self, folder):
        self.path = f"{folder}/usr/sbin:{folder}/usr/bin" if folder else ""
        self.search = ":".join(filter(None, (self.path, "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")))
        said = subprocess.run([self.program("dockerd"), "--version"], capture_output=True, text=True, check=True).stdout
        # "Docker version 28.5.2+dfsg4, build 3ef3c07"
        self.version = said.split()[2].rstrip(",").partition("+")[0]

    def program(self, name):
        """The path of one of them."""
        found = shutil.which(name, path=self.search)
        if not found:
            raise EngineError(f"no {name} in {self.search}")
        return found


class Api:
    """The questions and orders of the story, without a client program: twenty a second cost nothing."""

    def __init__(self, path):
        self.path = path

    def connection(self, timeout):
        """A connection that has not been used."""
        found = http.client.HTTPConnection("engine", timeout=timeout)
        found.sock = socket.socket(socket.AF_UNIX)
        found.sock.settimeout(timeout)
        found.sock.connect(self.path)
        return found

    def ask(self, method, path, body=None, timeout=8.0, raw=False, **query):
        """The answer, parsed; an error for whatever is no answer."""
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        kind = "application/x-tar" if raw else "application/json"
        try:
            connection = self.connection(timeout)
            data = body if raw or body is None else json.dumps(body)
            connection.request(method, target, data, {"Content-Type": kind})
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(f"{method} {path}: {error}") from error
        finally:
            if "connection" in locals():
                connection.close()
        if response.status >= 300 and response.status != 304:
            raise EngineError(f"{method} {path}: {response.status} {text.strip()[:300]}")
        return None if raw or not text.strip() else json.loads(text)

    def tell(self, method, path, **more):
        """As `ask`, where a refusal is part of the story; whether it was done."""
        try:
            self.ask(method, path, **more)
        except EngineError:
            return False
        return True

    def answers(self):
        """Whether the engine answers."""
        return self.tell("GET", "/_ping", raw=True, timeout=1.0)

    def containers(self):
        """All containers by name, inspected. One that is removed meanwhile is left out."""
        found = {}
        for each in self.ask("GET", "/containers/json", all="1"):
            try:
                one = self.ask("GET", f"/containers/{each['Id']}/json")
            except EngineError:
                continue
            found[one["Name"].lstrip("/")] = one
        return found

    def create(self, name, command, **more):
        """Makes a container."""
        host = more.pop("HostConfig", {})
        body = {"Image": IMAGE, "Cmd": command, "HostConfig": host, **more}
        return self.ask("POST", "/containers/create", body, name=name)["Id"]


class Place:
    """Namespaces that live as long as the story: what is mounted or made in them goes with them."""

    def __init__(self):
        # A child that is killed with this process, and holds the namespaces.
        script = "ip link set lo up && mkdir -p /run/containerd && mount -t tmpfs tmpfs /run/containerd && echo ready && exec sleep infinity"
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", script],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent,
        )  # fmt: skip
        if self.holder.stdout.readline() != b"ready\n":
            raise EngineError("`unshare --net --mount` does not work here: the story needs root")
        self.id = os.readlink(f"/proc/{self.holder.pid}/ns/mnt")

    def start(self, command, log, path):
        """Starts a program in here."""
        enter = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", f"--mount=/proc/{self.holder.pid}/ns/mnt"]
        environment = {"PATH": path, "DOCKER_INSECURE_NO_IPTABLES_RAW": "1", "HOME": "/root", "LANG": "C"}
        with open(log, "ab") as out:
            return subprocess.Popen([*enter, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                    env=environment, start_new_session=True)  # fmt: skip

    def processes(self):
        """Everything that runs in here, and the containers, which are children of what does."""
        parents, inside = {}, set()
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    parents[int(entry)] = int(file.read().rpartition(")")[2].split()[1])
                if os.readlink(f"/proc/{entry}/ns/mnt") == self.id:
                    inside.add(int(entry))
            except OSError:
                continue
        grown = True
        while grown:
            grown = {child for child, parent in parents.items() if parent in inside and child not in inside}
            inside |= grown
        return inside - {os.getpid()}

    def close(self):
        """Ends all of it."""
        for _ in range(50):
            left = self.processes() - {self.holder.pid}
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.1)
        self.holder.kill()
        self.holder.wait()


def die_with_parent():
    """The namespaces must not outlive a story that is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Engine:
    """dockerd and its containerd, on one data directory."""

    def __init__(self, folder, release):
        self.folder, self.release = Path(folder), release
        self.place = Place()
        self.socket = f"{folder}/docker.sock"
        self.api = Api(self.socket)
        self.log = f"{folder}/dockerd.log"
        self.dockerd = self.containerd = None
        self.live_restore = False
        # Its own parent, so that what is left of its cgroups is known for its own.
        self.cgroup = f"seamark-e2e-{os.getpid()}"
        (self.folder / "containerd.toml").write_text(CONTAINERD, encoding="utf-8")
        (self.folder / "daemon.json").write_text("{}\n", encoding="utf-8")

    def start(self, live_restore=None):
        """Starts what does not run, and returns when it answers."""
        if live_restore is not None:
            self.live_restore = live_restore
        at, address = self.folder, f"{self.folder}/containerd.sock"
        if self.containerd is None:
            command = [self.release.program("containerd"), "--config", f"{at}/containerd.toml", "--address", address,
                       "--root", f"{at}/containerd", "--state", f"{at}/containerd-run", "--log-level", "warn"]  # fmt: skip
            self.containerd = self.place.start(command, f"{at}/containerd.log", self.release.search)
            until("containerd listens", lambda: Path(address).exists(), 60)
        command = [self.release.program("dockerd"), "--config-file", f"{at}/daemon.json", "--host", f"unix://{self.socket}",
                   "--containerd", address, "--data-root", f"{at}/data", "--exec-root", f"{at}/exec", "--pidfile",
                   f"{at}/dockerd.pid", "--storage-driver", "overlay2", "--cgroup-parent", f"/{self.cgroup}"]  # fmt: skip
        if self.live_restore:
            command.append("--live-restore")
        # Left by one that was killed.
        (at / "dockerd.pid").unlink(missing_ok=True)
        self.dockerd = self.place.start(command, self.log, self.release.search)
        until("dockerd answers", self.answers, 60)

    def answers(self):
        """Whether it answers; an error when it has ended."""
        if self.dockerd.poll() is not None:
            raise EngineError(f"dockerd {self.release.version} ended with {self.dockerd.returncode}")
        return self.api.answers()

    def signal(self, number):
        """To dockerd, which is the program that nsenter has become."""
        self.dockerd.send_signal(number)

    def stop(self):
        """As a service manager does."""
        self.signal(signal.SIGTERM)
        self.dockerd.wait(60)

    def kill(self):
        """As want of memory does."""
        self.signal(signal.SIGKILL)
        self.dockerd.wait(60)

    def upgrade(self, release):
        """Another version of both programs, neither of which runs any more."""
        self.containerd.terminate()
        self.containerd.wait(60)
        (self.folder / "containerd.sock").unlink(missing_ok=True)
        self.containerd, self.release = None, release

    def load_image(self):
        """Makes the one image: the program of `part.c`, and nothing else."""
        source, program = Path(__file__).with_name("part.c"), self.folder / "part"
        subprocess.run(["cc", "-O1", "-static", "-o", program, source], check=True)
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            archive.add(program, "part")
        self.api.ask("POST", "/images/create", tar.getvalue(), raw=True, timeout=60, fromSrc="-",
                     repo=IMAGE.partition(":")[0], tag=IMAGE.partition(":")[2])  # fmt: skip

    def close(self):
        """Ends everything that this engine started and removes what it kept."""
        self.place.close()
        for process in (self.dockerd, self.containerd):
            if process:
                process.wait(30)
        for root, names, _ in os.walk("/sys/fs/cgroup", topdown=False):
            for name in names:
                if self.cgroup in f"{root}/{name}":
                    try:
                        os.rmdir(f"{root}/{name}")
                    except OSError:
                        pass
        shutil.rmtree(self.folder, ignore_errors=True)

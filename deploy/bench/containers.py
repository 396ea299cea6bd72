"""Containers as the kernel and a monitor see them, without an engine: cgroups, processes, networks, and an API to ask.

Each has its directory in every hierarchy, `docker/ID` as Docker's driver cgroupfs makes it, a process in it, and a network
of its own whose device is one end of a pair on a bridge. Every tenth is busy, half of them have a memory limit, all have
the labels that Compose sets. What is here runs inside of `private`; only the cgroups are the machine's, and are removed.
"""
import errno
import os
import subprocess
import time

import private

CGROUPS = "/sys/fs/cgroup"
# How the ids of all its containers begin, by which what an earlier run left behind is known.
PREFIX = "5ea3a4cbe4c4"
MEMORY_LIMIT = 256 << 20
AT_ONCE = 50

# Waits until it is in its cgroups and has its device; writes something, so that its I/O has a line.
BEGIN = """echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; echo ready; read -r go
ip link set lo up; ip link set eth0 up; dd if=/dev/zero of="$1" bs=4k count=1 conv=fsync 2>/dev/null; echo up
exec </dev/null >/dev/null 2>&1
"""
IDLE = "exec sleep infinity"
# With a wait that takes no process. Of the first hundred those that are busy never rest for long; more would take the
# processors to themselves.
BUSY = 'exec 3<><(:); while :; do dd if=/dev/zero of=/dev/null bs=64k count=64; cat /proc/stat; read -rt "$2" -u 3; done'


class Containers:
    def __init__(self, engine):
        self.engine = engine
        self.roots = roots()
        self.count = 0
        private.run("ip", "link", "add", "docker0", "type", "bridge")
        private.run("ip", "link", "set", "docker0", "up")

    def grow(self, count):
        """Starts as many as it takes to have so many."""
        while self.count < count:
            upto = min(count, self.count + AT_ONCE)
            self.start(range(self.count, upto))
            self.count = upto

    def start(self, numbers):
        made = [self.process(number) for number in numbers]
        devices = []
        for number, process in zip(numbers, made):
            process.stdout.readline()
            for root in self.roots:
                make_cgroup(root, f"docker/{identity(number)}", limited=number % 2 == 1, pid=process.pid)
            device = f"veth{number:07x}"
            devices += [f"link add {device} type veth peer name eth0 netns {process.pid}", f"link set {device} master docker0 up"]
        private.run("ip", "-batch", "-", text="\n".join(devices) + "\n")
        for process in made:
            process.stdin.write(b"go\n")
            process.stdin.flush()
        for process in made:
            process.stdout.readline()
            process.stdin.close()
            process.stdout.close()
        self.engine.put([self.inspection(number, process.pid) for number, process in zip(numbers, made)])

    def process(self, number):
        folder = os.path.join(self.engine.root, "containers", identity(number))
        os.makedirs(folder)
        with open(self.log(number), "w", encoding="ascii") as log:
            log.write('{"log":"ready\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n')
        # cAdvisor tells nothing of a container whose layer it cannot find.
        os.makedirs(os.path.join(self.engine.root, "overlay2", identity(number), "diff"))
        layer = os.path.join(self.engine.root, "image/overlay2/layerdb/mounts", identity(number))
        os.makedirs(layer)
        with open(os.path.join(layer, "mount-id"), "w", encoding="ascii") as mount:
            mount.write(identity(number))
        script = BEGIN + (BUSY if is_busy(number) else IDLE)
        pause = "0.1" if number < 100 else "1"
        command = ["unshare", "--net", "--", "bash", "-c", script, "bash", os.path.join(folder, "data"), pause]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def log(self, number):
        return os.path.join(self.engine.root, "containers", identity(number), f"{identity(number)}-json.log")

    def inspection(self, number, pid):
        service = f"service-{number // 2}"
        compose = "com.docker.compose."
        labels = {
            f"{compose}project": "shop", f"{compose}service": service, f"{compose}container-number": str(number % 2 + 1),
            f"{compose}oneoff": "False", f"{compose}version": "2.40.3", f"{compose}config-hash": identity(number)[::-1],
            f"{compose}project.config_files": "/srv/shop/compose.yml", f"{compose}project.working_dir": "/srv/shop",
            f"{compose}image": "sha256:" + "ab" * 32, f"{compose}depends_on": "",
        }
        return {
            "Id": identity(number), "Name": f"/{name(number)}", "Image": "sha256:" + "ab" * 32, "RestartCount": 0,
            "Created": "2026-01-01T00:00:00Z", "Path": "sleep", "Args": ["infinity"], "Driver": "overlay2",
            "LogPath": self.log(number), "Mounts": [],
            "State": {
                "Status": "running", "Running": True, "Paused": False, "Restarting": False, "OOMKilled": False, "Dead": False,
                "Pid": pid, "ExitCode": 0, "Error": "", "StartedAt": "2026-01-01T00:00:01Z", "FinishedAt": "0001-01-01T00:00:00Z",
            },
            "Config": {"Hostname": identity(number)[:12], "Image": "registry.example.org/shop/web:1.4.2", "Env": [], "Labels": labels},
            "HostConfig": {
                "NetworkMode": "bridge", "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0}, "AutoRemove": False,
                "Memory": MEMORY_LIMIT if number % 2 else 0, "LogConfig": {"Type": "json-file", "Config": {}},
            },
            "GraphDriver": {"Name": "overlay2", "Data": {}},
            "NetworkSettings": {"IPAddress": "", "Networks": {}},
        }


def identity(number):
    return f"{PREFIX}{number:052x}"


def name(number):
    return f"shop-service-{number // 2}-{number % 2 + 1}"


def is_busy(number):
    return number % 10 == 0


def roots():
    """The hierarchies: one of v2, or all of v1, and beside them v2's where there is one."""
    if os.path.exists(f"{CGROUPS}/cgroup.controllers"):
        return [CGROUPS]
    places = (os.path.join(CGROUPS, entry) for entry in sorted(os.listdir(CGROUPS)))
    return [place for place in places if not os.path.islink(place) and os.path.exists(f"{place}/cgroup.procs")]


def make_cgroup(root, path, limited, pid):
    place = root
    for part in path.split("/"):
        above, place = place, os.path.join(place, part)
        if not os.path.isdir(place):
            # v2: what is below is counted only where the parent says so.
            for controller in ("cpu", "memory", "io", "pids"):
                put(f"{above}/cgroup.subtree_control", f"+{controller}")
            os.mkdir(place)
            # v1: nothing may be put into a cpuset before it has processors and memory.
            for file in ("cpuset.cpus", "cpuset.mems"):
                if os.path.exists(f"{above}/{file}"):
                    with open(f"{above}/{file}", encoding="ascii") as inherited:
                        put(f"{place}/{file}", inherited.read())
    if limited:
        put(f"{place}/memory.limit_in_bytes", str(MEMORY_LIMIT))
        put(f"{place}/memory.max", str(MEMORY_LIMIT))
    with open(f"{place}/cgroup.procs", "w", encoding="ascii") as processes:
        processes.write(str(pid))


def put(path, text):
    """Writes into a file of a cgroup, if this version of cgroups has it."""
    try:
        with open(path, "r+", encoding="ascii") as file:
            file.write(text)
    except OSError:
        pass


def without_parent():
    """The hierarchies in which there is no `docker` yet: what is made there is removed."""
    return [root for root in roots() if not os.path.isdir(f"{root}/docker")]


def remove(parents=()):
    """Removes the cgroups of all runs that ended, and `docker` where nobody else had made it."""
    for root in roots():
        parent = f"{root}/docker"
        for entry in os.listdir(parent) if os.path.isdir(parent) else []:
            if entry.startswith(PREFIX):
                remove_directory(f"{parent}/{entry}")
        if root in parents and os.path.isdir(parent):
            remove_directory(parent)


def remove_directory(path):
    """A cgroup is busy until the last process in it is gone altogether."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return os.rmdir(path)
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                print(f"{path} is left behind: {error.strerror}")
                return None
            time.sleep(0.01)

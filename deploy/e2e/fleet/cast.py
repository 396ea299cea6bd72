"""The containers: what each sort of them is, and how many play it."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fleet.docker import docker, inspect, try_docker, wait_for

PREFIX = "cg-"
FOREVER = "sleep 100000"
GATEWAY = "$(ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p')"


def disk_limit():
    """A limit of writing that nobody meets: newer kernels count I/O on cgroup v1 only of a disk that has one."""
    device = os.stat(docker("info", "--format", "{{.DockerRootDir}}").strip()).st_dev
    name = os.path.basename(os.path.realpath(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"))
    return ["--device-write-bps", f"/dev/{name}:1gb"] if os.path.exists(f"/dev/{name}") else []


def health(command, interval="1s", *more):
    return ["--health-cmd", command, "--health-interval", interval, "--health-retries", "1", *more]


@dataclass
class Part:
    """`options` of `docker run`, what the `shell` does, and how many there are of it among fifty."""

    name: str
    many: int
    shell: str
    options: tuple = ()
    limited: bool = True
    status: tuple = ("running",)
    health: str = ""
    # Its last exit, where its code alone does not tell.
    reason: str = ""
    start: bool = True


def part(name, many, shell, *options, **more):
    return Part(name, many, shell, tuple(options), **more)


LOOPING = ("restarting", "running", "exited")
# The first eight are for a machine that has little to offer.
PARTS = [
    # Ten busy ones, from here to `print`.
    part("spin", 3, "while :; do :; done", "--cpus", "0.05"),
    part("talk", 2, f"exec ping -q -i 0.1 -s 1000 {GATEWAY}"),
    # Five crash loops.
    part("loop", 1, "exit 1", "--restart", "always", status=LOOPING),
    # Five unhealthy ones.
    part("ill", 1, FOREVER, *health("false", "3s"), health="unhealthy"),
    # Two that are killed for want of memory.
    part("hungry", 2, "tail /dev/zero", "--memory", "24m", "--memory-swap", "24m", status=("exited",), reason="oom"),
    # Two without any limit.
    part("free", 2, FOREVER, limited=False),
    part("well", 5, FOREVER, *health("true", "5s"), health="healthy"),
    part("idle", 6, FOREVER, "--cpu-shares", "512", "--memory-reservation", "32m",
         "--label", "com.docker.compose.project=shop", "--label", "com.docker.compose.service=idle"),

    part("write", 2, "while :; do dd if=/dev/zero of=/f bs=64k count=8 conv=fsync 2>/dev/null; sleep 0.3; done"),
    part("fork", 1, "while :; do sleep 4 & sleep 1; done", "--cpus", "0.1"),
    part("grow", 1, "while :; do x=$(head -c 3000000 /dev/zero | tr '\\0' x); sleep 2; x=; sleep 1; done", "--cpus", "0.1"),
    part("print", 1, "while :; do echo a line of the log; sleep 0.1; done"),

    part("loop-late", 1, "sleep 2; exit 3", "--restart", "always", status=LOOPING),
    part("loop-slow", 1, "sleep 12; exit 4", "--restart", "unless-stopped", status=LOOPING),
    part("loop-fault", 1, "sleep 1; exit 139", "--restart", "on-failure", status=LOOPING),
    part("loop-high", 1, "exit 255", "--restart", "always", status=LOOPING),

    part("ill-twice", 1, FOREVER, "--health-cmd", "echo no; exit 3", "--health-interval", "2s", "--health-retries", "2",
         health="unhealthy"),
    part("ill-slow", 1, FOREVER, *health("sleep 5", "2s", "--health-timeout", "1s"), health="unhealthy"),
    part("ill-rare", 1, FOREVER, *health("false", "10s"), health="unhealthy"),
    part("ill-later", 1, f"sleep 5; touch /bad; {FOREVER}", *health("[ ! -e /bad ]", "1s"), health="unhealthy"),

    part("flap", 1, f"while :; do touch /bad; sleep 7; rm /bad; sleep 7; done", *health("[ ! -e /bad ]")),
    # A child is killed for want of memory, again and again; the container goes on.
    part("starve", 1, "while :; do tail /dev/zero; sleep 5; done", "--memory", "16m", "--memory-swap", "16m",
         "--cpus", "0.2"),
    part("clean", 1, "exit 0", status=("exited",)),
    part("done", 2, "exit 3", status=("exited",)),
    part("tried", 1, "exit 5", "--restart", "on-failure:2", status=("exited",)),
    part("made", 1, FOREVER, status=("created",), start=False),
    part("no-such", 1, None, status=("created",)),
    part("paused", 1, FOREVER, "--label", "seamark.alerts=off"),
    part("host-net", 1, FOREVER, "--network", "host"),
    part("no-net", 1, FOREVER, "--network", "none"),
    part("two-nets", 1, f"exec ping -q -i 0.2 {GATEWAY}"),
    part("shared-net", 1, FOREVER, "--network", f"container:{PREFIX}talk-0"),
    part("shot", 1, FOREVER),
    part("leave", 1, FOREVER),
]
FIFTY = sum(each.many for each in PARTS)
NETWORK = f"{PREFIX}second"


class Cast:
    """Those that play, by id. Names may change, ids do not."""

    def __init__(self, image, count):
        self.image = image
        self.parts = {}
        roles = [(each, number) for each in PARTS for number in range(each.many)]
        if count < FIFTY:
            roles = [role for role in roles if role[1] == 0][:count]
        self.roles = roles

    def first(self, name):
        """The id of the first one that plays this, or `None`."""
        return next((identity for identity, (each, number) in self.parts.items() if (each.name, number) == (name, 0)), None)

    def of(self, name):
        return [identity for identity, (each, _) in self.parts.items() if each.name == name]

    def add(self, role):
        each, number = role
        name = f"{PREFIX}{each.name}-{number}"
        limits = ["--pids-limit", "50"] if each.limited else []
        if each.limited and "--memory" not in each.options:
            limits += ["--memory", "64m"]
        limits += disk_limit() if each.name == "write" else []
        command = ["sh", "-c", each.shell] if each.shell else ["/no/such/program"]
        identity = docker("create", "--name", name, *limits, *each.options, self.image, *command).strip()
        self.parts[identity] = role
        if each.name == "two-nets":
            docker("network", "connect", NETWORK, name)
        if not each.shell:
            try_docker("start", name)
        elif each.start:
            docker("start", name)
        if each.name == "paused":
            docker("pause", name)

    def begin(self):
        """Starts all of them and waits until each has come to where it belongs."""
        if any(each.name == "two-nets" for each, _ in self.roles):
            docker("network", "create", NETWORK)
        last = [role for role in self.roles if role[0].name == "shared-net"]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.add, [role for role in self.roles if role not in last]))
        for role in last:
            self.add(role)
        wait_for("all parts to play", self.settled)

    def settled(self):
        for identity, one in inspect(self.parts).items():
            each = self.parts[identity][0]
            state = one["State"]
            wanted = ("paused",) if each.name == "paused" else each.status
            if state["Status"] not in wanted or each.health not in ("", state.get("Health", {}).get("Status")):
                return False
        return True

    def end(self):
        if self.parts:
            try_docker("rm", "-f", *self.parts)
        try_docker("network", "rm", NETWORK)

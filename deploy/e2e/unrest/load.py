"""The containers, and what is done to them without end."""

import threading
import time
from pathlib import Path

from .daemon import EngineError

# Name, seconds until it ends (0: never), code, restart policy, and more.
PARTS = [
    *((f"long-{number}", 0, 0, policy, {}) for number, policy in
      enumerate(["no", "no", "no", "always", "always", "always", "unless-stopped", "unless-stopped"])),
    ("deaf", 0, 0, "always", {"deaf": True}),
    ("well", 0, 0, "always", {"check": True}),
    ("loop", 2, 7, "always", {}),
    ("fail", 3, 5, "on-failure", {}),
    ("fail-thrice", 2, 6, "on-failure:3", {}),
    ("brief", 4, 0, "always", {}),
    ("mayfly", 6, 3, "no", {}),
    ("restarted", 0, 0, "no", {}),
    ("stopped", 0, 0, "unless-stopped", {}),
    ("killed", 0, 0, "no", {}),
    ("replaced", 0, 0, "no", {}),
]  # fmt: skip
# These end by themselves: to compare, they have to be stopped.
RESTLESS = ["loop", "fail", "fail-thrice", "brief", "mayfly"]


class Load:
    """Twenty containers, a throw-away one that comes and goes, and somebody who restarts, stops, kills and replaces."""

    def __init__(self, engine):
        self.api = engine.api
        self.ledger = Path(engine.folder) / "ledger"
        self.ledger.mkdir()
        self.quiet, self.over = threading.Event(), threading.Event()
        self.idle = {}
        self.done = {}
        self.threads = []

    def create(self, name, seconds, code, policy, options, remove=False):
        """Makes one of them, not started."""
        word, _, most = policy.partition(":")
        host = {
            "Binds": [f"{self.ledger}:/ledger"],
            "AutoRemove": remove,
            "RestartPolicy": {"Name": word, "MaximumRetryCount": int(most or 0)},
        }
        more = {"StopTimeout": 1}
        if options.get("check"):
            # Each check is three of the 256 events that the engine remembers.
            more["Healthcheck"] = {"Test": ["CMD", "/part", "well", "/ledger/ill"], "Interval": 5 * 10**9, "Retries": 1}
        command = ["/part", f"/ledger/{name}", str(seconds), str(code), *(["deaf"] if options.get("deaf") else [])]
        return self.api.create(name, command, HostConfig=host, **more)

    def begin(self):
        """Starts all of them and everything that is done to them."""
        for part in PARTS:
            self.create(*part)
            self.api.ask("POST", f"/containers/{part[0]}/start", timeout=30)
        for work in (self.bounce, self.throw_away):
            thread = threading.Thread(target=self.without_end, args=(work,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def without_end(self, work):
        """Goes on whatever the engine says, until it has to be quiet."""
        turn = 0
        while not self.over.is_set():
            if self.quiet.is_set():
                self.idle[work.__name__] = True
                time.sleep(0.05)
                continue
            self.idle[work.__name__] = False
            try:
                work(turn)
                self.done[work.__name__] = self.done.get(work.__name__, 0) + 1
            except EngineError:
                time.sleep(0.2)
            turn += 1
            time.sleep(0.2)

    def bounce(self, turn):
        """One of four, in turn."""
        name = ("restarted", "stopped", "killed", "replaced")[turn % 4]
        path = f"/containers/{name}"
        before = len(self.lines(name, "S"))
        if name == "restarted":
            self.api.ask("POST", f"{path}/restart", t=1)
        elif name == "stopped":
            self.api.ask("POST", f"{path}/stop", t=1)
            self.api.ask("POST", f"{path}/start")
        elif name == "killed":
            self.api.tell("POST", f"{path}/kill")
            self.api.ask("POST", f"{path}/start")
        else:
            self.api.tell("DELETE", path, force="1")
            self.create(*next(part for part in PARTS if part[0] == name))
            self.api.ask("POST", f"{path}/start")
        # Nobody ends it before it has noted that it began.
        end = time.monotonic() + 3
        while len(self.lines(name, "S")) == before and time.monotonic() < end:
            time.sleep(0.02)

    def throw_away(self, turn):
        """As `docker run --rm`."""
        self.api.tell("DELETE", "/containers/job", force="1")
        self.create("job", 0.3, 4 * (turn % 2), "no", {}, remove=True)
        self.api.ask("POST", "/containers/job/start")
        end = time.monotonic() + 3
        while self.api.tell("GET", "/containers/job/json") and time.monotonic() < end:
            time.sleep(0.1)

    def lines(self, name, kind):
        """The times in the ledger of one name: `S` its beginnings, `E` what it knows of its ends."""
        try:
            text = (self.ledger / name).read_text(encoding="ascii")
        except FileNotFoundError:
            return []
        return [float(line.split()[1]) for line in text.splitlines() if line.startswith(kind)]

    def hush(self):
        """Nothing begins and nothing ends any more."""
        self.quiet.set()
        end = time.monotonic() + 60
        while not all(self.idle.get(work) for work in ("bounce", "throw_away")) and time.monotonic() < end:
            time.sleep(0.05)
        # A daemon that was killed may leave others that do not stay up.
        restless = [name for name, one in self.api.containers().items() if one["RestartCount"] or one["State"]["Restarting"]]
        for name in {*RESTLESS, *restless}:
            self.api.tell("POST", f"/containers/{name}/stop", t=1)

    def resume(self):
        """Starts what is down, and goes on."""
        for name, one in self.api.containers().items():
            if not one["State"]["Running"]:
                self.api.tell("POST", f"/containers/{name}/start", timeout=30)
        self.quiet.clear()

    def close(self):
        """Nothing is done any more."""
        self.over.set()
        for thread in self.threads:
            thread.join(20)

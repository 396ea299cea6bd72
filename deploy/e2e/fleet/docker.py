"""The docker command, and a ledger of the ends that it tells of."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import datetime


def try_docker(*arguments):
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def docker(*arguments):
    done = try_docker(*arguments)
    if done.returncode != 0:
        sys.exit(f"`docker {' '.join(arguments)}`: {done.stderr.strip()}")
    return done.stdout


def inspect(ids):
    """What Docker says of these, by id; those that are gone are left out."""
    done = try_docker("inspect", "--type", "container", *ids)
    return {one["Id"]: one for one in json.loads(done.stdout or "[]")}


def seconds(text):
    """RFC 3339 with up to nine decimals, in seconds since 1970; `None` for Docker's "never"."""
    if text.startswith("0001"):
        return None
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{rest or 0}")


def wait_for(what, look, limit=180):
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        answer = look()
        if answer:
            return answer
        time.sleep(0.1)
    sys.exit(f"waited {limit} s for {what}")


class Ledger:
    """Ends of containers as `docker events` tells them: how many, by id and code."""

    def __init__(self):
        self.ends, self.lock = Counter(), threading.Lock()
        command = ["docker", "events", "--filter", "type=container", "--filter", "event=die", "--format", "{{json .Actor}}"]
        # Line by line: what was told before this began is counted by nobody, so it begins before the containers do.
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            actor = json.loads(line)
            with self.lock:
                self.ends[actor["ID"], int(actor["Attributes"]["exitCode"])] += 1

    def of(self, identity):
        """Ends of one container by code."""
        with self.lock:
            return Counter({code: count for (each, code), count in self.ends.items() if each == identity})

    def end(self):
        self.process.terminate()

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
    """Ends of containers as `docker events` tells them: how many, by id and code; and the last start and end of each."""

    def __init__(self):
        self.ends, self.last, self.lock = Counter(), {}, threading.Lock()
        # What was told before this began is counted by nobody, so it begins before the containers do.
        filters = ["--filter", "type=container", "--filter", "event=start", "--filter", "event=die"]
        command = ["docker", "events", *filters, "--format", "{{json .}}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            event = json.loads(line)
            identity, action, at = event["Actor"]["ID"], event["Action"], event["timeNano"] / 1e9
            with self.lock:
                began, ended, ran = self.last.get(identity, (None, None, None))
                if action == "start":
                    self.last[identity] = (at, ended, ran)
                else:
                    self.ends[identity, int(event["Actor"]["Attributes"]["exitCode"])] += 1
                    self.last[identity] = (began, at, began and at - began)

    def of(self, identity):
        """Ends of one container by code."""
        with self.lock:
            return Counter({code: count for (each, code), count in self.ends.items() if each == identity})

    def last_end(self, identity):
        """When it ended last, and how long it had run."""
        with self.lock:
            return self.last.get(identity, (None, None, None))[1:]

    def end(self):
        self.process.terminate()

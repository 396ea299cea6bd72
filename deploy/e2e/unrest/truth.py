"""What has really ended, and what of it could be known: from the ledgers, and from an event stream of the story's own."""

import http.client
import json
import threading
import time

from .alertmanager import moment


class Observer:
    """Follows the engine's events, with hardly a pause where the stream breaks off."""

    def __init__(self, api):
        self.api = api
        self.lock, self.over = threading.Lock(), threading.Event()
        self.seen, self.newest = set(), time.time()
        self.events = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        """Until it is over."""
        while not self.over.is_set():
            try:
                self.follow()
            except (OSError, http.client.HTTPException, ValueError):
                pass
            self.over.wait(0.05)

    def follow(self):
        """One stream."""
        connection = self.api.connection(None)
        try:
            filters = "%7B%22type%22%3A%5B%22container%22%5D%7D"
            connection.request("GET", f"/events?since={self.newest:.9f}&filters={filters}")
            response = connection.getresponse()
            while line := response.readline():
                self.take(json.loads(line))
        finally:
            connection.close()

    def take(self, event):
        """One event; the engine sends the last ones again."""
        key = event["timeNano"], event["Action"], event["Actor"]["ID"]
        with self.lock:
            if event["Action"].startswith("exec_") or key in self.seen:
                return
            self.seen.add(key)
            self.newest = max(self.newest, event["timeNano"] / 1e9)
            self.events.append(event)

    def ends(self, containers, since=0.0):
        """The ends after `since` that the stream tells, or that follow from it and from these inspections: by name."""
        with self.lock:
            events = list(self.events)
        known = {one["Id"]: one for one in containers.values()}
        counts, runs, names = {}, {}, {}

        def ended(name, at):
            if at > since:
                counts[name] = counts.get(name, 0) + 1

        for event in events:
            actor, action, at = event["Actor"], event["Action"], event["timeNano"] / 1e9
            container = actor["ID"]
            names[container] = actor["Attributes"]["name"]
            if action == "start":
                if container in runs:
                    ended(names[container], at)
                runs[container] = at
            elif action == "die":
                ended(names[container], at)
                runs.pop(container, None)
            elif action == "destroy" and runs.pop(container, None):
                ended(names[container], at)
        for container, began in runs.items():
            one = known.get(container)
            if not one or not one["State"]["Running"] or one["State"]["Restarting"]:
                ended(names[container], time.time())
            elif moment(one["State"]["StartedAt"]) > began + 1:
                ended(names[container], moment(one["State"]["StartedAt"]))
        return counts

    def close(self):
        """No more."""
        self.over.set()


def real_ends(load, containers):
    """How often each name has ended: its beginnings, without the one that runs."""
    counts = {}
    for ledger in load.ledger.iterdir():
        one = containers.get(ledger.name)
        runs = bool(one) and one["State"]["Running"] and not one["State"]["Restarting"]
        counts[ledger.name] = len(load.lines(ledger.name, "S")) - runs
    return counts


def found_by_looking(before, after):
    """The ends that two looks at a container tell of: what a state file remembers, and what an inspection says.

    None after: it is gone.
    """
    ran = before["state"] in ("running", "paused")
    if after is None:
        return int(ran)
    state, restarts = after["State"], after["RestartCount"] - before.get("restart_count", 0)
    if restarts < 0:
        restarts = after["RestartCount"]
    runs = state["Running"] and not state["Restarting"]
    down = state["Status"] in ("exited", "dead")
    started, finished = moment(state["StartedAt"]), moment(state["FinishedAt"])
    known_start = moment(before["started_at"]) if before.get("started_at") else 0
    if ran and not runs:
        return max(1, restarts + down)
    if ran:
        # A start that a process saw as an event has a later time than the engine's own.
        return max(restarts, int(started > known_start + 5))
    known_end = moment(before["last_exit"]["at"]) if before.get("last_exit") else 0
    return max(restarts + (down and restarts > 0), int(finished > known_end + 1))

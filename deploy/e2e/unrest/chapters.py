"""The story: what is done to the daemon while the load goes on, and what is compared after each."""

import os
import signal
import time

from story.wait import until

from .alertmanager import moment
from .exporter import DEADLINE, exits
from .truth import found_by_looking, real_ends


class Story:
    """One engine, one exporter, one load."""

    def __init__(self, parts, verdict, only=None):
        self.engine, self.load, self.exporter, self.scraper, self.observer, self.alertmanager = parts
        self.verdict, self.only = verdict, only
        self.api = self.engine.api
        # What of the ends before nobody could know: by name.
        self.lost = {}
        self.began = time.time()

    def chapter(self, title, happening, down=False):
        """Lets something happen under load, and compares when all is quiet."""
        if self.only and self.only not in title:
            return
        print(f"{title} ({self.engine.release.version})", flush=True)
        self.scraper.take()
        started = time.monotonic()
        happening()
        time.sleep(4)
        self.compare(down)
        print(f"          {time.monotonic() - started:.0f} s", flush=True)

    def compare(self, down):
        """Everything that has to hold afterwards."""
        verdict = self.verdict
        until("the engine answers", self.api.answers, 60)
        self.load.hush()
        count, longest, up, faults = self.scraper.take()
        verdict.check(f"{count} scrapes, each answered whole within {DEADLINE:.0f} s (the longest took {longest:.2f} s)",
                      count > 5 and not faults, faults[:5])  # fmt: skip
        if down:
            verdict.check("meanwhile the exporter says that Docker does not answer", 0.0 in up, up)
        self.settle()
        verdict.check("every end that could be known is counted, and none twice", not self.wrong(), self.explain())
        verdict.check("states and restarts agree with docker inspect", not self.states(), self.states())
        verdict.check("no crash is told of a container that runs or is gone", not self.alerts(), self.alerts())
        # Everything is looked at once more.
        before = self.exporter.exits()
        self.exporter.reload()
        time.sleep(3)
        verdict.equal("looking at everything once more changes no count", self.exporter.exits(), before)
        self.load.resume()

    def settle(self):
        """Waits until it agrees, but not for ever."""
        try:
            until("it agrees", lambda: not (self.wrong() or self.states() or self.alerts()), 12, 0.3)
        except TimeoutError:
            pass

    def bounds(self):
        """How often each name has ended at least, as far as it could be known, and at most."""
        containers = self.api.containers()
        most = real_ends(self.load, containers)
        known = self.observer.ends(containers)
        least = {name: min(count, known.get(name, 0)) - self.lost.get(name, 0) for name, count in most.items()}
        return least, most

    def wrong(self):
        """Names whose counts are out of their bounds: (counted, at least, at most)."""
        least, most = self.bounds()
        told = {name: sum(reasons.values()) for name, reasons in self.exporter.exits().items()}
        names = sorted(most.keys() | told.keys())
        found = {name: (told.get(name, 0), least.get(name, 0), most.get(name, 0)) for name in names}
        return {name: each for name, each in found.items() if not each[1] <= each[0] <= each[2]}

    def explain(self):
        """For what is wrong: the counts by reason, and the last events."""
        wrong, counts = self.wrong(), self.exporter.exits()
        with self.observer.lock:
            events = list(self.observer.events)
        lines = []
        for name, (told, least, most) in wrong.items():
            lines.append(f"{name}: {told} counted ({counts.get(name)}), at least {least}, at most {most}")
            of_it = [each for each in events if each["Actor"]["Attributes"].get("name") == name][-14:]
            lines += [f"    {each['timeNano'] / 1e9 - self.began:8.2f} {each['Actor']['ID'][:6]} {each['Action']}"
                      f" {each['Actor']['Attributes'].get('exitCode', '')}" for each in of_it]  # fmt: skip
            lines.append("    begun " + " ".join(f"{at - self.began:.2f}" for at in self.load.lines(name, "S")[-8:]))
            lines.append("    ended " + " ".join(f"{at - self.began:.2f}" for at in self.load.lines(name, "E")[-8:]))
        return "\n          ".join(lines)

    def states(self):
        """Where the exporter and docker inspect do not say the same."""
        series = self.exporter.series()
        held = {labels["id"].rpartition("/")[2]: labels["state"]
                for labels, value in series.get("seamark_container_state", []) if value == 1}  # fmt: skip
        restarts = {labels["id"].rpartition("/")[2]: value
                    for labels, value in series.get("seamark_container_restarts_total", [])}  # fmt: skip
        counts = exits(series)
        found, ids = [], set()
        for name, one in self.api.containers().items():
            ids.add(one["Id"])
            status = one["State"]["Status"]
            if held.get(one["Id"]) != status:
                found.append(f"{name} is {status}, not {held.get(one['Id'])}")
            total = restarts.get(one["Id"], -1)
            ended = sum(counts.get(name, {}).values())
            if not one["RestartCount"] <= total <= ended:
                found.append(f"{name}: {total} restarts, not {one['RestartCount']} to {ended}")
        found += [f"{each[:12]} is gone" for each in held.keys() - ids]
        return found

    def alerts(self):
        """Crashes that are held for firing though their containers run or are gone."""
        # While it waits for its next start Docker calls it running, too.
        running = {one["Id"]: one["State"]["Running"] and not one["State"]["Restarting"]
                   for one in self.api.containers().values()}  # fmt: skip
        crashes = [each["labels"] for each in self.alertmanager.firing(["ContainerCrashed"])]
        return [each["name"] for each in crashes if running.get(each["id"].rpartition("/")[2], True)]

    def kill_processes(self, *names):
        """From outside, as want of memory does; whether or not a daemon is there."""
        for name in names:
            pid = self.pids.get(name)
            if pid:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def note_pids(self):
        """Before the daemon goes away."""
        self.pids = {name: one["State"]["Pid"] for name, one in self.api.containers().items()}

    # What happens.

    def calm(self):
        """Nothing."""
        time.sleep(6)

    def restart(self):
        """Stopped and started at once."""
        self.engine.stop()
        self.engine.start()

    def stop(self):
        """Stopped, and away for a while."""
        self.engine.stop()
        time.sleep(7)
        self.engine.start()

    def kill(self):
        """Killed; its containers live on, and some end while nobody sees it."""
        self.note_pids()
        self.engine.kill()
        time.sleep(1)
        self.kill_processes("long-1", "long-4")
        time.sleep(3)
        self.engine.start()

    def stop_alone(self):
        """Stopped without its containers; some end meanwhile."""
        self.note_pids()
        self.engine.stop()
        time.sleep(1)
        self.kill_processes("long-0", "long-3", "long-6")
        time.sleep(5)
        self.engine.start()

    def hang(self):
        """Hung for longer than it takes to be found out."""
        self.note_pids()
        self.engine.signal(signal.SIGSTOP)
        time.sleep(3)
        self.kill_processes("long-2", "long-5")
        time.sleep(20)
        self.engine.signal(signal.SIGCONT)

    def upgrade(self, release, live_restore):
        """Another version on the same data."""
        self.engine.stop()
        self.engine.upgrade(release)
        self.engine.start(live_restore)

    def end_exporter(self, number, during):
        """The exporter goes away while `during` happens, and comes back."""
        self.scraper.away.set()
        self.exporter.end(number)
        remembered = self.exporter.remembered()
        during()
        until("the engine answers", self.api.answers, 60)
        started = time.time()
        self.exporter.start()
        self.scraper.forget()
        self.scraper.away.clear()
        until("the exporter has looked", lambda: self.exporter.series().get("seamark_docker_up", [({}, 0)])[0][1], 30)
        self.remember(remembered, started)

    def remember(self, remembered, started):
        """From now on only what the state file and looking tell can be known of what was before."""
        now = time.time() + 1
        containers = self.api.containers()
        by_id = {one["Id"]: one for one in containers.values()}
        known = {name: sum(counts.get("exits", {}).values()) for name, counts in remembered["names"].items()}
        for container, before in remembered["containers"].items():
            name = before["name"]
            known[name] = known.get(name, 0) + found_by_looking(before, by_id.get(container))
        before_now = self.observer.ends(containers)
        since = self.observer.ends(containers, now)
        # An end that is told at the first look, or up to a second before it, may stand for one that looking would find.
        meanwhile = self.observer.ends(containers, started - 1)
        for name, count in before_now.items():
            unsure = meanwhile.get(name, 0) - since.get(name, 0)
            self.lost[name] = max(0, count - since.get(name, 0) - known.get(name, 0) + unsure)

    def crash_loses_nothing(self):
        """The exporter is killed, and the engine goes on."""
        self.end_exporter(signal.SIGKILL, lambda: time.sleep(4))

    def both(self):
        """The exporter is killed while the engine is being restarted."""
        self.end_exporter(signal.SIGKILL, self.restart)

    def orderly(self):
        """The exporter is restarted as by a service manager."""
        self.end_exporter(signal.SIGTERM, lambda: time.sleep(2))


def tell(story, releases):
    """All chapters, from the oldest release to the newest."""
    oldest, *later = releases
    story.load.begin()
    time.sleep(3)
    story.chapter("Nothing is done to the daemon", story.calm)
    if len(later) > 1:
        middle = later.pop(0)
        story.chapter(f"Upgraded from {oldest.version}, its containers stopped",
                      lambda: story.upgrade(middle, True), down=True)  # fmt: skip
        oldest = middle
    elif later:
        story.chapter("Restarted, to keep its containers", lambda: (story.engine.stop(), story.engine.start(True)))
    for newest in later:
        story.chapter(f"Upgraded from {oldest.version}, its containers kept (live-restore)",
                      lambda: story.upgrade(newest, True), down=True)  # fmt: skip
    story.engine.live_restore = True
    story.chapter("Stopped and started, its containers kept", story.stop_alone, down=True)
    story.chapter("Killed, its containers kept", story.kill, down=True)
    story.engine.live_restore = False
    story.chapter("Restarted with its containers", story.restart)
    story.chapter("Stopped for a while with its containers", story.stop, down=True)
    story.chapter("Killed; the next one stops what it finds", story.kill, down=True)
    story.chapter("Hung", story.hang, down=True)
    story.chapter("The exporter is restarted", story.orderly)
    story.chapter("The exporter is killed", story.crash_loses_nothing)
    story.chapter("The exporter is killed while the daemon is restarted", story.both)

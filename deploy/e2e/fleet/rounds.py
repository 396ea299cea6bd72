"""The rounds: look, scrape, look again; whatever differs is looked at once more, and a fault if it lasts."""

import os
import time
from collections import Counter

from fleet import compare
from fleet.docker import docker, inspect, wait_for
from fleet.kernel import Reading, directories

# How often what differs is looked at again: at once for the kernel's files, a little later for Docker, whose events
# take their time.
LOOKS = 5


class Rounds:
    def __init__(self, exporter, cast, ledger, without_unified):
        self.exporter, self.cast, self.ledger = exporter, cast, ledger
        self.without_unified = without_unified
        self.checked, self.faults, self.again, self.moved = Counter(), [], Counter(), set()
        self.families, self.compared, self.rounds, self.unfair = set(), set(), 0, 0
        # What this script did, which Docker's answers alone do not tell.
        self.stopped, self.shot, self.started_by_hand, self.gone = set(), set(), set(), set()
        self.by_hand = {}
        self.checks, self.counted_before, self.first = {}, {}, {}

    # What `compare` asks of this as its memory.

    def kills(self, identity, role, one):
        """Kills in one that is down: it was ended by its only one."""
        return 1.0 if role[0].reason == "oom" else 0.0

    def ends_by_reason(self, identity, role):
        """What Docker's events told, with the reasons that this script knows."""
        ends = Counter()
        for code, count in self.ledger.of(identity).items():
            done = self.by_hand.get(identity, {})
            for reason, by_hand in done.items():
                taken = min(count, by_hand) if code in (137, 143) else 0
                ends[reason] += taken
                count -= taken
            if count:
                ends[compare.reason(code, role, self, identity)] += count
        return Counter({key: count for key, count in ends.items() if count})

    # One round.

    def alive(self):
        return {identity: role for identity, role in self.cast.parts.items() if identity not in self.gone}

    def look(self, ids):
        """Docker before, files before, a scrape, files after, Docker after."""
        known = inspect(ids)
        places = directories([one for one in known if known[one]["State"]["Pid"]], self.without_unified)
        reads = lambda: {identity: self.reading(known[identity], at) for identity, at in places.items()}
        ends = {identity: self.ends_by_reason(identity, self.cast.parts[identity]) for identity in known}
        before = reads()
        told = self.exporter.scrape()
        after = reads()
        now = inspect(ids)
        self.counted_before = ends
        for one in (known, now):
            for identity, container in one.items():
                health = container["State"].get("Health")
                if health:
                    seen = (time.time(), container["State"]["StartedAt"], health["FailingStreak"])
                    self.checks.setdefault(identity, []).append(seen)
        return known, before, told, after, now

    def reading(self, one, at):
        state, setup = one["State"], one["HostConfig"]
        # A network of its own; the host's and another container's are told of once.
        pid = state["Pid"] if not setup["NetworkMode"].startswith(("host", "container:")) else None
        return Reading(at, pid, compare.log_path(one), bool(setup["NanoCpus"]))

    def round(self):
        self.rounds += 1
        left = self.differences(self.alive(), None)
        for look in range(LOOKS):
            if not left:
                break
            self.again.update({about for _, about in left})
            if any(isinstance(about, str) for _, about in left):
                time.sleep(0.5)
            left = self.differences({identity for identity, _ in left}, set(left))
        for (identity, about), what in left.items():
            name = self.cast.parts[identity]
            where = about if isinstance(about, str) else f"{about[0]}{dict(about[1]) or ''}"
            self.faults.append(f"{name[0].name}-{name[1]}: {where}: {what}")

    def differences(self, ids, only):
        """What differs, by container and what it is about; `only` these are asked about."""
        known, before, told, after, now = self.look(list(ids))
        found = {}

        def check(identity, about, wrong):
            if only is not None:
                if (identity, about) in only and wrong is not None:
                    found[identity, about] = wrong
                return
            self.checked[about if isinstance(about, str) else about[0]] += 1
            if wrong is not None:
                found[identity, about] = wrong

        for identity, one in known.items():
            other = now.get(identity)
            if other is None:
                continue
            fair = compare.condition(one) == compare.condition(other)
            series = told.of(identity)
            self.families |= {family for family, _ in series}
            same_run = all(one["State"][key] == other["State"][key] for key in ("StartedAt", "Pid"))
            if same_run and identity in before:
                for about, wrong in compare.files(series, before[identity], after[identity]):
                    check(identity, about, wrong)
                    self.compared.add(about[0])
                for about, wrong in compare.invented(series, before[identity], after[identity]):
                    check(identity, about, wrong)
                for about, count in after[identity].counters.items():
                    if self.first.setdefault((identity, *about), count) != count:
                        self.moved.add(about[0])
            if not fair:
                self.unfair += 1
                continue
            if self.ends_by_reason(identity, self.cast.parts[identity]) != self.counted_before[identity]:
                continue
            for about, is_told, right in compare.docker_says(told, identity, one, self.cast.parts[identity], self):
                check(identity, about, None if is_told == right else f"{is_told} is not {right}")
        for identity in self.gone:
            check(identity, "series of what is gone", "told" if identity in told.series else None)
        return found

    # What happens meanwhile.

    def act(self, step):
        """One of the things that somebody does to containers; those that are not there are left alone."""
        what, action, name = ACTIONS[step]
        identity = self.cast.first(name)
        if identity is not None:
            print(f"after {self.rounds} rounds {name} is {what}", flush=True)
            action(self, identity)

    def stop(self, identity):
        docker("stop", "-t", "1", identity)
        self.ended_by_hand(identity, "stopped")

    def start(self, identity):
        self.started_by_hand.add(identity)
        docker("start", identity)

    def restart(self, identity):
        self.started_by_hand.add(identity)
        docker("restart", "-t", "0", identity)
        self.ended_by_hand(identity, "stopped")

    def update(self, identity):
        docker("update", "--memory", "96m", "--memory-swap", "192m", identity)
        limit = lambda: self.exporter.scrape().value(identity, "container_spec_memory_limit_bytes")
        wait_for("the new limit", lambda: limit() == 96 << 20, 30)

    def shoot(self, identity):
        """SIGKILL that Docker knows nothing of."""
        os.kill(inspect([identity])[identity]["State"]["Pid"], 9)
        self.shot.add(identity)
        wait_for("its end", lambda: inspect([identity])[identity]["State"]["Status"] == "exited", 30)

    def remove(self, identity):
        docker("rm", "-f", identity)
        self.gone.add(identity)

    def ended_by_hand(self, identity, reason):
        self.stopped.add(identity)
        done = self.by_hand.setdefault(identity, {})
        done[reason] = done.get(reason, 0) + 1

    def finish(self):
        """At the end every end was counted once, also of those whose container is gone."""
        time.sleep(2)
        self.round()
        for identity in self.gone:
            each, number = self.cast.parts[identity]
            told = self.exporter.scrape().by_name.get(f"cg-{each.name}-{number}", {}).get("seamark_container_exits_total", {})
            counts = {dict(labels)["reason"]: count for labels, count in told.items() if count}
            self.checked["ends of what is gone"] += 1
            if counts != {"stopped": 1}:
                self.faults.append(f"{each.name}-{number}: ends of what is gone: {counts} is not one stop")

    def never_compared(self):
        """Families of the kernel's files that were told and stood beside nothing."""
        return sorted(family for family in self.families - self.compared
                      if family.startswith(compare.FILE_FAMILIES) and not family.endswith(compare.LEFT_OUT))


ACTIONS = [
    ("started again", Rounds.restart, "idle"),
    ("given another limit", Rounds.update, "ill"),
    ("paused", lambda self, identity: docker("pause", identity), "idle"),
    ("killed by somebody", Rounds.shoot, "shot"),
    ("no longer paused", lambda self, identity: docker("unpause", identity), "idle"),
    ("stopped", Rounds.stop, "well"),
    ("renamed", lambda self, identity: docker("rename", identity, "cg-renamed"), "paused"),
    ("taken from a network", lambda self, identity: docker("network", "disconnect", "cg-second", identity), "two-nets"),
    ("started", Rounds.start, "well"),
    ("removed", Rounds.remove, "leave"),
    ("given a network", lambda self, identity: docker("network", "connect", "cg-second", identity), "two-nets"),
    ("started for the first time", lambda self, identity: docker("start", identity), "made"),
]

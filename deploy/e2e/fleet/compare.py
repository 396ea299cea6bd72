"""What was told, beside the kernel's files and beside `docker inspect`: differences by what they are about."""

import os
import time
from collections import Counter

from fleet.docker import seconds

# The pieces in which the kernel charges memory to a cgroup, for two CPUs; and a process that begins or ends.
PAGES = 2 * 64 * 4096
# Only of a device of its own, or that somebody else counts; see deploy/containers.md.
LEFT_OUT = ("packets_dropped_total",)
# A check that changes nothing is looked at every 30 s, and a quarter later for some.
LATE_CHECK = 40
FAULT_CODES = {134, 135, 136, 139}


def files(told, before, after):
    """Yields of every series: what it is, and what is wrong with it or `None`."""
    for series, low in before.counters.items():
        high, value = after.counters.get(series), told.get(series)
        if high is not None:
            good = value is not None and low - 1e-6 <= value <= high + 1e-6
            yield series, None if good else f"{value} is not between {low} and {high}"
    for series, one in before.gauges.items():
        other, value = after.gauges.get(series), told.get(series)
        if other is None:
            continue
        low, high = min(one, other), max(one, other)
        slack = max(high * 0.02, PAGES if "memory" in series[0] and low != high else 0)
        good = value is not None and low - slack <= value <= high + slack
        yield series, None if good else f"{value} is not within 2 % of {low} to {high}"
    for series, limit in before.limits.items():
        if after.limits.get(series) == limit:
            value = told.get(series)
            yield series, None if value == limit else f"{value} is not {limit}"


FILE_FAMILIES = ("container_cpu_", "container_memory_", "container_spec_", "container_fs_", "container_blkio_",
                 "container_network_", "container_pressure_", "container_processes", "container_threads",
                 "seamark_container_log_size_bytes")


def invented(told, before, after):
    """Series that are told of a container though the kernel's files have nothing of the kind."""
    read = set()
    for reading in (before, after):
        read |= set(reading.counters) | set(reading.gauges) | set(reading.limits)
    for series, value in told.items():
        family = series[0]
        if family.startswith(FILE_FAMILIES) and not family.endswith(LEFT_OUT) and series not in read:
            yield series, f"{value}, which no file says"


def condition(one):
    """What has to stay as it is for a comparison to be fair."""
    state = {key: value for key, value in one["State"].items() if key != "Health"}
    return state, one["State"].get("Health", {}).get("Status"), one["RestartCount"], one["HostConfig"], one["Name"]


def docker_says(told, identity, one, role, memory):
    """Yields what the series of one container say beside Docker: what it is about, what is told, what is right."""
    state, setup = one["State"], one["HostConfig"]
    value = lambda family, **labels: told.value(identity, family, **labels)
    status, runs = state["Status"], state["Status"] in ("running", "paused")

    yield "state", told.set(identity, "seamark_container_state", "state"), [status]
    words = len(told.series.get(identity, {}).get("seamark_container_state", {}))
    yield "states that a container may have", words, 7
    info = told.labels(identity, "seamark_container_info")
    yield "name", info.get("name"), one["Name"].lstrip("/")
    yield "image", (info.get("image"), info.get("image_id")), (one["Config"]["Image"], one["Image"])
    yield "restart policy", info.get("restart_policy"), setup["RestartPolicy"]["Name"]
    labels = one["Config"]["Labels"] or {}
    shop = tuple(labels.get(f"com.docker.compose.{key}") for key in ("project", "service"))
    yield "compose labels", (info.get("compose_project"), info.get("compose_service")), shop
    yield "whether alerts are wanted", value("seamark_container_alerts_enabled"), labels.get("seamark.alerts") != "off"
    yield "image outdated", value("seamark_container_image_outdated"), 0
    yield "created", round(value("seamark_container_created_timestamp_seconds") or 0), round(seconds(one["Created"]))
    started = seconds(state["StartedAt"])
    last = value("seamark_container_started_timestamp_seconds")
    yield "last start", last is None, started is None
    if started is not None:
        yield "last start", abs((last or 0) - started) < 1e-3, True
    if identity not in memory.started_by_hand:
        yield "restarts", value("seamark_container_restarts_total"), one["RestartCount"]

    health = state.get("Health", {}).get("Status", "none")
    yield "health", told.set(identity, "seamark_container_health_status", "status"), [health] if runs else []
    number = {"healthy": 1, "starting": 0, "unhealthy": 0}.get(health, -1) if runs else None
    yield "health as a number", value("container_health_state"), number
    whole = lambda moment: None if moment is None else int(moment)
    yield "start", value("container_start_time_seconds"), whole(started) if runs else None
    yield "made", value("container_creation_time_seconds"), whole(seconds(one["Created"])) if runs else None
    seen = value("container_last_seen")
    yield "seen", seen is not None and abs(time.time() - seen) < 60, runs
    if runs:
        yield "memory limit", value("container_spec_memory_limit_bytes"), setup["Memory"]
        quota = setup["NanoCpus"] / 1e4 or None
        yield "CPU quota", value("container_spec_cpu_quota"), quota
        yield "limit of threads", value("container_threads_max"), max(setup["PidsLimit"] or 0, 0)
    else:
        for family in ("container_memory_usage_bytes", "container_cpu_usage_seconds_total", "container_threads"):
            yield f"{family} of what does not run", family in told.series.get(identity, {}), False
        yield "kills", value("container_oom_events_total"), memory.kills(identity, role, one)
    yield from health_checks(value, state, one, runs, memory.checks.get(identity, []))
    yield from last_end(told, identity, state, role, runs, memory)
    yield from counted_ends(told, identity, one, role, memory)


def health_checks(value, state, one, runs, seen):
    check = one["Config"].get("Healthcheck")
    streak = value("seamark_container_health_failing_streak")
    if not runs or not check:
        yield "failing streak of what is not checked", streak, None
        return
    since = time.time() - LATE_CHECK
    recent = [streak for at, start, streak in seen if at >= since and start == state["StartedAt"]]
    earlier = [streak for at, start, streak in seen if at < since and start == state["StartedAt"]]
    possible = recent + earlier[-1:] + ([0] if not earlier else [])
    yield "failing streak", streak is not None and min(possible) <= streak <= max(possible), True
    interval, timeout = ((check.get(what) or 30e9) / 1e9 for what in ("Interval", "Timeout"))
    yield "interval of checks", value("seamark_container_health_check_interval_seconds"), interval
    yield "time for a check", value("seamark_container_health_check_timeout_seconds"), timeout
    at = value("seamark_container_health_last_check_timestamp_seconds")
    took = value("seamark_container_health_check_duration_seconds")
    yield "time of a check and its length", at is None, took is None
    if at is None:
        # After its first check an event or a look has told of it.
        first = [moment for moment, start, _ in seen if start == state["StartedAt"]]
        yield "the last check", len(first) > 0 and time.time() - first[0] > LATE_CHECK, False
        return
    for each in state["Health"]["Log"] or []:
        if abs(seconds(each["End"]) - at) < 1e-5:
            length = seconds(each["End"]) - seconds(each["Start"])
            yield "time that a check took", took is not None and abs(took - length) < 1e-3, True
    ends = [seconds(each["End"]) for each in state["Health"]["Log"] or []]
    yield "age of the last check", max(ends, default=at) - at < LATE_CHECK and at <= max(ends, default=at) + 1e-5, True


def reason(code, role, memory, identity):
    """Why it ended, from its code and from what this script has done to it."""
    if identity in memory.shot:
        return "signal"
    if role[0].reason and code == 137:
        return role[0].reason
    if identity in memory.stopped:
        return "stopped"
    if code == 0:
        return "clean"
    return "signal" if 129 <= code <= 192 and code not in FAULT_CODES else "crash"


def last_end(told, identity, state, role, runs, memory):
    labels = told.labels(identity, "seamark_container_last_exit_code")
    finished = seconds(state["FinishedAt"])
    yield "whether it has ended", bool(labels), finished is not None
    if finished is None:
        return
    at = told.value(identity, "seamark_container_last_exit_timestamp_seconds", reason=labels.get("reason"))
    # By the event, which comes after Docker's own note, by seconds on a slow machine.
    ended, ran = memory.ledger.last_end(identity)
    yield "time of its end", at is not None and at >= finished - 1e-3 and abs(at - (ended or 0)) < 1e-3, True
    if not runs:
        took = told.value(identity, "seamark_container_last_run_duration_seconds")
        yield "length of its run", took is not None and abs(took - (ran or 0)) < 0.01, True
        code = told.value(identity, "seamark_container_last_exit_code", reason=labels.get("reason"))
        yield "exit code", code, state["ExitCode"]
        yield "reason", labels.get("reason"), reason(state["ExitCode"], role, memory, identity)
        if labels.get("reason") == "oom" or state["OOMKilled"]:
            yield "killed for want of memory", labels.get("reason") == "oom", state["OOMKilled"]


def counted_ends(told, identity, one, role, memory):
    family = told.by_name.get(one["Name"].lstrip("/"), {})
    counts = {dict(labels)["reason"]: count for labels, count in family.get("seamark_container_exits_total", {}).items()}
    yield "reasons that an end may have", len(counts), 6
    wanted = Counter(memory.counted_before.get(identity, Counter()))
    yield "ends by reason", {key: count for key, count in counts.items() if count}, dict(wanted)
    if identity not in memory.started_by_hand and role[0].start and role[0].shell:
        down = one["State"]["Status"] in ("exited", "dead")
        yield "ends, by Docker's restarts", sum(counts.values()), one["RestartCount"] + down
    failures = family.get("seamark_container_start_failures_total", {}).items()
    failed = {dict(labels)["reason"]: count for labels, count in failures if count}
    yield "starts that failed", failed, {} if role[0].shell else {"no_such_program": 1}


def log_path(one):
    path = one["LogPath"]
    return path if path and os.path.exists(path) else None

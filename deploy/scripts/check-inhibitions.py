#!/usr/bin/env python3
"""Which alerts hold which others back: asked of a real Alertmanager with prometheus/alertmanager.yml.

amtool cannot say this. Alertmanager listens on loopback, on a port of its own; nothing it would send arrives anywhere.
"""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = ROOT / "prometheus" / "alertmanager.yml"

HOST = {"job": "seamark", "instance": "web-1"}
API = HOST | {"id": "/docker/1", "name": "api"}
EVENT = {"seamark_kind": "event"}
PROBE = HOST | {"probe": "shop", "target": "http://shop"}
# Each source is an alert that fires beside each target. What is held back, and what is not.
CASES = [
    # The same thing at two severities, for the same object alone.
    (("HostDiskSpaceHigh", HOST | {"mountpoint": "/", "device": "vda", "severity": "critical"}),
     [("HostDiskSpaceHigh", HOST | {"mountpoint": "/", "device": "vda", "severity": "warning"})],
     [("HostDiskSpaceHigh", HOST | {"mountpoint": "/data", "device": "vda", "severity": "warning"}),
      ("HostMemoryHigh", HOST | {"severity": "warning"})]),
    (("CertificateExpiresVerySoon", PROBE), [("CertificateExpiresSoon", PROBE)],
     [("CertificateExpiresSoon", PROBE | {"probe": "mail"})]),
    (("CeleryQueueBacklogCritical", {"job": "celery", "queue_name": "a"}),
     [("CeleryQueueBacklog", {"job": "celery", "queue_name": "a"})],
     [("CeleryQueueBacklog", {"job": "celery", "queue_name": "b"})]),
    # A host that does not answer.
    (("HostDown", HOST),
     [("HostCpuHigh", HOST), ("ContainerMissing", HOST), ("DockerUnavailable", HOST), ("StorageSpaceLow", HOST)],
     [("HostCpuHigh", HOST | {"instance": "web-2"}), ("SeamarkRelayDown", {"job": "seamark-relay"})]),
    (("DockerUnavailable", HOST), [("ContainerNotRunning", API), ("SeamarkEventStreamDown", HOST)],
     [("HostCpuHigh", HOST)]),
    # What was pushed, before the rules behind it.
    (("ContainerCrashed", API | EVENT),
     [("ContainerExitedUnexpectedly", API | {"reason": "crash"}), ("ContainerNotRunning", API), ("ContainerOomKilled", API)],
     [("ContainerExitedUnexpectedly", API | {"id": "/docker/2"}), ("ContainerCrashed", API | EVENT | {"id": "/docker/3"})]),
    (("ContainerExitedUnexpectedly", API), [("ContainerNotRunning", API)], [("ContainerMemoryHigh", API)]),
    (("ContainerRestartLoop", API | EVENT),
     [("ContainerRestartLoop", HOST | {"name": "api"}), ("ContainerRestarting", API), ("ContainerExitedUnexpectedly", API)],
     [("ContainerRestartLoop", HOST | {"name": "db"}), ("ContainerMemoryHigh", API)]),
    (("ContainerRestartLoop", HOST | {"name": "api"}), [("ContainerRestarting", API)],
     [("ContainerRestarting", API | {"name": "db"})]),
    (("ContainerUnhealthyEvent", API | EVENT), [("ContainerUnhealthy", API), ("ContainerHealthcheckSlow", API)],
     [("ContainerUnhealthy", API | {"name": "db"}), ("ContainerCpuHigh", API)]),
    (("ContainerMissing", HOST | {"name": "api"}), [("ContainerHealthFailingStreak", API)],
     [("ContainerHealthFailingStreak", API | {"name": "db"})]),
    # What does not answer.
    (("ProbeFailed", PROBE), [("ProbeHttpStatusBad", PROBE), ("ProbeSlow", PROBE)],
     [("ProbeSlow", PROBE | {"probe": "mail", "target": "http://mail"})]),
    (("MicroserviceDown", PROBE | {"service": "shop"}), [("MicroserviceFlapping", PROBE | {"service": "shop"})],
     [("MicroserviceFlapping", PROBE | {"service": "mail"})]),
    (("CeleryNoWorkers", {"job": "celery"}), [("CeleryWorkerDown", {"job": "celery", "hostname": "a"})],
     [("CeleryQueueBacklog", {"job": "celery"})]),
    (("RedisDown", {"job": "redis", "instance": "r"}), [("RedisRdbSaveFailed", {"job": "redis", "instance": "r"})],
     [("RedisRdbSaveFailed", {"job": "redis", "instance": "s"}), ("PostgresDown", {"job": "redis", "instance": "r"})]),
    # The relay.
    (("SeamarkRelayDown", {"job": "seamark-relay", "instance": "relay"}),
     [("AlertmanagerNotificationsFailing", {"job": "alertmanager"})], [("HostDown", HOST)]),
    (("SeamarkChannelRefused", {"job": "seamark-relay", "channel": "ops"}),
     [("SeamarkOutboxStuck", {"job": "seamark-relay", "channel": "ops"})],
     [("SeamarkOutboxStuck", {"job": "seamark-relay", "channel": "dev"})]),
]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def call(base, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.loads(answer.read() or "null")


def wait_until(what, ready, seconds=60):
    """Asks until it is so; a machine that is busy may take long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            sys.exit(f"inhibitions: {what} did not happen within {seconds} s")
        time.sleep(0.1)


def is_ready(base):
    try:
        call(base, "/api/v2/status")
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True


def labelled(alert, case):
    """Every case is a world of its own: `instance` and `job` get its number."""
    name, labels = alert
    own = {key: f"{value}#{case}" if key in ("instance", "job", "id") else value for key, value in labels.items()}
    return {"alertname": name, "case": str(case)} | own


def run(base):
    problems = []
    for case, (source, held, free) in enumerate(CASES):
        # Alertmanager's rules without `equal` reach over cases: so they come one after the other.
        alerts = [labelled(alert, case) for alert in [source, *held, *free]]
        call(base, "/api/v2/alerts", [{"labels": labels} for labels in alerts])

        def told(case=case):
            return [alert for alert in call(base, "/api/v2/alerts") if alert["labels"].get("case") == str(case)]

        wait_until(f"case {case}", lambda want=len(alerts), told=told: len(told()) == want and all(
            alert["status"]["state"] != "unprocessed" for alert in told()))
        by_labels = {json.dumps(alert["labels"], sort_keys=True): alert for alert in told()}
        expected = [(alert, True) for alert in held] + [(alert, False) for alert in [source, *free]]
        for alert, is_held in expected:
            labels = labelled(alert, case)
            found = by_labels[json.dumps(labels, sort_keys=True)]["status"]["inhibitedBy"]
            if bool(found) != is_held:
                words = "be held back by" if is_held else "go on beside"
                problems.append(f"{labels}: expected it to {words} {source[0]}, found inhibitedBy {found}")
        ended = [{"labels": labels, "endsAt": "2020-01-01T00:00:00Z"} for labels in alerts]
        call(base, "/api/v2/alerts", ended)
        wait_until(f"the end of case {case}", lambda told=told: not told())
    return problems


def main():
    program = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
    if not program:
        sys.exit("inhibitions: alertmanager is missing; deploy/scripts/setup.sh tools brings it")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = open(pathlib.Path(folder) / "log", "w+", encoding="utf-8")
        alertmanager = subprocess.Popen(
            [program, f"--config.file={CONFIG}", f"--storage.path={folder}/data", "--cluster.listen-address=",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        try:
            base = f"http://127.0.0.1:{port}"
            wait_until("the start of Alertmanager", lambda: is_ready(base))
            problems = run(base)
        finally:
            alertmanager.kill()
            alertmanager.wait()
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"inhibitions: {len(CASES)} cases, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

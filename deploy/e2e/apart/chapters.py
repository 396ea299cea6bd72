"""The story, in its order."""

import time
from datetime import datetime

from story.wait import until
from story.web import Prometheus

from .doors import Door
from .network import CENTRAL, HOSTS
from .programs import DOOR, PROMETHEUS

LOST, OTHERS = "host-2", ("host-1", "host-3")
# Longer than a group's interval here, 3 s for rules and 10 s for what is pushed: what was told twice would be by then.
QUIET = 15


def tell(programs, network, verdict):
    """All of it."""
    programs.start()
    prometheus = Prometheus(PROMETHEUS)
    doors(programs, verdict)
    imported(programs, prometheus, verdict)
    crashes(programs, verdict)
    gone(programs, network, prometheus, verdict)
    back(programs, network, prometheus, verdict)


def doors(programs, verdict):
    """Who is let in, and who is not."""
    print("TLS and passwords", flush=True)
    for name, host, port, path in [("an exporter", "host-1", 9877, "/metrics"), ("Alertmanager", CENTRAL, 9093, "/api/v2/alerts")]:
        answers = {who: programs.door(host, port, who).status(path) for who in ("prometheus", "stranger", None)}
        verdict.equal(f"{name} answers who knows the password, and nobody else", answers, {"prometheus": 200, "stranger": 401, None: 401})
        plain = Door(programs.door(host, port).url.replace("https", "http"), programs.certificates / "ca.pem")
        verdict.check(f"{name} does not answer without TLS", plain.status(path) != 200, plain.status(path))
        unknown = programs.door(host, port, authority=programs.strangers).status(path)
        verdict.equal(f"{name} is not believed without its authority", unknown, "SSLCertVerificationError")
    verdict.equal("a host's own login opens its Alertmanager, but no exporter",
                  (programs.door(CENTRAL, 9093, "agent").status("/api/v2/alerts"), programs.door("host-1", 9877, "agent").status("/metrics")),
                  (200, 401))
    answers = {who: programs.door(DOOR, 9093, who).status("/api/v2/alerts") for who in ("agent", "prometheus", None)}
    verdict.equal("the door lets hosts in, and nobody else", answers, {"agent": 200, "prometheus": 401, None: 401})
    paths = ("/api/v2/silences", "/api/v2/alerts/groups", "/", "/metrics")
    answers = {path: programs.door(DOOR, 9093, "agent").status(path) for path in paths}
    verdict.equal("…and to nothing but alerts", set(answers.values()), {403})


def imported(programs, prometheus, verdict):
    """A list of servers becomes targets."""
    print("the list of servers", flush=True)
    central = ["alertmanager", "prometheus", "seamark-relay"]
    jobs = lambda: sorted(each["job"] for each in prometheus.series("up == 1"))
    until("the central host watches itself", lambda: jobs() == central, deadline=60)
    verdict.equal("the central host watches itself, its protected Alertmanager included, and nobody else", jobs(), central)
    status, said = programs.import_targets()
    verdict.equal("the list is imported", status, 0)
    verdict.check("…and told to be deleted, because it has passwords", "delete the file" in said and "hunter" not in said, said)
    until("the hosts are scraped", lambda: prometheus.values('up{job="seamark"} == 1') == [1.0] * len(HOSTS), deadline=60)
    found = sorted((each["job"], each["instance"], each["host_group"]) for each in prometheus.series('up{job="seamark"}'))
    verdict.equal("each is up, with the job, the name and the group that rules and boards ask for",
                  found, [("seamark", host, "shop") for host in HOSTS])
    files = "".join(path.read_text() for path in (programs.central / "targets").rglob("*.yml"))
    verdict.check("no password has come along", "hunter" not in files and "root" not in files, files)
    status, said = programs.import_targets()
    verdict.check("a second import changes nothing", status == 0 and "as it should be" in said, said)
    until("the rules work on them", lambda: len(prometheus.series("seamark:host_memory_used:ratio")) == len(HOSTS), deadline=60)
    connected = lambda: prometheus.values("seamark_exporter_alertmanager_up") == [1.0] * len(HOSTS)
    until("every exporter is let in by Alertmanager", connected, deadline=60)
    verdict.check("every exporter is let in by Alertmanager", connected())


def crashes(programs, verdict):
    """On each host a container ends."""
    print("a crash on each host", flush=True)
    for host in HOSTS:
        programs.engines[host].start(f"shop-{host}")
    time.sleep(1)
    for host in HOSTS:
        programs.engines[host].crash(f"shop-{host}", 3)
    for host in HOSTS:
        until(f"the crash on {host} is told", lambda host=host: told(programs, f"shop-{host}"), deadline=60)
    alerts = programs.door(CENTRAL, 9093, "agent").json("/api/v2/alerts?filter=alertname%3DContainerCrashed")
    found = sorted((each["labels"]["job"], each["labels"]["instance"], each["labels"]["name"]) for each in alerts)
    verdict.equal("Alertmanager has them under the names that Prometheus has",
                  found, [("seamark", host, f"shop-{host}") for host in HOSTS])
    for host in HOSTS:
        messages = told(programs, f"shop-{host}")
        verdict.check(f"the chat names {host}", messages and all(host in each for each in messages), messages)


def gone(programs, network, prometheus, verdict):
    """One host is cut off, and something happens there meanwhile."""
    print(f"{LOST} is cut off", flush=True)
    programs.engines[LOST].start("late")
    time.sleep(1)
    network.cut(LOST)
    until(f"{LOST} is down for Prometheus", lambda: prometheus.values(f'up{{instance="{LOST}"}}') == [0.0], deadline=60)
    programs.engines[LOST].crash("late", 7)
    until("the chat says so", lambda: down(programs), deadline=60)
    time.sleep(QUIET)
    messages = down(programs)
    verdict.equal("the chat hears of one host that does not answer", len(messages), 1)
    verdict.check("…which it names", LOST in messages[0] and not any(host in messages[0] for host in OTHERS), messages)
    verdict.equal("nobody has heard of the crash there", told(programs, "late"), [])
    verdict.equal("the others are scraped as before", prometheus.values('sum(up{job="seamark"})'), [2.0])
    verdict.equal("…and have answered every time", prometheus.values('min_over_time(up{instance=~"host-[13]"}[30s])'), [1.0, 1.0])


def back(programs, network, prometheus, verdict):
    """It comes back."""
    print(f"{LOST} is back", flush=True)
    connected = time.time()
    network.mend(LOST)
    until(f"{LOST} is up for Prometheus", lambda: prometheus.values(f'up{{instance="{LOST}"}}') == [1.0], deadline=60)
    # The exporter tries again after half a minute at most, and gives up a try after ten seconds.
    until("the crash of meanwhile is told", lambda: told(programs, "late"), deadline=120)
    print(f"  from the mended line to the crash in the chat: {time.time() - connected:.1f} s", flush=True)
    until("the chat hears that the host is back", lambda: len(down(programs)) == 2, deadline=60)
    time.sleep(QUIET)
    alert = programs.door(CENTRAL, 9093, "agent").json("/api/v2/alerts?filter=name%3Dlate")
    began = [datetime.fromisoformat(each["startsAt"].replace("Z", "+00:00")).timestamp() for each in alert]
    verdict.check("the crash has the time when it happened, not when the line was mended",
                  len(began) == 1 and began[0] < connected, (began, connected))
    verdict.check("…and the name of its host", told(programs, "late") and LOST in told(programs, "late")[0], told(programs, "late"))
    counts = {name: len(told(programs, name)) for name in ("late", *(f"shop-{host}" for host in HOSTS))}
    verdict.equal("every crash was told once", counts, {name: 1 for name in counts})
    verdict.check("the host was told once to be gone and once to be back", len(down(programs)) == 2, down(programs))
    verdict.equal("nothing that was to be pushed is lost",
                  prometheus.values("sum(seamark_exporter_event_alerts_dropped_total)"), [0.0])
    exits = 'sum by (instance) (seamark_container_exits_total{name=~"late|shop-.*"})'
    verdict.equal("every exit is counted once, where it happened",
                  {each["instance"]: prometheus.values(f'{exits} and on (instance) up{{instance="{each["instance"]}"}}')
                   for each in prometheus.series(exits)},
                  {"host-1": [1.0], "host-2": [2.0], "host-3": [1.0]})  # fmt: skip
    verdict.equal("every rule works with the labels of the list",
                  prometheus.values("sum(prometheus_rule_evaluation_failures_total)"), [0.0])
    verdict.equal("its metrics go on in the same series", len(prometheus.series(f'node_boot_time_seconds{{instance="{LOST}"}}')), 1)


def told(programs, container):
    """The messages about a container that crashed."""
    return [message for message in programs.chats.messages("discord") if container in message]


def down(programs):
    """The messages about hosts that do not answer, or do again: no other alert says so of a host."""
    about = lambda message: "does not answer" in message and any(host in message for host in HOSTS)
    return [message for message in programs.chats.messages("discord") if about(message)]

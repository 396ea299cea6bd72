"""The story of the profiles: what is brought up is watched, and what is not is no alert."""

import shutil
import tempfile
import time
from pathlib import Path

from . import mail
from .chapters import chapter
from .docker import host_name
from .stack import TOP, Stack
from .wait import until
from .web import Prometheus, answer

# With one of everything that they watch; each is named in prometheus/targets and deploy/services.md.
PROFILES = ("databases", "proxy", "app", "demo")
# What each exporter says of the service behind it.
ANSWERS = ("pg_up", "redis_up", "mysql_up", "nginx_up")
WATCHED = {("postgres", "postgres"), ("redis", "redis"), ("mysql", "mysql"), ("nginx", "nginx"), ("app", "sample")}


def stack():
    """The stack with the profiles, and a copy of Prometheus' files that the story may write to."""
    run = Stack(PROFILES)
    folder = Path(tempfile.mkdtemp(prefix="seamark-services-"))
    # Prometheus reads it under another user.
    folder.chmod(0o755)
    shutil.copytree(TOP / "prometheus", folder / "prometheus")
    run.settings["PROMETHEUS_CONFIG"] = str(folder / "prometheus")
    run.settings["TRAFFIC_RATE"] = "20"
    run.settings["POSTGRES_EXPORTER_FLAGS"] = "--collector.stat_statements"
    run.folder = folder
    mail.add_server(run)
    return run


def build(run):
    """The images of the stack, of the profiles and of the mail server."""
    run.compose("build", "exporter", "relay", "app", "mail", *([] if run.with_grafana else ["mysql"]))


def bring_up(run, verdict):
    """Everything of the profiles is healthy, and Prometheus reaches it."""
    chapter(f"Profiles {', '.join(PROFILES)}")
    mail.configure(run)
    began = time.monotonic()
    run.up()
    states = run.services()
    # The image of nginx' exporter has nothing to ask it with: nginx-target does.
    unchecked = {name for name, health in states.items() if not health}
    verdict.check(f"{len(states)} services are healthy {time.monotonic() - began:.0f} s after `up -d`",
                  unchecked <= {"nginx-exporter", "mongodb-exporter"} and set(states.values()) <= {"healthy", ""}, states)
    prometheus = Prometheus(run.url("prometheus", 9090))
    expected = {each: "up" for each in WATCHED | stacks_own()}
    found = {}

    def all_up():
        found.clear()
        targets = prometheus.targets().items()
        found.update({each: state for each, state in targets if each[0] not in ("grafana", "mongodb")})
        return found == expected

    settle(all_up)
    verdict.equal("all targets are up", found, expected)
    for name in ANSWERS:
        settle(lambda name=name: prometheus.values(name) == [1])
        verdict.equal(f"{name} is 1", prometheus.values(name), [1])
    requests = 'http_requests_total{job="app",handler="/items/{number}",method="GET",status="200"}'
    settle(lambda: prometheus.values(requests) > [0])
    verdict.check("the application counts requests by route, method and status", prometheus.values(requests) > [0])
    for what in ("http_request_duration_seconds_bucket", "app_jobs_total", "http_requests_inprogress"):
        verdict.check(f"{what} is there", prometheus.values(what))


def tell(run, verdict):
    """What comes after."""
    prometheus = Prometheus(run.url("prometheus", 9090))
    # The alert about it takes more than a minute: meanwhile something else.
    run.compose("stop", "relay")
    chapter("A target is one file")
    one_file(run, verdict, prometheus)
    chapter("A target file with a typo")
    typo(run, verdict, prometheus)
    chapter("An exporter that dies, and one that is taken down")
    gone(run, verdict, prometheus)
    chapter("The sample application without its database")
    health(run, verdict)
    chapter("An e-mail about the relay, which has been stopped")
    mail.arrives(run, verdict)


def one_file(run, verdict, prometheus):
    targets = run.folder / "prometheus" / "targets"
    write(targets / "orders.second.yml", "- targets: ['app:8000']\n  labels: {instance: second}\n")
    write(targets / "app.third.json", '[{"targets": ["app:8000"], "labels": {"instance": "third"}}]')
    write(targets / "postgress.yml", "- targets: ['nowhere.invalid:1']\n  labels: {job: odd, instance: fourth}\n")
    expected = {("orders", "second"): "up", ("app", "third"): "up", ("odd", "fourth"): "down"}
    found = {}

    def there():
        found.clear()
        found.update({each: state for each, state in prometheus.targets().items() if each in expected})
        return found == expected

    settle(there)
    verdict.equal("files are targets, with no reload: their names are the jobs, unless they name one", found, expected)


def typo(run, verdict, prometheus):
    path = run.folder / "prometheus" / "targets" / "orders.second.yml"
    write(path, "- target: ['app:8000']\n  labels: {instance: fifth}\n")
    alert = 'ALERTS{alertname="PrometheusTargetFileUnreadable"}'
    settle(lambda: prometheus.series(alert))
    verdict.check("a target file with a typo raises PrometheusTargetFileUnreadable", prometheus.series(alert))
    verdict.equal("what the file said before goes on", prometheus.targets().get(("orders", "second")), "up")
    write(path, "- targets: ['app:8000']\n  labels: {instance: fifth}\n")
    settle(lambda: prometheus.targets().get(("orders", "fifth")) == "up")
    verdict.equal("the file put right is read", prometheus.targets().get(("orders", "fifth")), "up")


def gone(run, verdict, prometheus):
    run.compose("stop", "redis-exporter")
    run.compose("rm", "--stop", "--force", "postgres-exporter", "postgres-target")
    settle(lambda: prometheus.targets().get(("redis", "redis")) == "down")
    verdict.equal("an exporter that has died stays a target, and is down", prometheus.targets().get(("redis", "redis")), "down")
    settle(lambda: ("postgres", "postgres") not in prometheus.targets())
    verdict.check("one that is taken down is no target any more", ("postgres", "postgres") not in prometheus.targets(),
                  prometheus.targets())


def health(run, verdict):
    url = f"{run.url('app', 8000)}/health"
    verdict.equal("/health says 200 while the database answers", answer(url)[0], 200)
    run.compose("stop", "postgres")
    settle(lambda: answer(url)[0] == 503)
    status, body = answer(url)
    verdict.check("and 503 with what is wrong when it does not", status == 503 and '"status":"failing"' in body, (status, body))


def stacks_own():
    """The targets without any profile, but for Grafana."""
    return {("seamark", host_name()), ("seamark-relay", "relay"), ("prometheus", "prometheus"), ("alertmanager", "alertmanager")}


def write(path, text):
    """A whole file at once, as an editor does it."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.rename(path)


def settle(ready, deadline=90):
    """Waits; whether it came is for the check that follows to say."""
    try:
        until("", ready, deadline=deadline, pause=0.5)
    except TimeoutError:
        pass


def say_where(run):
    """For whoever goes on with it."""
    print(f"project {run.project}, files {' '.join(map(str, run.files))}, Prometheus' files in {run.folder}/prometheus")
    for service, port in (("prometheus", 9090), ("alertmanager", 9093), ("exporter", 9877), ("relay", 9878), ("app", 8000)):
        print(f"{service} {run.url(service, port)}")
    print(f"to remove it: docker compose -p {run.project} --profile '*' down --volumes; rm -r {run.folder}")


def remove(run):
    """Removes all that the story started, and what it stored."""
    run.remove()
    shutil.rmtree(run.folder)

"""The story of who operates the stack."""

import json
import stat
import urllib.error
import urllib.request
from base64 import b64encode

from . import docker, proxy, reloads, rights
from .chapters import chapter
from .wait import until
from .web import Prometheus, get, get_json

SERVICES = {"exporter", "docker-proxy", "relay", "alertmanager", "prometheus", "grafana"}
# An address that nobody listens at: the channel is on, and that is all the story wants of it.
WEBHOOK = "http://127.0.0.1:9/api/webhooks/1/hunter2"


def tell(stack, verdict):
    """The whole story."""
    chapter("A clean clone is started")
    starts(stack, verdict)
    stream = proxy.Stream(stack)
    chapter("What each container may")
    rights.running(stack, verdict)
    rights.committed(stack, verdict)
    listens_here_only(stack, verdict)
    chapter("docker-proxy")
    proxy.is_alone(stack, verdict)
    proxy.keeps_its_list(stack, verdict)
    chapter("Reloading")
    reloads.tell(stack, verdict)
    chapter("The stream of events")
    proxy.outlives_silence(stack, verdict, stream)
    chapter("Backup and restore")
    comes_back(stack, verdict)
    chapter("Logs, when they are asked for")
    logs_pass_when_told(stack, verdict)
    chapter("The exporter with the socket in its own hands")
    direct_socket(stack, verdict)
    chapter("Stopping, and a host with an agent alone")
    stops(stack, verdict)
    agent(stack, verdict)


def starts(stack, verdict):
    secrets = stack.folder / "secrets"
    secrets.mkdir()
    (secrets / "discord-webhook-url").write_text(WEBHOOK + "\n", encoding="utf-8")
    # Somebody had a look first, with nothing configured.
    stack.compose("up", "--detach", "--wait", "grafana")
    verdict.equal("without the script Grafana's login is admin/admin", login(stack, "admin"), 200)
    code, said = stack.script("start")
    verdict.equal("start-monitoring.sh ends well", code, 0)
    services = stack.services()
    verdict.equal("every service is healthy", services, dict.fromkeys(SERVICES, "healthy"))
    password = (secrets / "grafana-admin-password").read_text(encoding="utf-8").strip()
    verdict.check("it says where to log in and where the password is, and not the password to a log",
                  stack.url("grafana", 3000) in said and "secrets/grafana-admin-password" in said and password not in said, said[-800:])
    verdict.check("Grafana's password is a random one, not admin", len(password) >= 24 and login(stack, password) == 200 and login(stack, "admin") == 401)
    open_to_others = [str(path) for path in (stack.folder / ".env", secrets, *secrets.iterdir())
                      if stat.S_IMODE(path.stat().st_mode) & 0o007]
    verdict.equal("nobody else can read .env or secrets/", open_to_others, [])
    verdict.equal("the folder is closed", stat.S_IMODE(secrets.stat().st_mode), 0o700)
    # A channel without an address is off, and told of nowhere.
    verdict.check("the relay has the webhook's address from its file",
                  'seamark_relay_deliveries_total{channel="ops-discord"' in get(f"{stack.url('relay', 9878)}/metrics"))
    shown = json.dumps([stack.inspect(service) for service in SERVICES])
    verdict.check("and `docker inspect` shows neither it nor the password", "hunter2" not in shown and password not in shown)
    closed = scrape(stack)
    verdict.check("the exporter says that it sees no logs, being no root",
                  'node_scrape_collector_success{collector="container_log"} 0' in closed
                  and "logs can be seen by root alone" in stack.compose("logs", "exporter"))
    before = {service: stack.id(service) for service in SERVICES}, (stack.folder / ".env").read_bytes()
    code, said = stack.script("start")
    after = {service: stack.id(service) for service in SERVICES}, (stack.folder / ".env").read_bytes()
    verdict.check("started again, nothing changes", code == 0 and before == after, said[-800:])


def listens_here_only(stack, verdict):
    bindings = [binding for service in SERVICES for each in stack.inspect(service)["NetworkSettings"]["Ports"].values() for binding in each or []]
    ports = {int(each["HostPort"]) for each in bindings}
    listeners = set()
    for line in docker.run("ss", "--tcp", "--listening", "--numeric", "--no-header").splitlines():
        address, _, port = line.split()[3].rpartition(":")
        if int(port) in ports:
            listeners.add(address)
    verdict.equal(f"{len(ports)} ports are published, and they listen on", listeners, {"127.0.0.1"})


def comes_back(stack, verdict):
    alertmanager, grafana = stack.url("alertmanager", 9093), "a password of the user's own"
    silence = {"matchers": [{"name": "alertname", "value": "Nothing", "isRegex": False}], "startsAt": "2020-01-01T00:00:00Z",
               "endsAt": "2099-01-01T00:00:00Z", "createdBy": "story", "comment": "kept"}  # fmt: skip
    send(f"{alertmanager}/api/v2/silences", silence)
    send(f"{alertmanager}/api/v2/alerts", [{"labels": {"alertname": "StoryOfOperations", "severity": "critical"}}])
    until("the alert in the relay's history", lambda: remembers(stack), deadline=60)
    first = (stack.folder / "secrets" / "grafana-admin-password").read_text(encoding="utf-8").strip()
    change = {"oldPassword": first, "newPassword": grafana, "confirmNew": grafana}
    send(f"{stack.url('grafana', 3000)}/api/user/password", change, method="PUT", login=("admin", first))
    prometheus = Prometheus(stack.url("prometheus", 9090))
    old = until("a scraped target", lambda: prometheus.values('timestamp(up{job="seamark"} == 1)'))[0]

    backup = stack.folder / "backups" / "story"
    code, said = stack.script("backup", str(backup))
    verdict.check("backup-monitoring.sh ends well and names its folder", code == 0 and said.rstrip().endswith(str(backup)), said)
    verdict.equal("what it wrote is closed to others", [each.name for each in (backup, *backup.iterdir()) if each.stat().st_mode & 0o077], [])
    verdict.equal("everything is healthy again", settled(stack), dict.fromkeys(SERVICES, "healthy"))
    code, said = stack.script("backup", str(backup))
    verdict.check("a second one is not written over it", code != 0 and "is there already" in said, said)

    code, said = stack.script("stop", "--delete-data")
    verdict.check("nothing is deleted where nobody can be asked", code != 0 and "--yes" in said and stack.services(), said)
    code, said = stack.script("stop", "--delete-data", "--yes")
    verdict.check("with --yes nothing is left", code == 0 and not stack.services() and not stack.volumes(), (said, stack.volumes()))
    code, said = stack.script("start")
    fresh = (silences(stack), remembers(stack), login(stack, grafana), login(stack, first))
    verdict.equal("started anew there is no silence, no history, and the first password", fresh, ([], False, 401, 200))

    broken = stack.folder / "backups" / "broken"
    broken.mkdir()
    whole = (backup / "alertmanager-data.tar.gz").read_bytes()
    (broken / "alertmanager-data.tar.gz").write_bytes(whole[: len(whole) // 2])
    ids = {service: stack.inspect(service)["State"]["StartedAt"] for service in SERVICES}
    code, said = stack.script("restore", "--yes", str(broken))
    verdict.check("half a backup is refused, and nothing was touched",
                  code != 0 and "not whole" in said and ids == {service: stack.inspect(service)["State"]["StartedAt"] for service in SERVICES}, said)
    code, said = stack.script("restore", "--yes", str(backup))
    verdict.equal("restore-monitoring.sh ends well, and everything is healthy", (code, stack.services()),
                  (0, dict.fromkeys(SERVICES, "healthy")))
    back = (silences(stack), remembers(stack), login(stack, grafana), login(stack, first))
    verdict.equal("the silence, the relay's history and Grafana's password are back", back, (["kept"], True, 200, 401))
    metrics = Prometheus(stack.url("prometheus", 9090)).values(f'up{{job="seamark"}} @ {old}')
    verdict.equal("and so are Prometheus' samples", metrics, [1])


def logs_pass_when_told(stack, verdict):
    path = stack.folder / "deploy" / "examples" / "exporter.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("log_lines: 0", "log_lines: 2"), encoding="utf-8")
    stack.script("reload")
    stack.container("mute", "echo last words; sleep 1; exit 3")
    until("the exporter's word about it", lambda: "HTTP 403 to GET /containers/ID/logs" in stack.compose("logs", "exporter"))
    address, request = proxy.of(stack), proxy.GET.format(f"/containers/{stack.id('prometheus')}/logs?stdout=1&tail=1")
    verdict.equal("by default logs do not pass, and the exporter says so", proxy.ask(address, request), 403)
    with (stack.folder / ".env").open("a", encoding="utf-8") as env:
        env.write("DOCKER_PROXY_LOGS=1\n")
    code, said = stack.script("start")
    verdict.equal("with DOCKER_PROXY_LOGS=1 in .env they do", (code, proxy.ask(proxy.of(stack), request)), (0, 200))
    until("Docker's answer", lambda: "seamark_docker_events_connected 1" in scrape(stack))
    name = stack.container("loud", "echo last words; sleep 1; exit 3")
    found = until("the alert", lambda: [each for each in get_json(f"{stack.url('alertmanager', 9093)}/api/v2/alerts")
                                        if each["labels"].get("name") == name])  # fmt: skip
    verdict.check("and a crash is told with them", "last words" in json.dumps(found), found)


def direct_socket(stack, verdict):
    stack.files.append("deploy/docker/direct-socket.yml")
    stack.compose("up", "--detach", "--wait", "--remove-orphans", "exporter")
    until("the length of a log", lambda: "seamark_container_log_size_bytes{" in scrape(stack))
    verdict.check("Docker answers it, and it sees the logs", "seamark_docker_up 1" in scrape(stack))
    mounts = {each["Destination"] for each in stack.inspect("exporter")["Mounts"]}
    verdict.check("it has the socket, and needs no proxy", "/var/run/docker.sock" in mounts)
    stack.files.pop()


def stops(stack, verdict):
    volumes = stack.volumes()
    code, said = stack.script("stop")
    verdict.check("stop-monitoring.sh leaves no container, and all that is stored",
                  code == 0 and not stack.services() and volumes and stack.volumes() == volumes, said)


def agent(stack, verdict):
    stack.files = ["deploy/docker/agent.yml"]
    stack.compose("up", "--detach", "--wait")
    verdict.equal("deploy/docker/agent.yml starts these, and they are healthy", stack.services(), dict.fromkeys(("exporter", "docker-proxy"), "healthy"))
    until("Docker's answer", lambda: "seamark_docker_up 1" in scrape(stack))
    verdict.check("and the exporter reaches Docker", True)
    networks = stack.inspect("docker-proxy")["NetworkSettings"]["Networks"]
    verdict.equal("its proxy is in the closed network alone", list(networks), [f"{stack.project}_docker"])


def settled(stack):
    """The health of all services, once none of them is starting."""
    until("the first health checks", lambda: "starting" not in stack.services().values(), deadline=60)
    return stack.services()


def scrape(stack):
    return get(f"{stack.url('exporter', 9877)}/metrics")


def remembers(stack):
    """Whether the relay knows of the story's alert, which it was told of once."""
    return 'seamark_relay_alerts_firing{alertname="StoryOfOperations"' in get(f"{stack.url('relay', 9878)}/metrics")


def silences(stack):
    return [each["comment"] for each in get_json(f"{stack.url('alertmanager', 9093)}/api/v2/silences") if each["status"]["state"] == "active"]


def login(stack, password):
    """What Grafana answers to `admin` with this password."""
    return send(f"{stack.url('grafana', 3000)}/api/org", None, method="GET", login=("admin", password))


def send(url, body, method="POST", login=None):
    """The status of the answer to some JSON."""
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), method=method)
    request.add_header("Content-Type", "application/json")
    if login:
        request.add_header("Authorization", "Basic " + b64encode(":".join(login).encode()).decode())
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code

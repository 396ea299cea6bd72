"""docker-proxy, asked for what is on its list, for what is not, and with tricks."""

import json
import select
import socket
import time

from . import docker
from .wait import until

GET = "GET {} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"
# Longer than the exporter, or whoever asks, may take for anything else.
SILENCE = 65
# Nothing happens to a container of this name until the story makes it.
WATCHED = "/v1.41/events?filters=%7B%22container%22%3A%5B%22{}%22%5D%7D"


def of(stack):
    """Where the proxy listens; this host reaches also what has no way out."""
    networks = stack.inspect("docker-proxy")["NetworkSettings"]["Networks"]
    return next(iter(networks.values()))["IPAddress"], 2375


def ask(address, request):
    """The status of the answer to a request as it stands."""
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(request.encode())
        line = connection.makefile("rb").readline().decode()
    return int(line.split()[1]) if line.startswith("HTTP/1.") else line


def listed(identity, image):
    """What the exporter asks, and what else passes."""
    paths = ["/_ping", "/version", "/info", "/containers/json?all=1", f"/containers/{identity}/json", f"/images/{image}/json",
             "/system/df", "/events?since=0&until=1"]  # fmt: skip
    return [each for path in paths for each in (GET.format(path), GET.format(f"/v1.41{path}"))] + [
        GET.format("/_ping").replace("GET", "HEAD")
    ]


def refused(identity):
    """What makes, enters, changes or empties a container, what is secret, and ways around the list."""
    get = [
        "/", f"/containers/{identity}/archive?path=/etc/passwd", f"/containers/{identity}/export", f"/containers/{identity}/logs?stdout=1",
        f"/containers/{identity}/attach/ws", f"/containers/{identity}/top", f"/containers/{identity}/stats", f"/containers/{identity}/changes",
        f"/exec/{identity}/json", "/secrets", "/secrets/x", "/configs", "/plugins", "/volumes", "/volumes/x", "/networks", "/nodes", "/services",
        "/tasks", "/swarm", "/swarm/unlockkey", "/images/json", "/images/get?names=busybox", "/images/search?term=x",
        "/distribution/busybox/json", "/libpod/info", "//_ping", "/v1.41//containers/json", "/v1.41/../secrets",
        "/v1.41/../v1.41/containers/json", "/containers/../secrets", "/containers/x/../json", "/containers/%2e%2e/secrets",
        "/containers/%2e%2e/json", f"/containers/{identity}%2farchive/json", f"/containers/{identity}/archive?/json",
        f"/containers/{identity}/archive%3f/json", f"/images/../containers/{identity}/archive/json", "/images/a//json",
        "/images/%2e%2e/secrets/json", "/events/", "/_ping/", "/V1.41/_ping", "/v1.41.1/_ping", "/v1/_ping", "/containers/json;x",
        "/containers/json#/../../secrets", "/containers/json?#", "http://docker/_ping", "http://docker/secrets", "*", "/_ping\0",
        "/containers/.../json", "/build", "/session", "/grpc",
    ]  # fmt: skip
    other = [f"{method} /containers/json HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n"
             for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get")]
    posts = ["/containers/create", f"/containers/{identity}/exec", f"/containers/{identity}/start", f"/containers/{identity}/stop",
             f"/containers/{identity}/kill", f"/containers/{identity}/attach?stream=1", "/build", "/images/create?fromImage=busybox",
             "/v1.41/containers/create", "/containers/prune", "/volumes/create", "/auth"]  # fmt: skip
    body = '{"Image": "busybox"}'
    other += [f"POST {path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
              for path in posts]  # fmt: skip
    ping = "GET /_ping HTTP/1.1\r\nHost: docker\r\n"
    other += [
        f"PUT /containers/{identity}/archive?path=/ HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n",
        f"DELETE /containers/{identity}?force=1 HTTP/1.1\r\nHost: docker\r\n\r\n",
        "CONNECT docker:2375 HTTP/1.1\r\nHost: docker\r\n\r\n",
        f"{ping}Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
        f"{ping}Content-Length: 3\r\n\r\nabc",
        f"{ping}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        f"{ping}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /_ping HTTP/0.9\r\n\r\n",
    ]
    return [GET.format(path) for path in get] + other


def keeps_its_list(stack, verdict):
    """All that is listed passes, and nothing else."""
    address, identity = of(stack), stack.id("prometheus")
    image = stack.inspect("prometheus")["Config"]["Image"]
    asked = listed(identity, image)
    verdict.equal(f"docker-proxy lets {len(asked)} questions pass", [each for each in asked if ask(address, each) != 200], [])
    asked = refused(identity)
    found = [(each, status) for each in asked if (status := ask(address, each)) not in (400, 403, 505)]
    verdict.equal(f"docker-proxy refuses {len(asked)} other requests", found, [])
    to_http_2 = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
    verdict.equal("a listed question that wants HTTP/2 is answered in HTTP/1",
                  ask(address, f"GET /_ping HTTP/1.1\r\nHost: docker\r\n{to_http_2}"), 200)
    containers = docker.docker("ps", "--all", "--quiet", "--no-trunc").split()
    verdict.check("and the container that they were about runs on", identity in containers and stack.services()["prometheus"] == "healthy")


def is_alone(stack, verdict):
    """Nobody but the exporter is where the proxy can be reached."""
    network = json_of("network", f"{stack.project}_docker")
    names = sorted(each["Name"].removeprefix(f"{stack.project}-").removesuffix("-1") for each in network["Containers"].values())
    verdict.equal("in the proxy's network, which has no way out, are", (names, network["Internal"]), (["docker-proxy", "exporter"], True))
    try:
        stack.compose("exec", "--no-TTY", "prometheus", "wget", "-q", "-T", "3", "-O", "-", f"http://{of(stack)[0]}:2375/_ping")
        reached = True
    except docker.DockerError:
        reached = False
    verdict.check("Prometheus does not reach it", not reached)


def json_of(kind, name):
    return json.loads(docker.docker(kind, "inspect", name))[0]


class Stream:
    """A stream of events about a container that is not there yet."""

    def __init__(self, stack):
        self.name = stack.name("late")
        self.began = time.monotonic()
        self.connection = socket.create_connection(of(stack), timeout=30)
        self.connection.sendall(f"GET {WATCHED.format(self.name)} HTTP/1.1\r\nHost: docker\r\n\r\n".encode())
        self.head = self.connection.recv(4096).decode()

    def told(self, seconds):
        """What has come, within some seconds; b"" is the end, None is nothing."""
        ready, _, _ = select.select([self.connection], [], [], seconds)
        return self.connection.recv(65536) if ready else None


def outlives_silence(stack, verdict, stream):
    """A stream that was silent for long still tells of the next event, and ends when the proxy does."""
    left = SILENCE - (time.monotonic() - stream.began)
    told = stream.told(max(left, 0))
    verdict.check(f"{SILENCE} s after it began the stream of events has not ended, and nothing happened",
                  stream.head.startswith("HTTP/1.1 200") and told is None, (stream.head, told))
    stack.container("late", "exec sleep 1000")
    told = stream.told(20)
    verdict.check("and tells of the next event at once", told and stream.name.encode() in told, told)
    stack.compose("stop", "docker-proxy")
    state = stack.inspect("docker-proxy")["State"]
    verdict.check("docker-proxy ends when it is told to, not when it is killed", state["ExitCode"] != 137, state["ExitCode"])
    end = until("the end of the stream", lambda: stream.told(1) == b"" or None)
    verdict.check("and the stream ends with it", end)
    stack.compose("up", "--detach", "--wait")

"""A stand-in for Docker's API on a Unix socket: what an exporter asks of an engine, every call counted."""
import collections
import json
import os
import re
import socketserver
import threading

VERSION = {
    "Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64",
    "GitCommit": "0000000", "GoVersion": "go1.24", "KernelVersion": os.uname().release, "BuildTime": "2026-01-01T00:00:00Z",
    "Platform": {"Name": "Docker Engine - Community"}, "Components": [],
}


class Engine:
    """Containers are put in as `inspect` shows them; nothing ever happens to them."""

    def __init__(self, directory):
        self.socket = os.path.join(directory, "docker.sock")
        self.root = os.path.join(directory, "docker")
        self.calls = collections.Counter()
        self.answers = {}
        self.containers = []
        self.lock = threading.Lock()
        self.closed = threading.Event()
        self.server = Server(self.socket, Connection)
        self.server.engine = self
        self.put([])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"unix://{self.socket}"

    def put(self, containers):
        """Adds these. Every answer is written once: the time that a slow stand-in takes would be the exporter's."""
        self.containers += containers
        information = {
            "ID": "seamark-bench", "Containers": len(self.containers), "Driver": "overlay2", "DriverStatus": [],
            "DockerRootDir": self.root, "Name": os.uname().nodename, "ServerVersion": VERSION["Version"],
            "CgroupDriver": "cgroupfs", "KernelVersion": VERSION["KernelVersion"], "OperatingSystem": "Linux",
            "NCPU": os.cpu_count(), "MemTotal": 0, "Images": 1,
        }
        answers = {f"/containers/{one['Id']}/json": one for one in self.containers}
        answers |= {f"/images/{one['Config']['Image']}/json": {"Id": one["Image"], "RepoTags": []} for one in self.containers}
        answers |= {"/version": VERSION, "/info": information, "/containers/json": [entry(one) for one in self.containers]}
        self.answers = {path: json.dumps(answer).encode() for path, answer in answers.items()} | {"/_ping": b"OK"}

    def asked(self):
        """How often each question was asked."""
        with self.lock:
            return collections.Counter(self.calls)

    def answer(self, path):
        kind = re.sub("[0-9a-f]{64}", "ID", path)
        with self.lock:
            self.calls[kind] += 1
        return self.answers.get(path)


def entry(one):
    """What the list has of a container."""
    return {
        "Id": one["Id"], "Names": [one["Name"]], "Image": one["Config"]["Image"], "ImageID": one["Image"], "Command": "sleep",
        "Created": 1767225600, "Ports": [], "Labels": one["Config"]["Labels"], "State": "running", "Status": "Up 2 minutes",
        "HostConfig": {"NetworkMode": "bridge"}, "NetworkSettings": {"Networks": {}}, "Mounts": [],
    }


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


class Connection(socketserver.StreamRequestHandler):
    """As much of HTTP as it takes: requests without a body, one after another."""

    def handle(self):
        try:
            self.answer_all()
        except OSError:
            # Whoever asked has ended.
            pass

    def answer_all(self):
        engine = self.server.engine
        while request := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            target = request.split()[1].decode()
            path = re.sub(r"^/v1\.\d+/", "/", target.partition("?")[0])
            body = engine.answer(path)
            if path == "/events":
                self.send("200 OK", "Transfer-Encoding: chunked")
                # Open, and silent.
                engine.closed.wait()
                return
            status = "404 Not Found" if body is None else "200 OK"
            body = b'{"message":"no such thing"}' if body is None else body
            self.send(status, f"Content-Length: {len(body)}", b"" if request.startswith(b"HEAD") else body)

    def send(self, status, header, body=b""):
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nApi-Version: {VERSION['ApiVersion']}\r\n{header}\r\n\r\n"
        self.wfile.write(head.encode() + body)

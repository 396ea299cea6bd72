"""A Docker engine of cardboard behind a Unix socket: what is asked of it by seamark-exporter, and crashes on demand."""

import hashlib
import json
import queue
import re
import socketserver
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit


class Engine:
    """The containers of one host."""

    def __init__(self, socket):
        self.lock, self.containers, self.history, self.streams = threading.Lock(), {}, [], []
        engine = self

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            """Says nothing of clients that go away."""

            daemon_threads = True

            def handle_error(self, request, client_address):
                """Nothing."""

        class Handler(BaseHTTPRequestHandler):
            """The engine's API, as far as it is asked."""

            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Says nothing."""

            def do_GET(self):
                """Answers."""
                url = urlsplit(self.path)
                path = re.sub(r"^/v1\.\d+", "", url.path)
                if path == "/events":
                    self.stream(parse_qs(url.query).get("since", [None])[0])
                else:
                    self.answer(*engine.asked(path))

            def answer(self, status, value):
                """One JSON document."""
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Api-Version", "1.41")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def stream(self, since):
                """Events, from the past on and without an end."""
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                events = engine.listen(since)
                while True:
                    line = json.dumps(events.get()).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

        self.server = Server(str(socket), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def asked(self, path):
        """Status and answer to a question."""
        with self.lock:
            if path == "/_ping":
                return 200, "OK"
            if path == "/version":
                return 200, {"Version": "28.5.2", "ApiVersion": "1.41", "Components": []}
            if path == "/info":
                return 200, {"ID": "cardboard", "DockerRootDir": "/nonexistent"}
            if path == "/containers/json":
                return 200, [{"Id": key, "State": each["State"]["Status"]} for key, each in self.containers.items()]
            found = re.fullmatch(r"/containers/(\w+)/json", path)
            if found and found[1] in self.containers:
                return 200, self.containers[found[1]]
            return 404, {"message": f"no such thing: {path}"}

    def listen(self, since):
        """A queue with what has happened since then, and what will."""
        events = queue.Queue()
        with self.lock:
            for event in self.history:
                if since and event["timeNano"] >= float(since) * 1e9:
                    events.put(event)
            self.streams.append(events)
        return events

    def start(self, name):
        """A container begins to run."""
        identity = hashlib.sha256(name.encode()).hexdigest()
        state = {"Status": "running", "Running": True, "ExitCode": 0, "OOMKilled": False, "StartedAt": now(),
                 "FinishedAt": "0001-01-01T00:00:00Z"}  # fmt: skip
        with self.lock:
            self.containers[identity] = {
                "Id": identity, "Name": f"/{name}", "Image": "sha256:1234", "RestartCount": 0, "Created": now(),
                "State": state, "Config": {"Image": "shop:1", "Labels": {}},
                "HostConfig": {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}, "AutoRemove": False},
            }  # fmt: skip
        self.tell(identity, name, "create")
        self.tell(identity, name, "start")

    def crash(self, name, code):
        """It ends by itself."""
        identity = hashlib.sha256(name.encode()).hexdigest()
        with self.lock:
            self.containers[identity]["State"] |= {"Status": "exited", "Running": False, "ExitCode": code, "FinishedAt": now()}
        self.tell(identity, name, "die", exitCode=str(code), execDuration="1")

    def tell(self, identity, name, action, **more):
        """Tells all who listen."""
        moment = time.time_ns()
        event = {"Type": "container", "Action": action, "time": moment // 10**9, "timeNano": moment,
                 "Actor": {"ID": identity, "Attributes": {"name": name, "image": "shop:1", **more}}}  # fmt: skip
        with self.lock:
            self.history.append(event)
            for stream in self.streams:
                stream.put(event)


def now():
    """As Docker writes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

"""A stand-in for Alertmanager: takes alerts, and says which it holds for firing."""

import json
import re
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Says nothing of clients that are killed."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        """Nothing."""


class Alertmanager:
    """Keeps the last state of each alert and everything that was ever posted."""

    def __init__(self):
        self.lock = threading.Lock()
        self.held, self.posted = {}, []
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            """Two of the API's questions."""

            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Says nothing."""

            def answer(self, value):
                """Answers with JSON."""
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                """Which alerts fire."""
                self.answer(keeper.firing(re.findall(r'filter=alertname%3D%22(\w+)%22', self.path)))

            def do_POST(self):
                """Takes alerts."""
                keeper.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer({})

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, alerts):
        """Alerts that were posted."""
        with self.lock:
            for alert in alerts:
                self.held[tuple(sorted(alert["labels"].items()))] = alert
                self.posted.append((time.time(), alert))

    def firing(self, names):
        """Those whose end is ahead, of these names or of all."""
        with self.lock:
            alerts = list(self.held.values())
        return [each for each in alerts
                if moment(each["endsAt"]) > time.time() and (not names or each["labels"]["alertname"] in names)]  # fmt: skip

    def close(self):
        """Goes away."""
        self.server.shutdown()
        self.server.server_close()


def moment(text):
    """RFC 3339 in seconds since 1970."""
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp() + float(f"0.{rest or 0}")

"""Grafana as far as operating it goes: its first password, its login, its database in a volume.

The password is that of the file in `GF_SECURITY_ADMIN_PASSWORD__FILE`, or of `GF_SECURITY_ADMIN_PASSWORD`, or `admin`, and
is only looked at when there is no database yet.
"""

import base64
import hashlib
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

DATABASE = Path("/var/lib/grafana/grafana.db")


def first_password():
    named, given = os.environ.get("GF_SECURITY_ADMIN_PASSWORD__FILE"), os.environ.get("GF_SECURITY_ADMIN_PASSWORD")
    if named and given:
        raise SystemExit("both GF_SECURITY_ADMIN_PASSWORD and GF_SECURITY_ADMIN_PASSWORD__FILE are set")
    return (Path(named).read_text(encoding="utf-8").rstrip("\n") if named else given) or "admin"


def digest(password):
    return hashlib.sha256(password.encode()).hexdigest()


class Grafana(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/api/health":
            self.say(200)
        elif self.path == "/api/org":
            self.say(200 if self.may_enter() else 401)
        else:
            self.say(404)

    def do_PUT(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/api/user/password" or not self.may_enter():
            self.say(401)
        elif digest(asked["oldPassword"]) != DATABASE.read_text(encoding="utf-8"):
            self.say(400)
        else:
            DATABASE.write_text(digest(asked["newPassword"]), encoding="utf-8")
            self.say(200)

    def may_enter(self):
        name, _, password = base64.b64decode(self.headers.get("Authorization", "")[6:]).decode().partition(":")
        return name == "admin" and digest(password) == DATABASE.read_text(encoding="utf-8")

    def say(self, status):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    if not DATABASE.exists():
        DATABASE.write_text(digest(first_password()), encoding="utf-8")
    HTTPServer(("", 3000), Grafana).serve_forever()

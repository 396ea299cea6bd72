"""Stand-ins for the chats that say yes to every message and remember it. Their limits are the Rust tests' matter."""

import base64
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PNG = b"\x89PNG\r\n\x1a\n"
DISCORD, TELEGRAM, WECOM = "/api/webhooks/1/token", "/bot11:token/", "/cgi-bin/webhook/send"


class Chats:
    """One server that is Discord, Telegram and WeCom."""

    def __init__(self):
        self.lock, self.taken, self.pictures, self.last_at = threading.Lock(), [], [], None
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            """Takes messages."""

            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                """Says nothing."""

            def do_POST(self):
                """Answers as the chat does whose path it is."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = json.dumps(keeper.take(self.path, body)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, body):
        """Remembers a message; the answer to it."""
        with self.lock:
            self.last_at = time.time()
            number = len(self.taken) + len(self.pictures) + 1
            if path.startswith(DISCORD):
                self.keep("discord", body)
                return {"id": str(number), "channel_id": "1"}
            if path.startswith(TELEGRAM):
                self.keep("telegram", body)
                return {"ok": True, "result": {"message_id": number, "chat": {"id": 1}}}
            self.keep("wecom", body)
            return {"errcode": 0, "errmsg": "ok"}

    def keep(self, chat, body):
        """A message, a picture, or one with the other: WeCom has pictures alone, in JSON."""
        picture, alone = picture_in(body)
        if picture:
            self.pictures.append((chat, picture))
        if not alone:
            self.taken.append((chat, text(body)))

    def charts(self, chat):
        """The sizes in pixels of the pictures that one of them has got."""
        with self.lock:
            return [size(picture) for name, picture in self.pictures if name == chat]

    def messages(self, chat):
        """What one of them has got, oldest first."""
        with self.lock:
            return [body for name, body in self.taken if name == chat]

    def channels(self):
        """The relay's settings for all three."""
        return f"""
channels:
  discord: {{type: discord, webhook_url: "{self.url}{DISCORD}"}}
  telegram: {{type: telegram, bot_token: "11:token", chat_id: "1", api_url: "{self.url}"}}
  wecom: {{type: wecom, webhook_url: "{self.url}{WECOM}?key=k"}}
"""


def picture_in(body):
    """The PNG in a call, and whether there is nothing else in it."""
    try:
        content = json.loads(body)
        if content.get("msgtype") == "image":
            return base64.b64decode(content["image"]["base64"]), True
        return None, False
    except ValueError:
        at = body.find(PNG)
        return (body[at:] if at >= 0 else None), False


def size(picture):
    """Width and height, from its first chunk."""
    return struct.unpack(">II", picture[16:24]) if picture.startswith(PNG) else (0, 0)


def text(body):
    """What people could read in it; of pictures between the words, whatever that gives."""
    words = body.decode(errors="replace")
    try:
        return json.dumps(json.loads(words), ensure_ascii=False)
    except ValueError:
        return words

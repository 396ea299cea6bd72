"""`python3 health.py [HOST:PORT]`: 0 where the application says that it works, for HEALTHCHECK.

Runs every few seconds for as long as the application does, so it begins quickly: a socket, and nothing of urllib.
"""

import socket
import sys

host, _, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8000").rpartition(":")
try:
    with socket.create_connection((host, int(port)), timeout=4) as connection:
        connection.sendall(f"GET /health HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b"")).decode(errors="replace")
except OSError as error:
    sys.exit(f"{host}:{port}: {error}")
head, _, body = answer.partition("\r\n\r\n")
print(body)
sys.exit(0 if head.split(" ")[1:2] == ["200"] else head.partition("\r\n")[0] or "no answer")

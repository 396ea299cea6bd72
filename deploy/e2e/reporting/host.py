"""A host that Prometheus can scrape: a quarter of its processor and of its memory are in use, at any time."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BOOTED = time.time() - 3600


def page():
    """What node_exporter would say of it."""
    up = time.time() - BOOTED
    return f"""
node_boot_time_seconds {BOOTED}
node_context_switches_total {up * 1000}
node_cpu_seconds_total{{cpu="0",mode="idle"}} {up * 0.75}
node_cpu_seconds_total{{cpu="0",mode="user"}} {up * 0.25}
node_memory_MemTotal_bytes 4e9
node_memory_MemAvailable_bytes 3e9
node_network_receive_bytes_total{{device="eth0"}} {up * 1e5}
node_network_transmit_bytes_total{{device="eth0"}} {up * 2e5}
""".lstrip()


class Handler(BaseHTTPRequestHandler):
    """Shows the page."""

    def log_message(self, *_):
        """Says nothing."""

    def do_GET(self):
        """Whatever is asked for."""
        body = page().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def host():
    """Starts one; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]

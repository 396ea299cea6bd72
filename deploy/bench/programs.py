"""The programs that are measured: started, scraped, and what they cost.

CPU time is that of the whole process, in nanoseconds, by its clock. The wall time is not told where it can be helped, as
it is the neighbours' too; where peers are compared they take turns, so that whatever else the machine does meets all.
"""
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

# What node_exporter has on by default and Seamark leaves out on purpose, and what only Seamark has.
LEFT_OUT = ["infiniband", "fibrechannel", "tapestats", "ipvs", "bcachefs"]
# Upstream's defaults where Debian's build has others, and what Debian switches on.
UPSTREAM = [
    "--no-collector.systemd",
    "--collector.filesystem.mount-points-exclude=^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
    "--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$",
]
# Of strace: how often each was called, and in all.
COUNT_CALLS = ["-c", "-qq", "-U", "calls,name"]
# As in the images.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}
LISTEN = "--web.listen-address=127.0.0.1:{port}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """One that runs. `{port}` in its command is where it is to listen; it is there when it has answered."""

    def __init__(self, name, command, answers="/metrics"):
        self.name = name
        self.port = free_port()
        self.log = tempfile.NamedTemporaryFile(mode="r", prefix="bench-", suffix=".log")
        command = [part.replace("{port}", str(self.port)) for part in command]
        started = time.monotonic()
        with open(self.log.name, "w", encoding="utf-8") as log:
            environment = {**os.environ, **ENVIRONMENT}
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while True:
            try:
                self.first = self.get(answers)
                # Milliseconds from its start to its first answer.
                self.first_after = (time.monotonic() - started) * 1e3
                return
            except OSError:
                self.connection.close()
                if self.process.poll() is not None or time.monotonic() > started + 20:
                    self.stop()
                    sys.exit(f"{name} does not answer:\n{self.log.read()}")
                time.sleep(0.001)

    def get(self, path, headers=None):
        try:
            response = self.ask(path, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError):
            # It closed a connection that was idle for long, as it may.
            self.connection.close()
            response = self.ask(path, headers)
        body = response.read()
        if response.status != 200:
            raise OSError(f"{self.name} answered {response.status}: {body[:200]!r}")
        return body

    def ask(self, path, headers):
        self.connection.request("GET", path, headers=headers or {})
        return self.connection.getresponse()

    def scrape(self, encoding):
        headers = {"Accept-Encoding": encoding, "Accept": "text/plain;version=0.0.4", "X-Prometheus-Scrape-Timeout-Seconds": "10"}
        return self.get("/metrics", headers)

    def cpu(self):
        """Nanoseconds of CPU of all its threads, those that ended included."""
        return time.clock_gettime_ns((~self.process.pid << 3) | 2)

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":", 1) for line in status)
        return int(fields["VmRSS"].split()[0]) * 1024

    def system_calls(self, scrapes):
        """Calls per scrape as strace counts them; without those of a time at rest, which are next to none."""
        with tempfile.NamedTemporaryFile(mode="r", prefix="bench-", suffix=".strace") as table:
            trace = subprocess.Popen(
                ["strace", "-f", *COUNT_CALLS, "-o", table.name, "-p", str(self.process.pid)], stderr=subprocess.DEVNULL
            )
            try:
                while not self.is_traced():
                    time.sleep(0.01)
                for _ in range(scrapes):
                    self.scrape("gzip")
            finally:
                trace.terminate()
                trace.wait()
            return calls_in(table.read()) / scrapes

    def is_traced(self):
        tasks = f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/status", encoding="ascii") as status:
                if "TracerPid:\t0\n" in status.read():
                    return False
        return True

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def calls_in(table):
    """The sum of a table of `strace -c -U calls,name`."""
    totals = [line.split()[0] for line in table.splitlines() if line.endswith(" total")]
    return int(totals[-1]) if totals else 0


def cpu_per_scrape(programs, encoding, scrapes):
    """Median milliseconds of CPU by name; they take turns."""
    spent = {program.name: [] for program in programs}
    for _ in range(scrapes):
        for program in programs:
            before = program.cpu()
            program.scrape(encoding)
            spent[program.name].append(program.cpu() - before)
    return {name: statistics.median(values) / 1e6 for name, values in spent.items()}


def cpu_during(programs, seconds, then=lambda: None, times=1):
    """Milliseconds of CPU by name while that time passes so often, and `then` is done after each."""
    before = {program.name: program.cpu() for program in programs}
    for _ in range(times):
        time.sleep(seconds)
        then()
    return {program.name: (program.cpu() - before[program.name]) / 1e6 for program in programs}


def series(text):
    return sum(1 for line in text.splitlines() if not line.startswith(b"#"))

"""Hosts that are namespaces: each with one cable to a switch that is a namespace, too. Nothing leaves them."""

import os
import signal
import subprocess

CENTRAL = "central"
HOSTS = ("host-1", "host-2", "host-3")
# The third has IPv6 alone.
# The last of the central host's is that of the door.
ADDRESSES = {CENTRAL: ("10.77.0.1", "fd77::1", "10.77.0.2"), "host-1": ("10.77.0.11",), "host-2": ("10.77.0.12",), "host-3": ("fd77::13",)}


def ip(*words, check=True):
    """Runs `ip`; its output."""
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True).stdout


class Network:
    """The namespaces of one run of the story."""

    def __init__(self, run):
        self.run = run

    def name(self, host):
        """The namespace of a host."""
        return f"seamark-{self.run}-{host}"

    def lay(self):
        """Makes all of it."""
        switch = self.name("switch")
        ip("netns", "add", switch)
        ip("-n", switch, "link", "add", "bridge0", "type", "bridge")
        ip("-n", switch, "link", "set", "bridge0", "up")
        for host, addresses in ADDRESSES.items():
            namespace, port = self.name(host), f"to-{host}"
            ip("netns", "add", namespace)
            ip("-n", namespace, "link", "set", "lo", "up")
            ip("-n", namespace, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", switch)
            ip("-n", switch, "link", "set", port, "master", "bridge0", "up")
            ip("-n", namespace, "link", "set", "eth0", "up")
            for address in addresses:
                length, more = ("64", ["nodad"]) if ":" in address else ("24", [])
                ip("-n", namespace, "addr", "add", f"{address}/{length}", "dev", "eth0", *more)

    def cut(self, host):
        """Cuts a host off behind its cable: the line stays up, and nothing comes or goes."""
        ip("-n", self.name("switch"), "link", "set", f"to-{host}", "nomaster")

    def mend(self, host):
        """Connects it again."""
        ip("-n", self.name("switch"), "link", "set", f"to-{host}", "master", "bridge0")

    def inside(self, host, command):
        """The command, in the host's namespace."""
        return ["ip", "netns", "exec", self.name(host), *map(str, command)]

    def remove(self):
        """Takes all of it away, and ends what still runs there: nobody else does."""
        for host in (*ADDRESSES, "switch"):
            for process in ip("netns", "pids", self.name(host), check=False).split():
                if int(process) != os.getpid():
                    os.kill(int(process), signal.SIGKILL)
            ip("netns", "del", self.name(host), check=False)

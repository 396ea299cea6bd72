"""What has to be seen after each block of the README, by the words of its comment."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request

from story import docker
from story.chat import Chat
from story.wait import until
from story.web import answer

DEMO = "demo"
# The service and its port within the network behind each port of the README.
PORTS = {"9090": ("prometheus", 9090), "9093": ("alertmanager", 9093), "3001": ("grafana", 3000), "9877": ("exporter", 9877),
         "9878": ("relay", 9878)}
# What answers instead, where the images are stand-ins: Debian's Prometheus comes without its pages.
WITHOUT_PAGES = {"": "/-/ready", "/targets": "/api/v1/targets", "/rules": "/api/v1/rules"}
MINUTES = 60


class Walk:
    """One walk: the stack as it is looked at from outside, the clone with its shell, and what was found."""

    def __init__(self, stack, clone, verdict):
        self.stack = stack
        self.clone = clone
        self.verdict = verdict
        self.chat = None
        self.services = {"exporter", "docker-proxy", "relay", "alertmanager", "prometheus"} | ({"grafana"} if stack.with_grafana else set())

    def step(self, block):
        """Runs a block and looks at what comes of it."""
        OUTCOMES[block.promise](self, self.clone.start(block.commands))

    def healthy(self, shell):
        shell.finish(3 * MINUTES)
        expected = {name: "healthy" for name in self.services}
        until("all services healthy", lambda: self.stack.services() == expected, deadline=2 * MINUTES)
        self.verdict.check(f"{len(expected)} services are healthy", True)

    def listed(self, shell):
        lines = shell.finish(MINUTES).splitlines()
        healthy = {name for name in self.services for line in lines if f"{self.stack.project}-{name}-1" in line and "(healthy)" in line}
        self.verdict.equal("`ps` lists each as healthy", healthy, self.services)
        beyond = [line for line in lines if "0.0.0.0" in line or "[::]" in line]
        self.verdict.equal("and none listens beyond 127.0.0.1", beyond, [])

    def crash_in_the_log(self, shell):
        try:
            until("the crash in the log", lambda: re.search(f"{DEMO} crashed on .* \\(exit code 3\\)", shell.printed()), deadline=MINUTES / 2)
            self.verdict.check("the relay's log tells of the crash, with its exit code", True)
        except TimeoutError:
            self.verdict.check("the relay's log tells of the crash, with its exit code", False, shell.printed()[-3000:])
        finally:
            shell.stop()

    def env_filled_in(self, shell):
        shell.finish(MINUTES)
        self.chat = Chat(self.stack.start_stand_in())
        self.clone.fill_in(".env", "DISCORD_WEBHOOK_URL", self.stack.webhook_url)
        self.verdict.check("the webhook is filled in", self.stack.webhook_url in self.clone.read(".env"))

    def told_in_chat(self, shell):
        shell.finish(3 * MINUTES)
        until("the next crash in the chat", lambda: self.chat.messages(f"{DEMO} crashed on", "exit code 3"), deadline=MINUTES)
        told = [each.text for each in self.chat.messages(DEMO)]
        self.verdict.check("the chat hears of the recovery, then of the next crash",
                           f"{DEMO} recovered on" in told[0] and f"{DEMO} crashed on" in told[-1], told)
        self.links_answer()

    def links_answer(self):
        """Every page of this host that the README names."""
        for url in sorted(set(re.findall(r"http://localhost:\d+[^)>`\s]*", self.clone.read("README.md")))):
            parts = urllib.parse.urlsplit(url)
            service, port = PORTS[str(parts.port)]
            path = WITHOUT_PAGES[parts.path] if service == "prometheus" and not self.stack.with_grafana else parts.path
            if service in self.services:
                status, _ = answer(self.stack.url(service, port) + path)
                self.verdict.equal(f"{url} answers", status, 200)

    def token_taken(self, shell):
        token = shell.finish(MINUTES).strip()
        relay = self.stack.url("relay", 9878)
        self.verdict.equal("a wrong token is refused", login(relay, token + "x"), (403, False))
        self.verdict.equal("with the printed one the page opens", login(relay, token), (200, True))

    def gone(self, shell):
        shell.finish(MINUTES)
        self.verdict.equal("the container is gone", docker.docker("ps", "--all", "--quiet", "--filter", f"name=^{DEMO}$"), "")

    def good_file(self, shell):
        self.verdict.check("the file is good", "The configuration is good." in shell.finish(MINUTES), shell.printed())

    def nothing_left(self, shell):
        # Of the walk itself: it is in the stack's network.
        docker.docker("rm", "--force", "--volumes", *self.stack.containers())
        self.stack.webhook_url = None
        shell.finish(2 * MINUTES)
        mine = ("--quiet", "--filter", f"label=com.docker.compose.project={self.stack.project}")
        left = [docker.docker(*what, *mine) for what in (("ps", "--all"), ("volume", "ls"), ("network", "ls"))]
        self.verdict.equal("no container, volume or network is left", left, ["", "", ""])


def login(relay, token):
    """The status of a login at the relay's page, and whether it leads in."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = urllib.parse.urlencode({"name": "", "secret": token, "to": "messages"}).encode()
    try:
        with opener.open(f"{relay}/login", form, timeout=10) as response:
            return response.status, response.url.endswith("/messages")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, False


OUTCOMES = {
    "six services are healthy": Walk.healthy,
    "six services are listed as healthy": Walk.listed,
    f"within 30 seconds the log tells of the crash of `{DEMO}`, with exit code 3": Walk.crash_in_the_log,
    ".env is there, to be filled in": Walk.env_filled_in,
    f"the chat is told of the recovery of `{DEMO}`, then of its next crash": Walk.told_in_chat,
    "it prints the token, and the relay's page takes it": Walk.token_taken,
    "the container is gone": Walk.gone,
    "it says that the file is fine": Walk.good_file,
    "no container, volume or network of the stack is left": Walk.nothing_left,
}

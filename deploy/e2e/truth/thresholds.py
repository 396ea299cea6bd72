"""One limit in exporter.yml moves the line in the panel and the alert; no rule is touched."""

import re

from story.stack import TOP
from story.wait import until

from . import boards

CHECK = "host_memory"
ALERT = "HostMemoryHigh"
# Every host uses more than that, and none uses the limit that was there before.
LOW, USUAL = "1%", "80%"
# Two scrapes, two evaluations, and something for a machine that is busy.
SEEN = 75
# The alert waits two minutes itself; then come the group's wait and the chat.
TOLD = 240


class Story:
    """The moments of the story; between them the stack does other things."""

    def __init__(self, stage, prometheus, chat, verdict, host):
        self.stage, self.prometheus, self.chat, self.verdict, self.host = stage, prometheus, chat, verdict, host
        self.line = line(boards.read(TOP), host)
        self.rules = self.queries_of_rules()

    def begin(self):
        """The line is where the file says; the limit goes down, and the line follows."""
        self.verdict.equal(f"a panel draws the line of {CHECK}", bool(self.line), True)
        self.line_moves_to(0.8)
        self.verdict.equal(f"{ALERT} is silent below its limit", self.state(), None)
        self.stage.limit_memory(LOW)
        self.stage.reload_exporter()
        self.line_moves_to(0.01)
        self.settle(lambda: self.state() in ("pending", "firing"), SEEN)
        self.verdict.check(f"above the new limit {ALERT} waits or fires", self.state() in ("pending", "firing"), self.state())

    def end(self):
        """It has fired and was told; the limit goes up again, and all is as before."""
        self.settle(lambda: self.state() == "firing", TOLD)
        self.verdict.equal(f"{ALERT} fires", self.state(), "firing")
        told = self.settle(lambda: self.told(), TOLD)
        self.verdict.check("the chat was told, with the limit", bool(told) and "1%" in told[0].text, told)
        self.stage.limit_memory(USUAL)
        self.stage.reload_exporter()
        self.line_moves_to(0.8)
        self.settle(lambda: self.state() is None, SEEN)
        self.verdict.equal(f"{ALERT} is silent again", self.state(), None)
        self.verdict.equal("no rule was touched", self.queries_of_rules(), self.rules)

    def line_moves_to(self, limit):
        """What the panel asks for its line."""
        self.settle(lambda: self.drawn() == [limit], SEEN)
        self.verdict.equal(f"the panel's line is at {limit:.0%}", self.drawn(), [limit])

    def drawn(self):
        """Where the warning lines of this host are."""
        found = self.prometheus.instant(self.line)
        return sorted({value for labels, value in found if labels.get("severity", "warning") == "warning"})

    def state(self):
        """Of the alert about this host's memory."""
        alerts = self.prometheus.call("alerts")["alerts"]
        states = [each["state"] for each in alerts if each["labels"]["alertname"] == ALERT
                  and each["labels"].get("instance") == self.host and each["labels"].get("severity") == "warning"]  # fmt: skip
        return max(states, key=["pending", "firing"].index, default=None)

    def told(self):
        """Messages about it."""
        return [each for each in self.chat.messages(self.host) if re.search(r"[Mm]emory of", each.text)]

    def queries_of_rules(self):
        """The expression of each rule."""
        return [(rule["name"], rule["query"]) for _, rule in self.prometheus.rules()]

    def settle(self, ready, deadline):
        """Waits; whether it came is for the check that follows to say."""
        try:
            return until("", ready, deadline=deadline, pause=1.0)
        except TimeoutError:
            return None


def line(dashboards, host):
    """The query of the first panel that draws the limit."""
    for dashboard in dashboards:
        for panel in boards.panels(dashboard):
            for target in panel.get("targets", []):
                expression = target["expr"]
                if "seamark:threshold" in expression and f'check="{CHECK}"' in expression:
                    values = {"job": ".+", "instance": re.escape(host), "name": ".+"}
                    return boards.fill(expression, values)
    return None


"""The stories, all at the same time: they wait for the same minute."""

import json
import re
import time
import urllib.request
from datetime import datetime, timedelta, timezone

from story.wait import until
from story.web import get, get_json

from .chats import Chats
from .programs import free_port

# What the report says when the relay sends it by itself.
ALONE = "the relay sends it by itself"
CHATS = ("discord", "telegram", "wecom")
# The relay's rule for "Alertmanager did not call", shortened; the default is 3 m.
GRACE = 10
# From now to the minute in which the reports are due, at least: all has to be up by then.
LEAD = 10
# What has been sent after this long was sent. Longer than Alertmanager's interval for the group, 30 s: it would call again.
QUIET = 40


class Story:
    """A relay with its chats and Alertmanagers."""

    def __init__(self, programs, name, prometheus, alertmanagers=1):
        self.name, self.chats, port = name, Chats(), free_port()
        self.url, self.programs, self.port = f"http://127.0.0.1:{port}", programs, port
        self.token = programs.directory / f"{name}-token"
        self.token.write_text("secret")
        if alertmanagers:
            self.alertmanagers = programs.alertmanagers(name, alertmanagers, self.url, self.token)
        else:
            self.alertmanagers = [f"http://127.0.0.1:{free_port()}"]
        self.prometheus, self.relay = prometheus, None

    def start(self, due):
        """Starts the relay, whose report is due then."""
        cron = f"{due.minute} {due.hour} {due.day} {due.month} *"
        self.relay = self.programs.relay(self.name, self.port, f"""
token_file: {self.token}
prometheus: {self.prometheus}
alertmanagers: {json.dumps(self.alertmanagers)}
reports: {{daily: {{cron: "{cron}", timezone: UTC, range: 5m, grace: {GRACE}s}}}}
{self.chats.channels()}""")

    def counts(self):
        """How many messages each chat has got."""
        return {chat: len(self.chats.messages(chat)) for chat in CHATS}

    def metric(self, series):
        """The value of a series of the relay."""
        found = re.search(rf"^{re.escape(series)} (\S+)$", get(f"{self.url}/metrics"), re.MULTILINE)
        return float(found[1]) if found else None

    def pending(self):
        """How many messages wait for each chat."""
        return [self.metric(f'seamark_relay_outbox_pending{{channel="{chat}"}}') for chat in CHATS]

    def runs(self, result):
        """How many reports came to this."""
        return self.metric(f'seamark_report_runs_total{{report="daily",result="{result}"}}')

    def post(self, url, body=b""):
        """Posts something with the relay's token."""
        headers = {"Authorization": "Bearer secret", "Content-Type": "application/json"}
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as response:
            return response.read()

    def silence(self):
        """Silences the report in Alertmanager, for an hour."""
        now = datetime.now(timezone.utc)
        moment = lambda minutes: (now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        matcher = {"name": "report", "value": "daily", "isRegex": False, "isEqual": True}
        silence = {"matchers": [matcher], "startsAt": moment(0), "endsAt": moment(60), "createdBy": "story", "comment": "quiet"}
        self.post(f"{self.alertmanagers[0]}/api/v2/silences", json.dumps(silence).encode())
        until("the silence is active", lambda: get_json(f"{self.alertmanagers[0]}/api/v2/silences"))


def tell(programs, verdict):
    """All of it."""
    prometheus = programs.prometheus()
    one = Story(programs, "one", prometheus)
    two = Story(programs, "two", prometheus, alertmanagers=2)
    down = Story(programs, "down", prometheus, alertmanagers=0)
    silenced = Story(programs, "silenced", prometheus)
    killed = Story(programs, "killed", prometheus)
    peers = f"{two.alertmanagers[0]}/api/v2/status"
    until("the cluster has found itself", lambda: len(get_json(peers)["cluster"].get("peers") or []) == 2, deadline=60)
    silenced.silence()
    due = (datetime.now(timezone.utc) + timedelta(seconds=LEAD)).replace(second=0, microsecond=0) + timedelta(minutes=1)
    stories = (one, two, down, silenced, killed)
    for story in stories:
        story.start(due)
    verdict.check("no chat has got anything before", all(not any(story.counts().values()) for story in stories))
    verdict.equal("the next report is due when the cron says",
                  one.metric('seamark_report_next_due_timestamp_seconds{report="daily"}'), due.timestamp())
    sleep_until(due.timestamp() - 2)
    verdict.check("no chat has got anything before it is due", all(not any(story.counts().values()) for story in stories))
    killed.relay.kill()
    sleep_until(due.timestamp() + 3)
    killed.relay.start()
    arrival(one)
    print(f"  from the due second to the last chat: {one.chats.last_at - due.timestamp():.2f} s")
    arrival(killed)
    # What a chat has just taken and the relay has not yet noted would be sent again, and say so: see deploy/delivery.md.
    until("the outbox is empty", lambda: not any(killed.pending()))
    killed.relay.kill()
    killed.relay.start()
    arrival(two)
    arrival(down)
    until("the silence is noticed", lambda: silenced.runs("suppressed"), deadline=60)
    sleep_until(time.time() + QUIET)
    judge(verdict, one, two, down, silenced, killed)
    asked_for(verdict, one)


def sleep_until(moment):
    """Sleeps, if it is not yet so late."""
    time.sleep(max(0.0, moment - time.time()))


def arrival(story):
    """Waits until each chat has got something."""
    until(f"`{story.name}` has a message in each chat", lambda: all(story.counts().values()), deadline=90)


def judge(verdict, one, two, down, silenced, killed):
    """What has to hold when nothing more comes."""
    once = {chat: 1 for chat in CHATS}
    verdict.equal("one Alertmanager: exactly one report in each chat", one.counts(), once)
    verdict.equal("…which Alertmanager has called for", (one.runs("ok"), one.runs("self")), (1.0, 0.0))
    verdict.equal("…and nothing is pending", one.metric('seamark_report_pending{report="daily"}'), 0.0)
    verdict.equal("two Alertmanagers in a cluster: exactly one report in each chat", two.counts(), once)
    verdict.equal("…which an Alertmanager has called for", (two.runs("ok"), two.runs("self")), (1.0, 0.0))
    verdict.equal("no Alertmanager answers: exactly one report in each chat", down.counts(), once)
    verdict.equal("…which the relay has sent by itself", (down.runs("ok"), down.runs("self")), (0.0, 1.0))
    for chat in CHATS:
        alone, called = down.chats.messages(chat)[0], one.chats.messages(chat)[0]
        verdict.check(f"…and says so ({chat}), as the other one does not",
                      ALONE in alone and ALONE not in called, (alone, called))
        verdict.check(f"the report names itself ({chat})", "daily" in called, called)
        for story in (one, two, down, killed):
            sizes = story.chats.charts(chat)
            verdict.check(f"a chart came with it ({chat}, {story.name})",
                          len(sizes) == 1 and min(sizes[0]) > 400, sizes)
    verdict.equal("a silence: no report in any chat", silenced.counts(), {chat: 0 for chat in CHATS})
    verdict.equal("…which is not taken for a loss",
                  (silenced.runs("suppressed"), silenced.metric('seamark_report_missed_total{report="daily"}')), (1.0, 0.0))
    verdict.equal("killed before it was due, and once more after it: exactly one report in each chat", killed.counts(), once)


def asked_for(verdict, story):
    """A report at any other time, and Alertmanager's call once more."""
    before = story.counts()
    story.post(f"{story.url}/api/v1/reports/daily/run", b'{"channels": ["discord"]}')
    until("the report that was asked for", lambda: story.counts()["discord"] > before["discord"])
    verdict.equal("a report that somebody asks for goes where it was wanted",
                  story.counts(), before | {"discord": before["discord"] + 1})

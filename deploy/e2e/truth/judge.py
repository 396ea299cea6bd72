"""Every query of every dashboard and rule, put to a Prometheus."""

import re
import time
from collections import Counter

from . import boards
from .ask import Refused, selectors

# The course that is asked for ends now and goes back this far, with a point for each scrape.
COURSE_S = 600


def short(text):
    """Without the end of lists of all names."""
    return re.sub(r'"([^"]{60})[^"]{20,}"', r'"\1…"', text)


class Judge:
    """Counts, and says each fault in words."""

    def __init__(self, prometheus, exceptions):
        self.prometheus, self.exceptions = prometheus, exceptions
        self.counts, self.faults, self.excused = Counter(), [], []
        self.found = {}

    def fault(self, where, expression, what):
        """One thing that is wrong."""
        self.faults.append(short(f"{where}: {what}\n            in `{expression}`"))

    def parse(self, where, expression):
        """The selectors of an expression, or `None`."""
        self.counts["expressions"] += 1
        try:
            return selectors(self.prometheus.parse(expression))
        except Refused as refused:
            self.fault(where, expression, f"does not parse: {refused}")
            return None

    def has_series(self, selector):
        """Whether a selector finds something. It is asked once, however many queries have it."""
        if selector not in self.found:
            self.counts["selectors"] += 1
            self.found[selector] = bool(self.prometheus.instant(selector.question()))
        return self.found[selector]

    def selectors_have_series(self, where, expression, found):
        """Whether all have; a fault for each that has none and no excuse."""
        all_there = True
        for selector in found:
            if self.has_series(selector):
                continue
            all_there = False
            reason = self.exceptions.excuse("selector", str(selector))
            if reason is None:
                self.fault(where, expression, f"`{selector}` finds no series")
            else:
                self.excused.append(short(f"{where}: `{selector}`: {reason}"))
        return all_there

    def rule(self, group, rule):
        """A rule: it is evaluated, and everything it looks at is there."""
        where = f"rule {group['file'].rpartition('/')[2]} / {rule['name']}"
        self.counts[f"{rule['type']} rules"] += 1
        if rule["health"] != "ok":
            self.fault(where, rule["query"], f"its evaluation is `{rule['health']}`: {rule.get('lastError', '')}")
        found = self.parse(where, rule["query"])
        if found is not None:
            self.selectors_have_series(where, rule["query"], found)
            self.answer(where, rule["query"], True)

    def variable(self, where, selector):
        """A variable of a dashboard that has no value."""
        reason = self.exceptions.excuse("selector", selector)
        if reason is None:
            self.fault(where, selector, "has no values to choose from")
        else:
            self.excused.append(f"{where}: {reason}")

    def query(self, query):
        """A query of a dashboard: what it looks at is there, and it has something to show."""
        self.counts["queries of dashboards"] += 1
        found = self.parse(query.where, query.expression)
        if found is None:
            return
        complete = self.selectors_have_series(query.where, query.expression, found)
        if self.answer(query.where, query.expression, query.instant) or not query.must_answer:
            return
        reason = self.exceptions.excuse("empty", query.where)
        if reason is not None:
            self.excused.append(f"{query.where}: {reason}")
        elif complete:
            self.fault(query.where, query.expression, "shows nothing, though each of its selectors finds series")

    def answer(self, where, expression, instant):
        """Whether there is a number in the answer."""
        now = time.time()
        try:
            if instant:
                return bool(self.prometheus.instant(expression))
            return self.prometheus.has_course(expression, now - COURSE_S, now, boards.STEP_S)
        except Refused as refused:
            self.fault(where, expression, f"is refused: {refused}")
            return True

    def idle_exceptions(self):
        """A fault for each exception that nothing needed."""
        for each in self.exceptions.idle():
            self.faults.append(f"exceptions.json: nothing needs `{each.get('selector') or each.get('empty')}` "
                               f"({each['reason']}); take it out")  # fmt: skip

"""A month before the stack was started, for what looks so far back: blocks made by promtool."""

import math
import os
import re
import tempfile
import time

from story.docker import docker

DAYS = 31
STEP_S = 900
# About the moments that are asked for, as close as scrapes, for so long before and after.
CLOSE_S = 15
ABOUT_S = 900
GROWS = re.compile(r"_(total|count|sum|bucket)$")


def write(stack, prometheus, began, wanted):
    """Writes a month of every series that these selectors have now into the stack's store; how many.

    It ends a moment before the stack began: what a block has, Prometheus takes from nowhere else.
    """
    series = {}
    moments = when(began, time.time(), {selector.offset_ms // 1000 for selector in wanted})
    for selector in wanted:
        for labels, value in prometheus.instant(f"last_over_time({selector.series}[300s])"):
            # The function keeps the name.
            series[tuple(sorted(labels.items()))] = value
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "past.om")
        with open(path, "w", encoding="utf-8") as file:
            for labels, value in sorted(series.items()):
                file.writelines(past(dict(labels), value, moments))
            file.write("# EOF\n")
        os.chmod(folder, 0o755)
        if series:
            docker("run", "--rm", "--user", "0", "--volume", f"{stack.project}_prometheus-data:/prometheus",
                   "--volume", f"{folder}:/past:ro", "--entrypoint", "/bin/sh", stack.image("prometheus"), "-c",
                   "/bin/promtool tsdb create-blocks-from openmetrics --quiet --max-block-duration=744h /past/past.om /prometheus "
                   "&& chown -R 65534:65534 /prometheus")  # fmt: skip
    return len(series)


def when(began, now, offsets):
    """The moments of a month, in their order."""
    end = int(began) - 30
    moments = set(range(end - DAYS * 86400, end, STEP_S))
    for offset in offsets:
        moments |= set(range(int(now) - offset - ABOUT_S, min(int(now) - offset + ABOUT_S, end), CLOSE_S))
    return sorted(moments)


def past(labels, value, moments):
    """The samples of one series: a counter that grew to what it is, or a gauge about its value."""
    name = labels.pop("__name__")
    text = ",".join(f'{label}="{escaped(content)}"' for label, content in labels.items())
    grows, first, last = GROWS.search(name), moments[0], moments[-1]
    for at in moments:
        steady = value in (0, 1) or math.isinf(value)
        told = value if steady else value * (at - first) / (last - first) if grows else value * (1 + 0.05 * math.sin(at / 7000))
        yield f"{name}{{{text}}} {number(told)} {at}\n"


def number(value):
    """A value as OpenMetrics writes it."""
    return f"{value:+}".replace("inf", "Inf") if math.isinf(value) else repr(value)


def escaped(text):
    """A label's value as OpenMetrics writes it."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

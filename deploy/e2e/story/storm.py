"""Many containers crash in one moment: few messages, and nobody is forgotten."""

import os
import re
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from . import docker
from .wait import until

CONTAINERS = 200
# People read so many.
FEWER_THAN = 12
# Longer than any wait of Alertmanager's for what the exporter pushes, and than the chat's longest pause (a minute).
QUIET = 65.0
# Opening it waits for whoever writes: all go on in the same moment, and meanwhile none costs anything.
CRASH_TOGETHER = "read line < /gate/all; exit 3"


def many_at_once(stack, verdict, chat):
    """Two hundred crashes, and the messages about them."""
    with tempfile.TemporaryDirectory() as folder:
        gate = os.path.join(folder, "all")
        os.mkfifo(gate)
        names = begin(stack, folder)
        began = time.time()
        open_gate(gate)
        until("all have ended", lambda: not running(stack), deadline=60)
        took = time.time() - began
    # The engine may have other containers, and those their own troubles.
    about = stack.name("storm-")
    told = quiet(chat, began, about)
    named = set(re.findall(rf"\b{re.escape(about)}\d+\b", "\n".join(each.text for each in told)))
    print(f"  {CONTAINERS} containers ended within {took:.1f} s: {len(told)} messages, {len(named)} named, "
          f"the last message {told[-1].at - began:.0f} s after the first end" if told else "  nothing was told")
    verdict.check(f"{CONTAINERS} crashes at once make {len(told)} messages, fewer than {FEWER_THAN}",
                  0 < len(told) < FEWER_THAN, [each.text[:300] for each in told])
    # A message that only counts some ("12 more") does not say whom, so that somebody else might be forgotten.
    verdict.check("every container of the storm is named, and nobody else", named == set(names),
                  sorted(named ^ set(names))[:20])
    return names


def begin(stack, folder):
    """Starts all of them; their names."""
    options = ["--network", "none", "--volume", f"{folder}:/gate"]
    with ThreadPoolExecutor(4) as pool:
        shorts = [f"storm-{number:03}" for number in range(1, CONTAINERS + 1)]
        return list(pool.map(lambda short: stack.container(short, CRASH_TOGETHER, *options), shorts))


def running(stack):
    """Those of the storm that still run."""
    filters = ("--filter", f"label={stack.label}", "--filter", f"name={stack.name('storm-')}")
    return docker.docker("ps", "--quiet", *filters).split()


def open_gate(path):
    """Lets all of them go on."""
    # They find the end of the file as soon as it is closed.
    os.close(os.open(path, os.O_WRONLY))


def quiet(chat, began, about):
    """What was told of it since then, once nothing has come for a while."""
    while True:
        told = [each for each in chat.messages(about) if each.at >= began]
        if time.time() - max([began, *(each.at for each in told)]) > QUIET:
            return told
        time.sleep(1.0)

"""Waiting for something that real programs do in their own time."""

import time


def until(what, ready, deadline=30.0, pause=0.1):
    """Asks `ready` until it gives something true, and gives that; an error that names `what` after the deadline."""
    end = time.monotonic() + deadline
    while True:
        found = ready()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {deadline:.0f} s")
        time.sleep(pause)

"""`python3 -m traffic`: some traffic to the sample application, so that there is something to see.

TRAFFIC_URL      where to (http://app:8000)
TRAFFIC_RATE     requests a second (5)
TRAFFIC_FAILING  the share of requests that ask for an error, 0 to 1 (0.01)
"""

import os
import random
import time
import urllib.error
import urllib.request

URL = os.environ.get("TRAFFIC_URL") or "http://app:8000"
RATE = float(os.environ.get("TRAFFIC_RATE") or 5)
FAILING = float(os.environ.get("TRAFFIC_FAILING") or 0.01)


def choose():
    """The next request: its method and path."""
    if random.random() < FAILING:
        return "GET", "/fail"
    # Few items are asked for much: a cache has something to do. The last of them does not exist.
    number = min(int(random.paretovariate(1.2)), 101)
    kind = random.random()
    if kind < 0.75:
        return "GET", f"/items/{number}"
    if kind < 0.9:
        return "POST", f"/items/{number}/orders"
    if kind < 0.97:
        return "POST", "/videos"
    return "GET", f"/slow?seconds={random.uniform(0.1, 0.8):.2f}"


def main():
    """Forever, whatever is answered."""
    said = None
    while True:
        began = time.monotonic()
        method, path = choose()
        state = "is answered"
        try:
            urllib.request.urlopen(urllib.request.Request(URL + path, method=method), timeout=10).read()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError as error:
            state = f"is not answered: {error}"
        if state != said:
            print(f"{RATE:g} requests a second to {URL}; the last one {state}", flush=True)
            said = state
        time.sleep(max(0.0, 1 / RATE - (time.monotonic() - began)))


if __name__ == "__main__":
    main()

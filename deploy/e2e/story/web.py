"""HTTP as the story needs it: what Prometheus, Alertmanager and the stand-in say."""

import json
import urllib.error
import urllib.parse
import urllib.request

# A machine's proxy has no business with loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url):
    """The body of an answer, as text."""
    with _OPENER.open(url, timeout=10) as response:
        return response.read().decode()


def answer(url):
    """The status and the body of an answer, whatever the status."""
    try:
        with _OPENER.open(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def get_json(url):
    """The body of an answer, parsed."""
    return json.loads(get(url))


class Prometheus:
    """The HTTP API of a Prometheus."""

    def __init__(self, url):
        self.url = url

    def targets(self):
        """(job, instance) of each target that is scraped, and whether it is up."""
        active = get_json(f"{self.url}/api/v1/targets?state=active")["data"]["activeTargets"]
        return {(each["labels"]["job"], each["labels"]["instance"]): each["health"] for each in active}

    def series(self, expression):
        """The labels of each series that an expression gives now."""
        query = urllib.parse.urlencode({"query": expression})
        result = get_json(f"{self.url}/api/v1/query?{query}")["data"]["result"]
        return [{name: value for name, value in each["metric"].items() if name != "__name__"} for each in result]

    def values(self, expression):
        """The value of each series that an expression gives now, the smallest first."""
        query = urllib.parse.urlencode({"query": expression})
        result = get_json(f"{self.url}/api/v1/query?{query}")["data"]["result"]
        return sorted(float(each["value"][1]) for each in result)


class Alertmanager:
    """The HTTP API of an Alertmanager."""

    def __init__(self, url):
        self.url = url

    def alerts(self, **labels):
        """The labels of each alert that has these labels."""
        alerts = [each["labels"] for each in get_json(f"{self.url}/api/v2/alerts")]
        return [each for each in alerts if labels.items() <= each.items()]

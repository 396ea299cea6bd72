"""TLS and passwords, from outside: what a server says to whom."""

import base64
import json
import ssl
import urllib.error
import urllib.request


class Door:
    """The way to one server, with an authority and maybe a login."""

    def __init__(self, url, authority, login=None):
        self.url = url
        context = ssl.create_default_context(cafile=str(authority))
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
        self.opener = urllib.request.build_opener(*handlers)
        self.headers = {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()} if login else {}

    def ask(self, path):
        """The status, or why there is none; and the body."""
        request = urllib.request.Request(self.url + path, headers=self.headers)
        try:
            with self.opener.open(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""
        except (OSError, ValueError) as error:
            return type(getattr(error, "reason", error)).__name__, ""

    def status(self, path):
        """The status alone."""
        return self.ask(path)[0]

    def json(self, path):
        """The answer, parsed."""
        return json.loads(self.ask(path)[1])

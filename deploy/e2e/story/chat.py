"""The messages that the Discord stand-in has accepted."""

import json
from dataclasses import dataclass

from . import docker, web


@dataclass
class Message:
    """One accepted message: when it arrived, in seconds since 1970, and everything in it as text."""

    at: float
    text: str
    color: int | None


class Chat:
    """The stand-in, asked from outside."""

    def __init__(self, url):
        self.url = url

    def messages(self, *words):
        """The accepted messages that contain all of these words, oldest first."""
        messages = [_message(each) for each in web.get_json(f"{self.url}/messages")]
        return [each for each in messages if all(word in each.text for word in words)]


def _message(accepted):
    body = accepted["body"]
    colors = [embed.get("color") for embed in body.get("embeds", [])]
    return Message(docker.seconds(accepted["arrived_at"]), json.dumps(body, ensure_ascii=False), colors[0] if colors else None)

"""The messages that the Discord stand-in has accepted."""

import re
from dataclasses import dataclass

from . import docker, web


@dataclass
class Message:
    """One accepted message: when it arrived, in seconds since 1970, what people read in it, and its colour."""

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
    # Discord shows a character behind a backslash as itself.
    text = re.sub(r"\\([^\w\s])", r"\1", "\n".join(_strings(body)))
    return Message(docker.seconds(accepted["arrived_at"]), text, colors[0] if colors else None)


def _strings(part):
    """All texts in a part of a message, in their order."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        part = list(part.values())
    return [text for each in part for text in _strings(each)] if isinstance(part, list) else []

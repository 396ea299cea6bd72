"""The commands of the README, in their order."""

import re
import textwrap
from dataclasses import dataclass

# A comment that says what comes of the commands, or why they are left out, and the commands below it.
_BLOCK = re.compile(r"^(?P<mark>[ ]*<!-- (?P<kind>walk|no walk): (?P<says>.+?) -->\n)?(?P<indent>[ ]*)```sh\n(?P<body>.*?)^[ ]*```$", re.M | re.S)


class BlockError(Exception):
    """A block that says nothing of its outcome."""


@dataclass
class Block:
    """Commands, and what the README promises of them."""

    promise: str
    commands: str
    walked: bool


def of(text):
    """All blocks of shell commands of a page."""
    blocks = []
    for found in _BLOCK.finditer(text):
        commands = textwrap.dedent(found["body"]).strip()
        if not found["mark"]:
            raise BlockError(f"no `<!-- walk: … -->` or `<!-- no walk: … -->` above: {commands}")
        blocks.append(Block(found["says"], commands, found["kind"] == "walk"))
    if len(blocks) != text.count("```sh\n"):
        raise BlockError(f"{len(blocks)} of {text.count('```sh')} blocks could be read")
    return blocks

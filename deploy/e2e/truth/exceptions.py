"""What need not be there, and why; an entry that is not needed is a fault as well."""

import json
import re
from pathlib import Path

FILE = Path(__file__).parent / "exceptions.json"


class Exceptions:
    """Entries with a `reason` and

    `selector`: a pattern of selectors that may find nothing, from their beginning, or
    `empty`: a pattern of places that may show nothing although there are series;
    `without`: only where nothing of this job is up;
    `unless`: not where this file has this word in it;
    `sometimes`: a matter of luck, so that nobody minds if it is not needed.
    """

    def __init__(self, jobs):
        entries = json.loads(FILE.read_text(encoding="utf-8"))
        self.held = [each for each in entries if applies(each, jobs)]
        self.used = set()

    def excuse(self, kind, text):
        """The reason for which this may be missing, or `None`."""
        for number, each in enumerate(self.held):
            if kind in each and re.match(each[kind], text):
                self.used.add(number)
                return each["reason"]
        return None

    def idle(self):
        """Entries that nothing needed."""
        return [each for number, each in enumerate(self.held) if number not in self.used and not each.get("sometimes")]


def applies(entry, jobs):
    """Whether an entry holds on this machine, where these jobs are up."""
    if entry.get("without") in jobs:
        return False
    if "unless" not in entry:
        return True
    path, word = entry["unless"]
    try:
        return word not in Path(path).read_text(encoding="utf-8")
    except OSError:
        return True

"""What held and what did not, counted."""

import traceback


class Verdict:
    """Counts checks and prints each as it is made."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, sentence, holds, found=None):
        """One sentence that has to be true; `found` is printed where it is not."""
        if holds:
            self.passed += 1
            print(f"  ok      {sentence}", flush=True)
        else:
            self.failed += 1
            print(f"  FAILED  {sentence}", flush=True)
            if found is not None:
                print(f"          found: {found}", flush=True)

    def equal(self, sentence, found, expected):
        """As `check`, for a whole value."""
        self.check(sentence, found == expected, f"{found!r}, expected {expected!r}")

    def broken(self, error):
        """The story could not go on."""
        self.failed += 1
        print(f"  FAILED  the story broke off: {error}", flush=True)
        traceback.print_exc()

    def close(self):
        """Prints the closing line; the exit code."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0

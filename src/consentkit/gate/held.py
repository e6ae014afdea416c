r"""What of a page has come in and may not leave yet, with the changes to be made to it.

The tokenizer tells places by line and column, counted in text whose line ends it has unified. So
they are counted here too: each ``\r`` and each ``\n`` ends a line, and none is joined with another.
"""

from __future__ import annotations

from itertools import accumulate


class Held:
    """Text from the first character that is held back to the last that has come in."""

    def __init__(self) -> None:
        self.text = ""
        self._line, self._col = 1, 0  # of the first character
        self._lines: list[int] | None = None
        self._edits: list[tuple[int, int, str]] = []

    def add(self, text: str) -> None:
        """Take in what has come."""
        self.text += text
        self._lines = None

    def offset(self, line: int, col: int) -> int:
        """Return the offset of a line and a column; a negative one for what has left."""
        if line < self._line:
            return -1
        return self._starts[line - self._line] + col

    def offset_near_end(self, line: int, col: int) -> int:
        """Return the same as ``offset``, without the work that pays off only for many places."""
        if line <= self._line:
            return col - self._col if line == self._line else -1
        text = unified(self.text)
        behind = text.count("\n") - (line - self._line)
        return len(text.rsplit("\n", behind + 1)[0]) + 1 + col

    def put(self, at: int, text: str) -> None:
        """Put text in at an offset."""
        if text:
            self._edits.append((at, at, text))

    def replace(self, start: int, end: int, text: str) -> None:
        """Put text in the place of a range."""
        self._edits.append((start, end, text))

    def let_go(self, end: int) -> str:
        """Return everything up to ``end``, changed; offsets count from there on."""
        out = passed = self.text[:end]
        if self._edits:
            parts = []
            done = 0
            now = [edit for edit in self._edits if edit[1] <= end]
            for start, stop, new in sorted(now, key=lambda edit: edit[:2]):
                parts += [passed[done:start], new]
                done = stop
            out = "".join([*parts, passed[done:]])
            self._edits = [(start - end, stop - end, new) for start, stop, new in self._edits if stop > end]
        self.text = self.text[end:]
        self._move(passed)
        return out

    @property
    def _starts(self) -> list[int]:
        """Where the lines begin; of the first one, where it would."""
        if self._lines is None:
            lengths = map(len, unified(self.text).split("\n"))
            self._lines = [-self._col, *accumulate(length + 1 for length in lengths)]
        return self._lines

    def _move(self, passed: str) -> None:
        self._lines = None
        lines = passed.count("\n")
        end = passed.rfind("\n")
        if "\r" in passed:
            lines += passed.count("\r")
            end = max(end, passed.rfind("\r"))
        self._line += lines
        self._col = len(passed) - end - 1 + (0 if lines else self._col)


def unified(text: str) -> str:
    """Return text with each line end as the tokenizer takes it; none is joined with another."""
    return text.replace("\r", "\n")

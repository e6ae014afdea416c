"""A Content-Security-Policy as text: its directives, and which of them governs what.

Directives are separated by ``;``, and the first of a name counts (CSP Level 3, section 2.2.1). One
header may hold several policies, separated by commas. What is not written to stays byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

#: What a page fetches, by the directive that is named after it. Workers come first: a directive for
#: scripts that is added before theirs would speak for them.
KINDS: Final = (
    "worker-src",
    "script-src",
    "connect-src",
    "img-src",
    "frame-src",
    "style-src",
    "font-src",
    "media-src",
    "object-src",
)
# Which directives speak for another one that is not there (CSP Level 3, section 6.8.3).
_GOVERNED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "script-src": ("script-src-elem", "script-src", "default-src"),
    "style-src": ("style-src-elem", "style-src", "default-src"),
    "frame-src": ("frame-src", "child-src", "default-src"),
    "worker-src": ("worker-src", "child-src", "script-src", "default-src"),
}
NONE: Final = "'none'"

# ASCII white space and no other: a browser reads "x\xa0y" as one word.
_SPACE: Final = " \t\n\f\r"
_SPACES: Final = re.compile(f"[{_SPACE}]+")


def policies_in(value: bytes) -> list[str]:
    """Return the policies of one header."""
    return value.decode("latin-1").split(",")


class PolicyText:
    """One policy, to be read and changed directive by directive."""

    def __init__(self, policy: str) -> None:
        self._texts = policy.split(";")
        self._places: dict[str, int] = {}
        for number, text in enumerate(self._texts):
            name = _parted(text)[0]
            if name:
                self._places.setdefault(name, number)

    def __str__(self) -> str:
        return ";".join(self._texts)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    @property
    def fetching(self) -> list[str]:
        """The names of the directives that say where something may be fetched from."""
        return [name for name in self._places if name.endswith(("-src", "-src-elem"))]

    def governing(self, kind: str) -> str | None:
        """Return the name of the directive that governs a kind of thing, or ``None``: all is allowed."""
        chain = _GOVERNED_BY.get(kind, (kind, "default-src"))
        return next((name for name in chain if name in self._places), None)

    def speaks_for(self, name: str) -> tuple[str, ...]:
        """Return the kinds of things that a directive is named after or governs; all, if there are none."""
        own = name.removesuffix("-elem")
        return tuple(kind for kind in KINDS if kind == own or self.governing(kind) == name) or KINDS

    def sources(self, name: str | None) -> list[str]:
        """Return the sources of a directive; none of one that is not there."""
        if name is None or name not in self._places:
            return []
        value = _parted(self._texts[self._places[name]])[1]
        return _SPACES.split(value) if value else []

    def write(self, name: str, sources: Iterable[str]) -> None:
        """Give a directive other sources, where it stands or, if it is new, at the end.

        Beside others ``'none'`` would mean nothing, so it goes; of no sources it is what is left.
        """
        left = [source for source in sources if source.lower() != NONE]
        directive = f"{name} {' '.join(left) if left else NONE}"
        if name in self._places:
            old = self._texts[self._places[name]]
            self._texts[self._places[name]] = old[: len(old) - len(old.lstrip(_SPACE))] + directive
        else:
            self.append(directive)
            self._places[name] = len(self._texts) - 1

    def append(self, directive: str) -> None:
        """Add a directive at the end."""
        self._texts.append(f" {directive}")


def _parted(text: str) -> tuple[str, str]:
    """Return a directive's name in lower case, and its value."""
    name, *value = _SPACES.split(text.strip(_SPACE), maxsplit=1)
    return name.lower(), value[0] if value else ""

"""Where the banner goes in a page whose template knows nothing of it.

What has to come before any script goes in front of the first one, behind what says how the page is
encoded. The head links go to the end of ``<head>``, the banner right behind ``<body …>``, and the link to
the cookies page to the end of the document, where a parser still takes it for the last thing in
the body. A document may leave out all three tags; a fragment has none of them and gets nothing.
"""

from __future__ import annotations

from typing import Final

from .attributes import StartTag
from .inserts import Inserts

# What may stand before the body without beginning it (HTML, "in head" and what comes before).
_HEAD: Final = frozenset(
    {
        "base", "basefont", "bgsound", "head", "html", "link", "meta", "noframes", "noscript", "script",
        "style", "template", "title",
    }
)  # fmt: skip


class Insertion:
    """Finds the places, tag by tag."""

    def __init__(self, inserts: Inserts) -> None:
        self._first = inserts.first
        self._head = inserts.head
        self._banner = inserts.banner
        self._end = inserts.end
        self._document = False
        self._templates = 0
        self.done = not any(inserts)

    def doctype(self) -> None:
        """A document begins."""
        self._document = True

    def start(self, tag: StartTag) -> tuple[str, str]:
        """Return what goes in front of a start tag and what goes behind it."""
        if tag.tag in ("html", "head"):
            self._document = True
        elif tag.tag == "body":
            self._document = True
            return self._take_head(), self._take_banner()
        elif tag.tag == "frameset":
            self._end = ""
            self._take_banner()
            return self._take_head(), ""
        elif tag.tag == "script" and self._document and not self._templates:
            return self._take_first(), ""
        elif tag.tag == "template":
            self._templates += 1
        elif tag.tag not in _HEAD and not self._templates:
            return self.content(), ""
        return "", ""

    def end(self, tag: str) -> str:
        """Return what goes in front of an end tag."""
        if tag == "template":
            self._templates = max(0, self._templates - 1)
        return self._take_head() if tag == "head" else ""

    def content(self) -> str:
        """Return what goes in front of text or an element that begins the body without a ``<body>``."""
        if not self._document:
            self.done = True
            self._end = ""
            return ""
        return self._take_head() + self._take_banner()

    def close(self) -> str:
        """Return what goes to the end of the page."""
        if not self._document:
            return ""
        return self._take_head() + self._take_banner() + self._end

    def _take_first(self) -> str:
        taken, self._first = self._first, ""
        return taken

    def _take_head(self) -> str:
        taken, self._head = self._head, ""
        return self._take_first() + taken

    def _take_banner(self) -> str:
        self.done = True
        taken, self._banner = self._banner, ""
        return taken

"""``Embeds``: which embed a page may load this time, although what it belongs to is closed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .consent.once import embed_id, is_on_page, name_part
from .setup import Setup
from .ui.endpoints import LOADED

_MARK: Final = f'<span id="{LOADED}"></span>'


class Embeds:
    """The embeds of one page.

    Args:
        setup: what the middleware was made with.
        embed: what the visitor has asked to load, genuine and current, if anything.
        path: path and query of the page.

    Attributes:
        open: what may load on this page; ``None`` for nothing.
    """

    def __init__(self, setup: Setup, embed: str | None, path: str) -> None:
        self.open = embed if embed is not None and is_on_page(embed, path) else None
        self._setup = setup
        self._path = path
        self._passing: frozenset[tuple[str, str]] = frozenset()
        self._marked = False

    @property
    def names(self) -> frozenset[str]:
        """What the open embed belongs to: a service, or a category with its services."""
        name = self._setup.embed_names.get(name_part(self.open)) if self.open is not None else None
        return self._setup.covered_by(name) if name is not None else frozenset()

    def mark(self, name: str, source: str) -> str | None:
        """Return a mark for the place of an embed that may load, and ``None`` where it stays closed.

        The mark is where the answer to the button has led the visitor back to, so that nobody has to
        look for the embed. Of several the first gets it; for the others it is empty.
        """
        if self.open is None:
            return None
        if all((one, source) in self._passing for one in name.split()):
            return ""
        if self.open != embed_id(name, source, self._path):
            return None
        marked, self._marked = self._marked, True
        return "" if marked else _MARK

    def let_pass(self, name: str, sources: Iterable[str]) -> None:
        """Let what a gate for ``name`` in a template has opened pass on the way out of the page as well."""
        # There, pages are read byte by byte.
        texts = {reading for text in sources for reading in (text, _in_bytes(text))}
        self._passing |= {(covered, text) for covered in self._setup.covered_by(name) for text in texts}


def _in_bytes(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")

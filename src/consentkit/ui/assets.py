"""Stylesheet and scripts, as files with an address that changes when their content does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

from ..policy.theme import PLAIN, Position, Theme
from .theme import theme_rules

STYLESHEET: Final = "choices.css"

# Every file of rules is one, and so is what is served.
_LAYER: Final = "@layer consentkit{"


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file to be served for ever under ``{prefix}/assets/{path}``.

    Attributes:
        path: content hash and file name: ``0123456789abcdef/choices.css``.
        media_type: the value of ``Content-Type``.
        body: the bytes.
    """

    path: str
    media_type: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")


def load_stylesheet(theme: Theme = PLAIN) -> Asset:
    """Read the shipped rules and put the custom properties of ``theme`` before them."""
    names = [STYLESHEET, *([] if theme.position is Position.TOP else [f"{theme.position}.css"])]
    rules = [_compact((files(__package__) / "static" / name).read_text("utf-8")) for name in names]
    inside = [theme_rules(theme), *(one.removeprefix(_LAYER).removesuffix("}") for one in rules)]
    return stylesheet(f"{_LAYER}{''.join(inside)}}}".encode())


def load_script(name: str) -> Asset:
    """Read one of the shipped scripts, such as ``client.js``."""
    return _asset(name, "text/javascript; charset=utf-8", (files(__package__) / "static" / name).read_bytes())


def _compact(css: str) -> str:
    """Return our own rules without the comments and the white space that are for those who edit them."""
    css = re.sub(r"/\*.*?\*/|\s+", " ", css, flags=re.DOTALL)
    css = re.sub(r" +", " ", css)
    return re.sub(r" ?([{};,>]) ?", r"\1", css).replace(": ", ":").replace(";}", "}").strip()


def stylesheet(body: bytes) -> Asset:
    """Return ``body`` as the stylesheet.

    Raises:
        ValueError: it could not be written into a ``<style>`` element, which any ``</style`` ends.
    """
    if b"</style" in body.lower():
        raise ValueError(f"{STYLESHEET} holds '</style' and cannot be written into a page")
    return _asset(STYLESHEET, "text/css; charset=utf-8", body)


def _asset(name: str, media_type: str, body: bytes) -> Asset:
    return Asset(f"{sha256(body).hexdigest()[:16]}/{name}", media_type, body)

"""``Inserts``: what a page gets that it did not come with."""

from __future__ import annotations

from typing import NamedTuple


class Inserts(NamedTuple):
    """What is put into a page, as markup; nothing where the page has it already.

    Attributes:
        first: for the place before the first script; in a page without one it goes before ``head``.
        head: for the end of ``<head>``.
        banner: for the beginning of the body.
        end: for the end of the document.
    """

    first: str = ""
    head: str = ""
    banner: str = ""
    end: str = ""

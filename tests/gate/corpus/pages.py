"""All pages of the corpus, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from . import addresses, encodings, frames, links, scripts, syntax
from .case import Case

#: A page whose name begins with ``no-`` has nothing in it that may change.
CASES: Final[Mapping[str, Case]] = MappingProxyType(
    scripts.CASES | frames.CASES | links.CASES | addresses.CASES | syntax.CASES | encodings.CASES
)

"""Which of a site's languages a visitor reads: RFC 4647 lookup over ``Accept-Language``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from .tags import by_name, current, parents, serving

# Both are far above what browsers send; they bound the work that an odd header can cause.
_MAX_LENGTH: Final = 1_000
_MAX_RANGES: Final = 50

# A range as in RFC 4647 section 2.1, a weight as in RFC 9110 section 12.4.2.
_RANGE: Final = re.compile(
    r"(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:[ \t]*;[ \t]*[Qq]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


def negotiate(accept_language: str | None, offered: Sequence[str]) -> str:
    """Choose the language for a raw ``Accept-Language`` header; total over any text.

    Ranges are tried by falling weight, those of equal weight in the order of the header. Each one
    finds its own tag, else a wider one (``cy-GB`` finds ``cy``; RFC 4647 section 3.4), else a
    narrower one (``pt`` finds ``pt-BR``). Where a tag means another, that counts, too: ``zh-TW`` finds
    ``zh-Hant``, ``no`` finds ``nb``; see ``tags``. A weight of 0 excludes a language, unless a narrower
    range asks for it. ``*`` asks for nothing in particular. Malformed ranges are ignored, and so is
    what follows the first 1,000 characters or 50 ranges.

    Args:
        accept_language: the header, or ``None`` when there is none.
        offered: language tags, at least one; the first is the default.

    Returns:
        One of ``offered``, in its own spelling. When nothing fits: the first that is not excluded,
        or the default when all are.
    """
    if len(offered) == 1:
        return offered[0]
    weights = _weights(accept_language or "")
    acceptable = tuple(offered)
    if 0 in weights.values():
        acceptable = tuple(tag for tag in offered if not _excluded(tag, weights))
    names = by_name(acceptable)
    for wanted in sorted((tag for tag, weight in weights.items() if weight), key=lambda tag: -weights[tag]):
        found = serving(wanted, names) or _narrower(wanted, names)
        if found is not None:
            return found
    return acceptable[0] if acceptable else offered[0]


def _weights(header: str) -> Mapping[str, float]:
    """Read the header into ``current`` ranges and their weights, in the order of the header."""
    if len(header) > _MAX_LENGTH:
        # What the cut left of the last range may be another language: "en-GB" to "e".
        header = header[:_MAX_LENGTH].rpartition(",")[0]
    weights: dict[str, float] = {}
    for part in header.split(",")[:_MAX_RANGES]:
        match = _RANGE.fullmatch(part.strip(" \t"))
        if match is not None:
            weights.setdefault(current(match[1]), float(match[2] or 1))
    return weights


def _excluded(tag: str, weights: Mapping[str, float]) -> bool:
    """Say whether the most specific range that covers ``tag`` has a weight of 0."""
    return next((weights[name] == 0 for name in parents(current(tag)) if name in weights), False)


def _narrower(wanted: str, names: Mapping[str, str]) -> str | None:
    start = wanted + "-"
    return next((tag for name, tag in names.items() if name.startswith(start)), None)

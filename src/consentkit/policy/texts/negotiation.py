"""Which of a site's languages a visitor reads: RFC 4647 lookup over ``Accept-Language``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

# Both are far above what browsers send; they bound the work that an odd header can cause.
_MAX_LENGTH: Final = 1_000
_MAX_RANGES: Final = 50

# A range as in RFC 4647 section 2.1, a weight as in RFC 9110 section 12.4.2.
_RANGE: Final = re.compile(
    r"(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:[ \t]*;[ \t]*[Qq]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


def parents(tag: str) -> Iterator[str]:
    """Yield ``tag`` and the ever wider tags it falls back to: ``zh-hant-tw``, ``zh-hant``, ``zh``.

    A subtag of one character introduces what follows it, and means nothing without that; the
    two are taken off together (RFC 4647 section 3.4).
    """
    subtags = tag.split("-")
    while subtags:
        yield "-".join(subtags)
        subtags.pop()
        while subtags and len(subtags[-1]) == 1:
            subtags.pop()


def negotiate(accept_language: str | None, offered: Sequence[str]) -> str:
    """Choose the language for a raw ``Accept-Language`` header; total over any text.

    Ranges are tried by falling weight, those of equal weight in the order of the header. Each one
    finds its own tag, else a wider one (``cy-GB`` finds ``cy``; RFC 4647 section 3.4), else a
    narrower one (``pt`` finds ``pt-BR``). A weight of 0 excludes a language, unless a narrower
    range asks for it. ``*`` asks for nothing in particular. Malformed ranges are ignored, and so is
    what follows the first 1,000 characters or 50 ranges.

    Args:
        accept_language: the header, or ``None`` when there is none.
        offered: language tags, at least one; the first is the default.

    Returns:
        One of ``offered``, in its own spelling. When nothing fits: the first that is not excluded,
        or the default when all are.
    """
    weights = _weights(accept_language or "")
    acceptable = {tag.lower(): tag for tag in offered if not _excluded(tag.lower(), weights)}
    for wanted in sorted((tag for tag, weight in weights.items() if weight), key=lambda tag: -weights[tag]):
        found = _lookup(wanted, acceptable)
        if found is not None:
            return found
    return next(iter(acceptable.values()), offered[0])


def _weights(header: str) -> Mapping[str, float]:
    """Read the header into lowercase ranges and their weights, in the order of the header."""
    if len(header) > _MAX_LENGTH:
        # What the cut left of the last range may be another language: "en-GB" to "e".
        header = header[:_MAX_LENGTH].rpartition(",")[0]
    weights: dict[str, float] = {}
    for part in header.split(",")[:_MAX_RANGES]:
        match = _RANGE.fullmatch(part.strip(" \t"))
        if match is not None:
            weights.setdefault(match[1].lower(), float(match[2] or 1))
    return weights


def _excluded(tag: str, weights: Mapping[str, float]) -> bool:
    """Say whether the most specific range that covers ``tag`` has a weight of 0."""
    return next((weights[parent] == 0 for parent in parents(tag) if parent in weights), False)


def _lookup(wanted: str, offered: Mapping[str, str]) -> str | None:
    """Find the tag that serves ``wanted`` among ``offered``, a map from lowercase to own spelling."""
    for tag in parents(wanted):
        if tag in offered:
            return offered[tag]
    return next((own for tag, own in offered.items() if tag.startswith(wanted + "-")), None)

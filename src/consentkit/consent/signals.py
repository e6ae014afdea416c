"""Wishes that the visitor's browser sends by itself: Global Privacy Control."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType

from ..policy.model import Category
from .model import Answer, Choice, Consent


def gpc_is_on(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether the request carries Global Privacy Control.

    A request is positive when at least one ``Sec-GPC`` value is exactly ``1``
    (https://www.w3.org/TR/gpc/); every other value means nothing, and absence is never a
    yes. A proxy may have joined two headers into ``0, 1``, which is read as a list: the
    doubt goes to the visitor's refusal.
    """
    for name, value in headers:
        if name.lower() == b"sec-gpc" and b"1" in (part.strip(b" \t") for part in value.split(b",")):
            return True
    return False


def with_opt_out(consent: Consent) -> Consent:
    """Return ``consent`` with the opt-out that the signal is, where personal information is sold or shared.

    The signal counts for the request that carries it. By the law of some states of the USA it is an
    opt-out besides: nobody may be asked again within twelve months, whether or not it still comes (R-49).
    """
    sold = [category for category in consent.refused_by_signal if category.sells_or_shares]
    names = [name for category in sold for name in _still_open(consent, category)]
    if not names:
        return consent
    opted_out = dict.fromkeys(names, Answer(Choice.DENIED, gpc=True))
    return replace(consent, answers=MappingProxyType({**consent.answers, **opted_out}))


def _still_open(consent: Consent, category: Category) -> Iterator[str]:
    """Yield what the visitor's answers leave open without the signal; exceptions from it stay."""
    if consent.choice(category.id) is not Choice.DENIED:
        yield category.id
    for service in category.services:
        answer = consent.answers.get(service.id)
        if answer is not None and answer.choice is Choice.GRANTED and not answer.gpc:
            yield service.id

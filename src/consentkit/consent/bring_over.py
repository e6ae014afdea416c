"""Choices in the cookies of other tools: what each of them said, read once when a site changes over.

Each format is read as its tool writes it. What cannot be read, or was written before the visitor had
chosen, says nothing. Which of the other tool's names means which of ours the site declares; see
``Policy.bring_over``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from time import time
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote

from ..policy.model import BRING_OVER_COOKIES, Policy
from .candidates import UnusableCookieError, candidates
from .model import Answer, Choice, Consent

#: Characters that a browser keeps of one cookie.
MAX_LENGTH: Final = 4_096

_PAIR: Final = re.compile(r"([\w-]+)\s*:\s*('[^']*'|[\w.-]+)", re.ASCII)
_TARTEAUCITRON: Final = re.compile(r"!([\w-]{1,64})=(true|false)(?=!|\Z)", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_YES_NO: Final = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


class Said(NamedTuple):
    """What a cookie of another tool says.

    Attributes:
        choices: yes or no, by the tool's own names.
        complete: whether a name that is not in ``choices`` was refused with the others.
        at: when it was said, in UTC seconds, if the cookie tells.
    """

    choices: Mapping[str, bool]
    complete: bool = False
    at: int | None = None


def read_foreign(tool: str, value: str) -> Said | None:
    """Return what ``value`` says, or ``None`` where it says nothing; never raises for a value.

    Args:
        tool: one of ``policy.model.BRING_OVER_COOKIES``.
        value: of the tool's cookie, as the browser sent it.
    """
    if len(value) > MAX_LENGTH:
        return None
    try:
        said = _READERS[tool](unquote(value))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError, OverflowError):
        return None
    return said if said is not None and said.choices else None


def _vanilla(text: str) -> Said | None:
    """Read ``cc_cookie`` of vanilla-cookieconsent 3: the accepted categories, and services by category."""
    document = json.loads(text)
    accepted = document["categories"]
    if not isinstance(accepted, list) or not all(isinstance(name, str) for name in accepted):
        return None
    services = document.get("services") or {}
    choices = dict.fromkeys(accepted, True)
    for category, names in services.items():
        choices |= {f"{category}.{name}": True for name in names if isinstance(name, str)}
    moment = document.get("lastConsentTimestamp") or document.get("consentTimestamp")
    return Said(choices, complete=True, at=_iso(moment))


def _klaro(text: str) -> Said | None:
    """Read ``klaro``: a boolean for each service."""
    document = json.loads(text)
    return Said({name: answer for name, answer in document.items() if isinstance(answer, bool)})


def _cookiebot(text: str) -> Said | None:
    """Read ``CookieConsent`` of Cookiebot: an object of JavaScript; ``-1`` and ``0`` if nobody was asked."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    pairs = {key: value.strip("'") for key, value in _PAIR.findall(text)}
    if pairs.get("method") not in ("explicit", None):
        return None  # implied by scrolling or by a region
    names = ("necessary", "preferences", "statistics", "marketing")
    return Said(_bools(pairs, names), at=_millis(pairs.get("utc")))


def _onetrust(text: str) -> Said | None:
    """Read ``OptanonConsent``: groups such as ``C0002:1``, which are there before anybody has chosen."""
    fields = {key: values[-1] for key, values in parse_qs(text, max_num_fields=64).items()}
    if not _NUMBER.fullmatch(fields.get("interactionCount", "")) or int(fields["interactionCount"]) < 1:
        return None
    pairs = dict(group.partition(":")[::2] for group in fields["groups"].split(","))
    # Its date is that of the last page seen, and says nothing about the choice.
    return Said(_bools(pairs, pairs))


def _tarteaucitron(text: str) -> Said | None:
    """Read ``tarteaucitron``: ``!youtube=true!matomo=false``; ``wait`` is no answer."""
    return Said({name: answer == "true" for name, answer in _TARTEAUCITRON.findall(text)})


def _cookieyes(text: str) -> Said | None:
    """Read ``cookieyes-consent``: pairs with commas; ``action:yes`` once the visitor has acted."""
    pairs = dict(pair.partition(":")[::2] for pair in text.split(","))
    if pairs.get("action") != "yes":
        return None
    names = pairs.keys() - {"consentid", "consent", "action", "lastRenewedDate"}
    return Said(_bools(pairs, sorted(names)), at=_millis(pairs.get("lastRenewedDate")))


def _bools(pairs: Mapping[str, str], names: Iterable[str]) -> dict[str, bool]:
    return {name: _YES_NO[pairs[name]] for name in names if pairs.get(name) in _YES_NO}


def _millis(text: str | None) -> int | None:
    return int(text) // 1000 if text is not None and _NUMBER.fullmatch(text) else None


def _iso(text: object) -> int | None:
    if not isinstance(text, str):
        return None
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


_READERS: Final[Mapping[str, Callable[[str], Said | None]]] = {
    "vanilla-cookieconsent": _vanilla,
    "klaro": _klaro,
    "cookiebot": _cookiebot,
    "onetrust": _onetrust,
    "tarteaucitron": _tarteaucitron,
    "cookieyes": _cookieyes,
}


class BringOver:
    """Reads the choices that a site brings over.

    Args:
        policy: what means what.
        clock: returns the time in UTC seconds.
    """

    def __init__(self, policy: Policy, *, clock: Callable[[], float] = time) -> None:
        self._policy = policy
        self._clock = clock

    def read(self, headers: Iterable[tuple[bytes, bytes]]) -> Consent | None:
        """Return the first choices that a cookie of another tool holds; ``None`` for none in force."""
        headers = list(headers)
        for tool, meant in self._policy.bring_over.items():
            try:
                values = set(candidates(headers, BRING_OVER_COOKIES[tool].encode()))
            except UnusableCookieError:
                return None
            said = read_foreign(tool, values.pop().decode("latin-1")) if len(values) == 1 else None
            answers = self._answers(said, meant) if said is not None else {}
            if answers:
                return Consent(self._policy, MappingProxyType(answers))
        return None

    def _answers(self, said: Said, meant: Mapping[str, tuple[str, ...]]) -> dict[str, Answer]:
        """Return what was said, in our names: yes where all that means it was allowed, else no."""
        now = int(self._clock())
        at = now if said.at is None else said.at
        if not now - self._policy.expires_after.seconds < at <= now:
            return {}
        heard: dict[str, list[bool | None]] = {}
        for theirs, ours in meant.items():
            answer = said.choices.get(theirs, False if said.complete else None)
            for name in ours:
                heard.setdefault(name, []).append(answer)
        # A yes to what needs no consent says nothing; a no is an objection.
        return {
            name: Answer(Choice.GRANTED if all(answers) else Choice.DENIED, at)
            for name, answers in heard.items()
            if None not in answers and not (all(answers) and self._policy.category_of(name).essential)
        }

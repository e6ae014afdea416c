"""A posted form or JSON body → a decision → the new consent. Values in, values out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast
from urllib.parse import parse_qsl

from ..consent.model import Choice, Consent
from ..consent.once import is_embed_id
from ..errors import DecisionError
from ..policy.digest import notice as notice_of

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
#: A form has two fields for itself and at most one for each name in the cookie.
MAX_FIELDS: Final = 128
#: Characters of a path that visitors are sent back to.
MAX_PATH: Final = 2_000

_CHOICE: Final = "choice."
_ACTIONS: Final = ("grant-all", "deny-all", "save", "grant", "load-once")
_FIELDS: Final = frozenset({"decision", "next", "notice", "embed"})
# Printable ASCII only, so that nothing in it can end a header line; no backslash, which
# browsers read as a slash; and no second slash, which would name another host.
_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")

Action = Literal["grant-all", "deny-all", "save", "grant", "load-once"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a visitor sent.

    Attributes:
        action: all granted, all denied, or as ``choices`` say; or only what ``choices`` grant, with
            nothing else changed; or nothing but one embed, now.
        choices: ``granted``, ``denied`` or nothing, by category or service id; not yet checked
            against a policy.
        next: the path of the site to go on to, or ``None``.
        notice: digest of what the form had shown, or ``None``.
        embed: id of the embed to load, for ``load-once``.
    """

    action: Action
    choices: Mapping[str, str]
    next: str | None = None
    notice: str | None = None
    embed: str | None = None


def is_local_path(path: str) -> bool:
    """Return whether ``path`` surely leads to a page of this site and can stand in a header."""
    return len(path) <= MAX_PATH and _PATH.fullmatch(path) is not None


def parse_decision(body: bytes, media_type: str) -> Decision:
    """Read a decision from a request body.

    Args:
        body: the whole body.
        media_type: ``Content-Type`` without its parameters.

    Raises:
        DecisionError: ``content-type`` (415), ``malformed``, ``decision-missing``,
            ``choice-invalid`` or ``next-invalid`` (422 each).
    """
    if media_type == FORM:
        fields, choices = _from_form(body)
    elif media_type == JSON:
        fields, choices = _from_json(body)
    else:
        raise DecisionError("content-type", 415, f"Send {FORM} or {JSON}.")
    action = fields.get("decision")
    if action is None:
        raise DecisionError("decision-missing", 422, f"Give decision: one of {', '.join(_ACTIONS)}.")
    if action not in _ACTIONS:
        raise DecisionError("choice-invalid", 422, f"The decision must be one of {', '.join(_ACTIONS)}.")
    target = fields.get("next") or None
    if target is not None and not is_local_path(target):
        raise DecisionError("next-invalid", 422, "next must be a path of this site.")
    embed = fields.get("embed")
    if action == "load-once" and (embed is None or not is_embed_id(embed)):
        raise DecisionError("malformed", 422, "embed must be what the form was given.")
    return Decision(cast("Action", action), choices, target, fields.get("notice"), embed)


def decide(consent: Consent, decision: Decision) -> Consent:
    """Return the consent that ``decision`` leads to.

    A saved form answers for every optional category: one that it leaves out is denied, so that
    saving with nothing touched is a refusal (R-12). An objection stays as it is unless the form names it.

    Raises:
        DecisionError: ``notice-changed`` (409): the form would grant, but shows something else
            than the policy declares now. ``name-unknown`` or ``choice-invalid`` (422).
    """
    current = notice_of(consent.policy)
    asked = consent.policy.refusable_names
    _check(decision, asked, stale=decision.notice not in (None, current))
    if decision.action == "load-once":
        return consent
    if decision.action == "deny-all":
        return consent.deny_all()
    granted = _names(decision, Choice.GRANTED)
    # A refusal always counts, however old the page is; a yes covers only what was shown.
    if (granted or decision.action == "grant-all") and decision.notice != current:
        raise DecisionError(
            "notice-changed", 409, "What the site declares has changed since the form was made."
        )
    if decision.action == "grant-all":
        return consent.grant_all()
    if decision.action == "grant":
        return consent.grant(*granted)
    return _saved(consent, granted, [name for name in _names(decision, Choice.DENIED) if name in asked])


def _saved(consent: Consent, granted: list[str], denied: list[str]) -> Consent:
    """Return the consent after a saved form; categories first, as their answers clear those for services."""
    categories, services = consent.policy.by_id.keys(), consent.policy.services.keys()
    return (
        consent.deny(*(category.id for category in consent.policy.optional))
        .deny(*(name for name in denied if name in categories))
        .grant(*(name for name in granted if name in categories))
        .grant(*(name for name in granted if name in services))
        .deny(*(name for name in denied if name in services))
    )


def _check(decision: Decision, asked: frozenset[str], *, stale: bool) -> None:
    for name, value in decision.choices.items():
        # An old page may name what the site no longer uses; that must not void the refusal on it.
        if name not in asked and not stale:
            raise DecisionError("name-unknown", 422, "The site does not ask about one of the names.")
        if value not in (*Choice, ""):
            raise DecisionError("choice-invalid", 422, "A choice must be granted or denied.")


def _names(decision: Decision, choice: Choice) -> list[str]:
    return [name for name, value in decision.choices.items() if value == choice]


def _from_form(body: bytes) -> tuple[dict[str, str], dict[str, str]]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise DecisionError("malformed", 422, "The form cannot be read.") from None
    fields: dict[str, str] = {}
    choices: dict[str, str] = {}
    for name, value in pairs:
        if name.startswith(_CHOICE):
            choices[name.removeprefix(_CHOICE)] = value
        elif name in _FIELDS:
            fields[name] = value
        else:
            raise DecisionError("malformed", 422, "The form has a field that is not known.")
    return fields, choices


def _from_json(body: bytes) -> tuple[dict[str, str], dict[str, str]]:
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise DecisionError("malformed", 422, "The body is not JSON.") from None
    if not isinstance(document, dict) or not document.keys() <= {*_FIELDS, "choices"}:
        raise DecisionError("malformed", 422, "Send an object with decision, choices, notice and next.")
    choices = document.pop("choices", {} if document.get("decision") not in ("save", "grant") else None)
    if not isinstance(choices, dict) or not all(isinstance(value, str) for value in choices.values()):
        raise DecisionError("malformed", 422, 'choices must be an object such as {"analytics": "granted"}.')
    if not all(isinstance(value, str) for value in document.values()):
        raise DecisionError("malformed", 422, "decision, notice and next must be texts.")
    return document, choices

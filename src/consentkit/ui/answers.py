"""What the controls show for one visitor: saved answers, and "no" wherever there is none."""

from __future__ import annotations

from ..consent.model import Choice, Consent
from ..policy.model import Category, Service


def all_answers(consent: Consent) -> dict[str, str]:
    """Return the radio that is on, by category and service; see below."""
    optional = consent.policy.optional
    return {
        **{category.id: objection(consent, category) for category in consent.policy.objectable},
        **{category.id: category_answer(consent, category) for category in optional},
        **{service.id: service_answer(consent, service) for one in optional for service in one.services},
    }


def category_answer(consent: Consent, category: Category) -> str:
    """Return the radio that is on for a category: ``granted`` or ``denied``.

    Undecided shows as denied, so that saving an untouched form is a refusal (R-12). So does
    a grant that the signal overrules: saving it again with the signal on would revive it.
    """
    return Choice.GRANTED if consent.allows(category.id) else Choice.DENIED


def service_answer(consent: Consent, service: Service) -> str:
    """Return the radio that is on for a service: ``granted``, ``denied``, or ``""`` for "as its category"."""
    choice = consent.choice(service.id)
    if choice is Choice.GRANTED and not consent.allows(service.id):
        return ""
    return "" if choice is None else choice


def objection(consent: Consent, category: Category) -> str:
    """Return the radio that is on for what one can object to: ``denied``, or ``""`` without an objection."""
    return "" if consent.allows(category.id) else Choice.DENIED


def has_own_answers(consent: Consent, category: Category) -> bool:
    """Return whether some service of ``category`` was answered apart from it."""
    return any(service_answer(consent, service) for service in category.services)


def outcome(consent: Consent) -> str:
    """Return ``granted`` when everything optional is allowed, ``denied`` when nothing is, else ``mixed``."""
    names = [name for c in consent.policy.optional for name in (c.id, *(s.id for s in c.services))]
    allowed = {consent.allows(name) for name in names}
    if len(allowed) != 1:
        return "mixed"
    return Choice.GRANTED if allowed.pop() else Choice.DENIED

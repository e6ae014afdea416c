"""What the cookies page says of its site and its visitor, beside the list of what is stored."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ..consent.model import Consent
from . import answers
from .hrefs import contact_href, href
from .links import SIGNAL
from .wording import Wording


def facts(consent: Consent, words: Wording) -> dict[str, Any]:
    """Return the part of the page's context that follows from the policy and the visitor's choices."""
    policy = consent.policy
    contact = policy.site.controller.contact
    return {
        "asks": bool(policy.optional),
        "objects": bool(policy.objectable),
        "answers": answers.all_answers(consent),
        "divided": {c.id for c in policy.optional if answers.has_own_answers(consent, c)},
        "decided": any(consent.choice(category.id) for category in policy.optional),
        "needs_prompt": consent.needs_prompt,
        "signal": SIGNAL,
        "heeded": words.join(c.name for c in policy.heeding_gpc),
        "sold": words.join(c.name for c in policy.sells_or_shares),
        "granted_despite_signal": words.join(c.name for c in consent.granted_despite_signal),
        "duration": words.texts.duration(policy.expires_after),
        "privacy_href": href(policy.site.privacy_notice),
        "contact_link": Markup('<a class="choices-link" href="{}">{}</a>').format(
            contact_href(contact), contact
        ),
        "contact_href": contact_href(contact),
    }

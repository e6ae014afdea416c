"""For the tests of sites that use consentkit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .consent.cookie import ConsentCookie
from .consent.model import Consent
from .policy.model import CONSENT_COOKIE_NAMES, Policy


def consent_cookies(
    policy: Policy,
    secret_key: str | bytes | Sequence[str | bytes],
    *,
    granted: Iterable[str] = (),
    denied: Iterable[str] = (),
) -> dict[str, str]:
    """Return cookies for a visitor who has just chosen: ``TestClient(app, cookies=…)``.

    Whatever optional category is not named counts as denied, as if the visitor had saved the
    cookies page with nothing else touched; to what is not named they have not objected. The cookie
    comes under its names for https and for plain http, of which a site reads one.

    Args:
        policy: the site's policy.
        secret_key: the middleware's keys.
        granted: categories and services that the visitor grants.
        denied: services that the visitor denies although their category is granted, and what they
            object to.

    Raises:
        UnknownNameError: the policy declares no such name.
    """
    codec = ConsentCookie(policy, secret_key)
    untouched = Consent(policy).deny(*(category.id for category in policy.optional))
    value = codec.value(codec.seal(untouched.grant(*granted).deny(*denied)))
    return dict.fromkeys(CONSENT_COOKIE_NAMES, value) if value else {}

"""The element that brings the consent modes into a page: the first script of it, with the visitor's state.

What it tells each service is in ``static/modes.js``; here is decided which services it speaks to, and what
each of their signals goes by.
"""

from __future__ import annotations

import json
from typing import Any, Final

from markupsafe import Markup

from ..consent.model import Consent
from ..policy.consent_modes import ESSENTIAL, SIGNALS, ConsentApi, Signal
from ..policy.model import Policy, Service
from .assets import load_script
from .script import element
from .view import Place

MODES: Final = "modes.js"

# What the script calls them.
_KEYS: Final[dict[ConsentApi, str]] = {
    "google-tag-manager": "container",
    "matomo": "matomo",
    "meta": "meta",
    "microsoft-clarity": "clarity",
    "microsoft-uet": "uet",
    "pinterest": "pinterest",
    "tiktok": "tiktok",
}


class ModesScript:
    """The consent modes of a site; see ``needs_modes``.

    Args:
        policy: what the site declares.
        shared: whether pages are the same for everybody, so that tags have to wait for the state.

    Attributes:
        asset: the file.
    """

    def __init__(self, policy: Policy, *, shared: bool = False) -> None:
        self.asset = load_script(MODES)
        # Nothing in the file is escaped for HTML; a test makes sure that it ends no element.
        self._code = Markup(self.asset.text)  # noqa: S704 - our own file
        self._told = _told(policy, shared=shared)

    def tag(self, place: Place, consent: Consent | None, *, inline: bool) -> Markup:
        """Return the element, which has to stand before the first script of the page.

        Args:
            place: the page.
            consent: the visitor's choices; ``None`` in a page for everybody, where nothing is granted yet.
            inline: whether the code may stand in the page without a nonce. A file costs a request before
                anything is drawn.
        """
        allowed = [] if consent is None else sorted(filter(consent.allows, consent.policy.names))
        state = json.dumps({**self._told, "allowed": allowed}, separators=(",", ":"))
        nonce = place.script_nonce or place.nonce
        written = nonce is not None or inline
        address = None if written else f"{place.prefix}/assets/{self.asset.path}"
        attributes = {"src": address, "nonce": nonce, "data-modes": state}
        return element(attributes, self._code if written else Markup())


def needs_modes(policy: Policy) -> bool:
    """Return whether a policy has a service with a consent interface that is to be told something."""
    return bool(_with_apis(policy))


def _with_apis(policy: Policy) -> list[Service]:
    off = policy.consent_modes.off
    # What nobody can refuse has nothing to be told.
    services = (service for category in policy.refusable for service in category.services)
    return [service for service in services if service.consent_api and service.consent_api not in off]


def _told(policy: Policy, *, shared: bool) -> dict[str, Any]:
    """Return what the script needs beside the visitor's state."""
    services, modes = _with_apis(policy), policy.consent_modes
    apis = {service.consent_api for service in services}
    told: dict[str, Any] = {
        key: [service.id for service in services if service.consent_api == api]
        for api, key in _KEYS.items()
        if api in apis
    }
    if apis & {"google", "google-tag-manager"} and "google" not in modes.off:
        told["google"] = _google(policy, shared=shared)
    if "google-tag-manager" in apis:
        tags = {
            service.id: list(service.tag_types) for service in policy.services.values() if service.tag_types
        }
        told |= {"tags": tags, "allowlist": list(modes.allowlist)} if tags else {}
    if "microsoft-clarity" in apis:
        told["ads"] = names_for(policy, "ad_storage")
    if "matomo" in apis and modes.cookieless:
        told["cookieless"] = True
    return told


def _google(policy: Policy, *, shared: bool) -> dict[str, Any]:
    google = policy.consent_modes.google
    return {
        "signals": {signal: names_for(policy, signal) for signal in SIGNALS},
        "regions": [{"region": list(one.codes), "denied": list(one.denied)} for one in google.regions],
        "wait": google.wait_for_update if shared else 0,
        "redact": google.ads_data_redaction,
        "passthrough": google.url_passthrough,
    }


def names_for(policy: Policy, signal: Signal) -> list[str] | None:
    """Return what must be allowed, all of it, for a signal to be granted; ``None`` where nothing grants it.

    That is what the site names, else the services whose yes it stands for, else the standard category.
    """
    named = policy.consent_modes.signals.get(signal)
    if named is not None:
        return [named]
    refusable = (service for category in policy.refusable for service in category.services)
    services = [service.id for service in refusable if signal in service.signals]
    if services:
        return services
    standard = SIGNALS[signal]
    if standard == ESSENTIAL:
        return []
    return [standard] if standard in policy.by_id else None

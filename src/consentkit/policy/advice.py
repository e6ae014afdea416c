"""Advice on a ``consent.toml`` that can be used: what its site should know before it goes on."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Fault
from .model import Policy

# The services through which a site shows advertisements for others.
_PUBLISHING = "google-publisher-ads"


def advise(policy: Policy) -> Iterator[Fault]:
    """Yield what a site should know; unlike other faults these refuse nothing."""
    yield from _ungated(policy)
    if _PUBLISHING in policy.services:
        yield Fault(
            "CK056",
            f"services.{_PUBLISHING}",
            "In the EEA, the United Kingdom and Switzerland, Google serves advertisements only through a "
            "consent platform that it has certified for the framework of the IAB. consentkit is none.",
            "Use a certified platform for these pages, or ask Google for what it serves without one.",
        )


def _ungated(policy: Policy) -> Iterator[Fault]:
    for api, value in (("google", "advanced"), ("matomo", "cookieless")):
        names = [name for name, one in policy.services.items() if one.ungated and one.consent_api == api]
        if names:
            yield Fault(
                "CK055",
                f"consent_modes.{api}.mode",
                f"{value!r} loads these before and without a yes: {', '.join(names)}. They are told no and "
                "store nothing, but they learn the visitor's address, browser and page.",
                'Write "basic" to contact nobody before a yes. The cookies page tells visitors of it.',
            )

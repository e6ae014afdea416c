"""``ConsentModes``: how the consent interfaces of declared services are told what a visitor chose.

Many services have a switch of their own: Google's consent mode, Microsoft's, Matomo's. It is told the
visitor's true state before any of their code runs, and each change after that. The gate does not rely
on it: a service that is not granted is not loaded, unless the site says otherwise in so many words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

#: The consent interfaces that services offer to the pages they are on.
ConsentApi = Literal[
    "google",
    "google-tag-manager",
    "matomo",
    "meta",
    "microsoft-clarity",
    "microsoft-uet",
    "pinterest",
    "tiktok",
]
#: A signal of Google's consent mode v2.
Signal = Literal[
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
]

#: The category that is always there, because the consent cookie belongs to it.
ESSENTIAL: Final = "essential"

#: The signals, each with the standard category that it goes by where nothing else says so. The three of
#: advertising go by one purpose together, as Google's EU user consent policy has it.
#: https://developers.google.com/tag-platform/security/concepts/consent-mode
SIGNALS: Final[Mapping[Signal, str]] = MappingProxyType(
    {
        "ad_storage": "marketing",
        "ad_user_data": "marketing",
        "ad_personalization": "marketing",
        "analytics_storage": "analytics",
        "functionality_storage": "functional",
        "personalization_storage": "functional",
        "security_storage": ESSENTIAL,
    }
)

#: What a container may always run once an allow list is given: triggers, and variables that only read.
#: Custom JavaScript (``jsm``) and custom HTML (``html``) can do anything, so the site has to name them:
#: https://developers.google.com/tag-platform/tag-manager/restrict
HARMLESS: Final = (
    *("cl", "evl", "fsl", "hl", "jel", "lcl", "sdl", "tl"),
    *("c", "ctv", "d", "dbg", "e", "f", "j", "k", "r", "remm", "smm", "u", "v", "vis"),
)


@dataclass(frozen=True, slots=True)
class Region:
    """Signals that stay denied in some countries or parts of them, whatever is chosen.

    Attributes:
        codes: ISO 3166-1 or 3166-2 codes, such as ``GB`` or ``US-CA``.
        denied: the signals.
    """

    codes: tuple[str, ...]
    denied: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class GoogleMode:
    """How Google's tags are told.

    Attributes:
        advanced: whether they are loaded before and without a yes, and told that nothing is granted. They
            then send pings without cookies, which carry address, browser and page all the same.
        wait_for_update: milliseconds that a tag waits for the state on a page that is the same for everybody.
        ads_data_redaction: whether advertising identifiers are taken out of what is sent while
            ``ad_storage`` is denied.
        url_passthrough: whether clicks are carried in links in place of cookies. That is advertising, so
            it is said only while ``ad_storage`` is granted.
        regions: exceptions for countries.
    """

    advanced: bool = False
    wait_for_update: int = 500
    ads_data_redaction: bool = True
    url_passthrough: bool = False
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentModes:
    """What ``[consent_modes]`` says.

    Attributes:
        off: interfaces that are left alone.
        signals: the category or service that a signal goes by, where the site names one.
        google: how Google's tags are told.
        cookieless: whether Matomo counts before and without a yes, without cookies.
        allowlist: what a container may run beside the tags of allowed services.
    """

    off: frozenset[ConsentApi] = frozenset()
    signals: Mapping[Signal, str] = field(default_factory=lambda: MappingProxyType({}))
    google: GoogleMode = GoogleMode()
    cookieless: bool = False
    allowlist: tuple[str, ...] = HARMLESS

    def ungates(self, api: ConsentApi | None) -> bool:
        """Return whether services with this interface are loaded before and without a yes."""
        if api is None or api in self.off:
            return False
        return (api == "google" and self.google.advanced) or (api == "matomo" and self.cookieless)

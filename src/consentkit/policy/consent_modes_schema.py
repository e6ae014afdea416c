"""The form of ``[consent_modes]`` in ``consent.toml``, and what becomes of it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from .consent_modes import HARMLESS, ConsentApi, ConsentModes, GoogleMode, Region, Signal
from .table import Table
from .values import Milliseconds, RegionCode

TagType = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,40}$")]


class RegionTable(Table):
    """Signals that stay denied in some regions."""

    region: list[RegionCode] = Field(
        min_length=1, description="Countries or parts of them, by their ISO 3166 codes."
    )
    denied: list[Signal] = Field(min_length=1, description="Signals that stay denied there.")


class GoogleTable(Table):
    """Google's consent mode."""

    mode: Literal["basic", "advanced"] = Field(
        default="basic",
        description="basic loads nothing without a yes; advanced loads the tags and tells them no.",
    )
    wait_for_update: Milliseconds = Field(
        default=500, description="Milliseconds that tags wait for the state on a page for everybody."
    )
    ads_data_redaction: bool = Field(
        default=True, description="Take advertising identifiers out while ad_storage is denied."
    )
    url_passthrough: bool = Field(
        default=False, description="Carry clicks in links, while ad_storage is granted."
    )
    regions: list[RegionTable] = Field(default=[], description="Signals that stay denied in some regions.")


class MatomoTable(Table):
    """Matomo's consent functions."""

    mode: Literal["basic", "cookieless"] = Field(
        default="basic",
        description="basic sends nothing without a yes; cookieless counts without cookies until then.",
    )


class TagManagerTable(Table):
    """Google Tag Manager's allow list."""

    allowlist: list[TagType] = Field(
        default=list(HARMLESS),
        description="Types of triggers, variables and tags that may run in the container for every visitor.",
    )


class ConsentModesTable(Table):
    """The consent interfaces of declared services."""

    off: list[ConsentApi] = Field(default=[], description="Interfaces that are left alone.")
    signals: dict[Signal, str] = Field(
        default={}, description="The category or service that a signal of Google's goes by."
    )
    google: GoogleTable = Field(default_factory=GoogleTable)
    matomo: MatomoTable = Field(default_factory=MatomoTable)
    tag_manager: TagManagerTable = Field(default_factory=TagManagerTable)


def build_consent_modes(table: ConsentModesTable) -> ConsentModes:
    """Return a table without faults as a value."""
    google = table.google
    regions = (Region(tuple(one.region), tuple(dict.fromkeys(one.denied))) for one in google.regions)
    return ConsentModes(
        off=frozenset(table.off),
        signals=MappingProxyType(dict(table.signals)),
        google=GoogleMode(
            advanced=google.mode == "advanced",
            wait_for_update=google.wait_for_update,
            ads_data_redaction=google.ads_data_redaction,
            url_passthrough=google.url_passthrough,
            regions=tuple(regions),
        ),
        cookieless=table.matomo.mode == "cookieless",
        allowlist=tuple(table.tag_manager.allowlist),
    )

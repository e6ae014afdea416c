"""A policy made by hand, so that these tests hold whatever the reader of ``consent.toml`` accepts."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import pytest

from consentkit.consent.model import Consent
from consentkit.policy.duration import Duration
from consentkit.policy.exemption import Exemption
from consentkit.policy.local_text import LocalText
from consentkit.policy.model import (
    Category,
    Controller,
    Kind,
    Policy,
    Service,
    Site,
    StoredItem,
)
from consentkit.policy.texts import load_texts
from consentkit.ui.view import View

MakePolicy = Callable[..., Policy]


def local(english: str, welsh: str | None = None) -> LocalText:
    texts = {"en": english} if welsh is None else {"en": english, "cy": welsh}
    return LocalText(MappingProxyType(texts), "en")


@pytest.fixture
def essential() -> Category:
    return Category(
        "essential",
        essential=True,
        name=local("Essential", "Hanfodol"),
        purpose=local("Needed to make the site work.", "Mae eu hangen."),
        items=(StoredItem("session", Kind.COOKIE, "session", local("Keeps you signed in.")),),
        exemption=Exemption.REQUESTED_SERVICE,
    )


@pytest.fixture
def functional() -> Category:
    return Category(
        "functional",
        essential=False,
        name=local("Functional", "Swyddogaethol"),
        purpose=local("Remember settings.", "Cofio gosodiadau."),
        items=(StoredItem("theme", Kind.COOKIE, Duration(1, "year")),),
    )


@pytest.fixture
def analytics() -> Category:
    counter = Service(
        "counter",
        "analytics",
        "Counter",
        "Counting Ltd",
        purpose=local("Counts visits."),
        hosts=("counter.example", "*.counter.example"),
        items=(
            StoredItem("_ct", Kind.COOKIE, Duration(2, "year"), local("Tells visitors apart.")),
            StoredItem("_ct_*", Kind.COOKIE, Duration(13, "month"), domain="counter.example"),
        ),
        privacy_url="https://counter.example/privacy",
        country="IE",
    )
    panel = Service("panel", "analytics", "Panel", "Open Water Authority", hosts=("panel.water.example",))
    return Category(
        "analytics",
        essential=False,
        name=local("Analytics", "Dadansoddeg"),
        purpose=local("Measure how the site is used.", "Mesur defnydd."),
        services=(counter, panel),
    )


@pytest.fixture
def third_party() -> Category:
    video = Service(
        "video",
        "third-party",
        "Video Player",
        "Video Company",
        hosts=("video.example",),
        items=(StoredItem("device-id", Kind.LOCAL_STORAGE, "until-deleted"),),
    )
    return Category(
        "third-party",
        essential=False,
        name=local("Content from others"),
        purpose=local("Show videos from other organisations."),
        services=(video,),
        gpc=True,
    )


@pytest.fixture
def make_policy() -> MakePolicy:
    def make(*categories: Category, site: Site | None = None) -> Policy:
        controller = Controller("Open Water Authority", "privacy@water.example")
        site = site or Site("Office for Open Water", controller, ("en", "cy"), "/privacy")
        return Policy(
            site, Duration(180, "day"), categories, {tag: load_texts(tag) for tag in site.languages}
        )

    return make


@pytest.fixture
def policy(
    make_policy: MakePolicy,
    essential: Category,
    functional: Category,
    analytics: Category,
    third_party: Category,
) -> Policy:
    return make_policy(essential, functional, analytics, third_party)


@pytest.fixture
def view(policy: Policy) -> View:
    return View(consent=Consent(policy), language="en", prefix="/cookies", path="/reports?page=2&sort=date")

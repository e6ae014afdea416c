"""Objecting on the cookies page: what it shows, what its form sends and what becomes of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from turbohtml import Element, parse

from consentkit.consent.model import Choice, Consent
from consentkit.errors import DecisionError
from consentkit.policy.digest import notice
from consentkit.policy.exemption import Exemption
from consentkit.policy.local_text import LocalText
from consentkit.policy.model import Category, Policy, Service
from consentkit.policy.texts import load_texts
from consentkit.ui.decision import JSON, Decision, decide, parse_decision
from consentkit.ui.render import Pages
from consentkit.ui.state import state_of, stored_by_denied
from consentkit.ui.view import View

MakePolicy = Callable[..., Policy]

TEXTS = load_texts("en")


def local(english: str) -> LocalText:
    return LocalText({"en": english}, "en")


def text_of(element: Element) -> str:
    return " ".join(element.text.split())


@pytest.fixture
def statistics(analytics: Category) -> Category:
    services = tuple(
        replace(one, category="statistics", reason=local("Counts.")) for one in analytics.services
    )
    return replace(
        analytics,
        id="statistics",
        essential=True,
        name=local("Statistics"),
        services=services,
        exemption=Exemption.UK_STATISTICS,
    )


@pytest.fixture
def policy(
    make_policy: MakePolicy, essential: Category, statistics: Category, third_party: Category
) -> Policy:
    return make_policy(essential, statistics, third_party)


@pytest.fixture
def alone(make_policy: MakePolicy, essential: Category, statistics: Category) -> Policy:
    """Return a policy in which there is nothing to ask."""
    return make_policy(essential, statistics)


def page(policy: Policy, view: View, consent: Consent | None = None) -> str:
    shown = replace(view, consent=Consent(policy) if consent is None else consent)
    return Pages(policy).cookies_page(shown, back=None)


def radios(html: str, name: str = "statistics") -> list[tuple[str | None, bool]]:
    found = parse(html).select(f'input[name="choice.{name}"]')
    return [(radio.attr("value"), "checked" in radio.attrs) for radio in found]


# --- the page


#
def test_one_can_object_right_where_it_says_what_is_used_and_why(policy: Policy, view: View) -> None:
    document = parse(page(policy, view))
    (box,) = [box for box in document.select("form fieldset") if "Statistics" in text_of(box)]
    said = text_of(box)

    assert TEXTS.text("exemption_uk_statistics") in said
    assert TEXTS.text("objection_text") in said
    assert "Counting Ltd" in said
    labels = [text_of(label) for label in box.select("label")]
    assert labels == ["Do not object (Statistics)", "Object (Statistics)"]
    (always_on,) = document.select("section.choices-category")
    assert "Essential" in text_of(always_on)
    assert "__Host-consent" in text_of(always_on)


#
def test_the_radios_show_what_holds(policy: Policy, view: View) -> None:
    objected = Consent(policy).deny("statistics")

    assert radios(page(policy, view)) == [("", True), ("denied", False)]
    assert radios(page(policy, view, objected)) == [("granted", False), ("denied", True)]


#
def test_a_site_with_nothing_to_ask_offers_the_objection_and_no_more(alone: Policy, view: View) -> None:
    view = replace(view, consent=Consent(alone))
    html = page(alone, view)

    assert Pages(alone).banner(view) == ""
    assert [button.attr("value") for button in parse(html).select("button")] == ["save"]
    assert radios(html) == [("", True), ("denied", False)]
    assert TEXTS.text("withdraw_heading") not in html
    assert Pages(alone).link(view) != ""


#
def test_what_was_saved_is_confirmed_there_too(alone: Policy, view: View) -> None:
    view = replace(view, consent=Consent(alone).deny("statistics"), saved=True)

    assert "Your cookie choices have been saved." in Pages(alone).banner(view)


def test_the_banner_asks_about_what_is_optional_alone(policy: Policy, view: View) -> None:
    banner = Pages(policy).banner(replace(view, consent=Consent(policy)))

    assert "Content from others" in banner
    assert "Statistics" not in banner


# --- the decision


def saved(consent: Consent, *, shown: str | None = "", **choices: str) -> Consent:
    digest = notice(consent.policy) if shown == "" else shown
    return decide(consent, Decision("save", choices, notice=digest))


#
def test_an_objection_is_saved_with_the_form_and_taken_back_with_it(policy: Policy) -> None:
    objected = saved(Consent(policy), statistics="denied")
    assert objected.choice("statistics") is Choice.DENIED
    assert not objected.allows("counter")

    again = saved(objected, statistics="granted")
    assert again.allows("counter")
    assert again.choice("statistics") is None


#
@pytest.mark.parametrize("choices", [{}, {"statistics": ""}, {"third-party": "granted"}])
def test_a_form_that_does_not_name_it_changes_nothing_about_it(
    policy: Policy, choices: dict[str, str]
) -> None:
    for before in (Consent(policy), Consent(policy).deny("statistics")):
        assert saved(before, **choices).allows("counter") is before.allows("counter")


#
def test_saving_the_untouched_form_refuses_what_is_optional_and_objects_to_nothing(
    policy: Policy, view: View
) -> None:
    found = parse(page(policy, view)).select("input[type=radio]")
    checked = {str(one.attr("name")): str(one.attr("value")) for one in found if "checked" in one.attrs}
    after = saved(Consent(policy), **{name.removeprefix("choice."): value for name, value in checked.items()})

    assert after.allows("counter")
    assert not after.allows("video")


#
@pytest.mark.parametrize("shown", [None, "stale"])
def test_an_objection_counts_however_old_the_page_is_and_taking_it_back_does_not(
    policy: Policy, shown: str | None
) -> None:
    assert not saved(Consent(policy), shown=shown, statistics="denied").allows("counter")
    assert saved(Consent(policy), shown=shown, statistics="").allows("counter")
    with pytest.raises(DecisionError, match="has changed"):
        saved(Consent(policy).deny("statistics"), shown=shown, statistics="granted")


#
def test_reject_all_objects_and_accept_all_takes_nothing_back(policy: Policy) -> None:
    rejected = decide(Consent(policy), Decision("deny-all", {}))
    accepted = decide(rejected, Decision("grant-all", {}, notice=notice(policy)))

    assert not rejected.allows("counter")
    assert not accepted.allows("counter")
    assert accepted.allows("video")


#
def test_json_can_object_too_also_to_one_service(policy: Policy) -> None:
    body = b'{"decision": "save", "choices": {"counter": "denied"}}'
    after = decide(Consent(policy), parse_decision(body, JSON))

    assert not after.allows("counter")
    assert after.allows("panel")


def test_an_exception_from_an_objection_can_be_granted(policy: Policy) -> None:
    objected = Consent(policy).deny("statistics")
    after = decide(objected, Decision("grant", {"panel": "granted"}, notice=notice(policy)))

    assert after.allows("panel")
    assert not after.allows("counter")


def test_what_is_essential_otherwise_cannot_be_named(policy: Policy) -> None:
    with pytest.raises(DecisionError) as caught:
        saved(Consent(policy), essential="denied")
    assert caught.value.code == "name-unknown"


# --- what scripts are told


#
def test_the_state_says_what_was_objected_to(policy: Policy) -> None:
    before, after = state_of(Consent(policy)), state_of(Consent(policy).deny("statistics"))

    assert before["choices"]["statistics"] is None
    assert {"statistics", "counter", "panel"} <= set(before["allowed"])
    assert after["choices"]["statistics"] == "denied"
    assert not {"statistics", "counter", "panel"} & set(after["allowed"])
    assert after["needs_prompt"] is True


#
def test_what_an_objected_service_stored_is_named_to_be_cleared(
    make_policy: MakePolicy, statistics: Category, third_party: Category
) -> None:
    service = Service("device", "statistics", "Device", "Ltd", items=third_party.services[0].items)
    policy = make_policy(replace(statistics, services=(service,)))

    assert stored_by_denied(Consent(policy)) == []
    assert stored_by_denied(Consent(policy).deny("statistics")) == [("local-storage", r"^device\-id$")]

"""What a decision leads to under a policy: the new consent, or a refusal that changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentkit.consent.model import Choice, Consent
from consentkit.errors import DecisionError
from consentkit.policy.digest import notice
from consentkit.policy.model import Category, Policy
from consentkit.ui.decision import (
    Decision,
    decide,
)

GRANTED, DENIED = Choice.GRANTED, Choice.DENIED


def refused(consent: Consent, decision: Decision) -> tuple[str, int]:
    with pytest.raises(DecisionError) as caught:
        decide(consent, decision)
    return caught.value.code, caught.value.status


def save(policy: Policy, choices: Mapping[str, str], *, shown: str | None = "") -> Decision:
    return Decision("save", choices, notice=notice(policy) if shown == "" else shown)


#
def test_saving_with_nothing_touched_refuses_everything(policy: Policy) -> None:
    for before in (Consent(policy), Consent(policy).grant_all()):
        after = decide(before, Decision("save", {}))
        assert {category.id: after.choice(category.id) for category in policy.optional} == {
            "functional": DENIED,
            "analytics": DENIED,
            "third-party": DENIED,
        }
        assert not after.needs_prompt


def test_saving_grants_what_was_ticked_and_only_that(policy: Policy) -> None:
    after = decide(Consent(policy), save(policy, {"analytics": "granted", "functional": "denied"}))

    allowed = [name for name in sorted(policy.names) if after.allows(name)]
    assert allowed == ["analytics", "counter", "essential", "panel"]


def test_an_answer_for_a_service_stands_whatever_order_the_answers_come_in(policy: Policy) -> None:
    answers = [("counter", "denied"), ("analytics", "granted"), ("panel", ""), ("video", "granted")]
    for choices in (dict(answers), dict(reversed(answers))):
        after = decide(Consent(policy), save(policy, choices))

        assert not after.allows("counter")
        assert after.allows("panel")
        assert after.choice("panel") is None
        assert after.allows("video")
        assert not after.allows("third-party")


def test_the_two_buttons_overrule_the_switches_beside_them(policy: Policy) -> None:
    current = notice(policy)
    yes = decide(Consent(policy), Decision("grant-all", {"analytics": "denied"}, notice=current))
    no = decide(Consent(policy), Decision("deny-all", {"analytics": "granted"}, notice=current))

    assert yes.allows("analytics")
    assert not no.allows("analytics")


#
def test_with_the_signal_on_only_a_named_grant_outranks_it(policy: Policy) -> None:
    visitor = Consent(policy, gpc=True)
    everything = decide(visitor, Decision("grant-all", {}, notice=notice(policy)))
    named = decide(visitor, save(policy, {"third-party": "granted"}))

    assert everything.allows("analytics")
    assert not everything.allows("third-party")
    assert named.allows("third-party")


@pytest.mark.parametrize("name", ["nobody", "", "essential", "session", "analytics ", "Analytics", "*"])
@pytest.mark.parametrize("value", ["granted", "denied", ""])
def test_a_name_that_is_not_asked_about_is_refused(policy: Policy, name: str, value: str) -> None:
    choices = {"analytics": "granted", name: value}

    assert refused(Consent(policy), save(policy, choices)) == ("name-unknown", 422)
    assert refused(Consent(policy), save(policy, choices, shown=None)) == ("name-unknown", 422)


@pytest.mark.parametrize("value", ["true", "on", "GRANTED", "granted ", "1", "null"])
def test_a_choice_that_is_neither_is_refused(policy: Policy, value: str) -> None:
    assert refused(Consent(policy), save(policy, {"analytics": value})) == ("choice-invalid", 422)


@pytest.mark.parametrize("shown", [None, "stale", "", "é"])
def test_a_yes_covers_only_what_was_shown(policy: Policy, shown: str | None) -> None:
    for decision in (
        Decision("grant-all", {}, notice=shown),
        Decision("save", {"analytics": "granted"}, notice=shown),
        Decision("save", {"counter": "granted"}, notice=shown),
    ):
        assert refused(Consent(policy), decision) == ("notice-changed", 409)


@pytest.mark.parametrize("shown", [None, "stale"])
@pytest.mark.parametrize("choices", [{}, {"analytics": "denied", "counter": "denied", "video": ""}])
def test_a_no_counts_however_old_the_page_is(
    policy: Policy, shown: str | None, choices: Mapping[str, str]
) -> None:
    before = Consent(policy).grant_all()
    for after in (
        decide(before, Decision("deny-all", choices, notice=shown)),
        decide(before, Decision("save", choices, notice=shown)),
    ):
        assert not any(after.allows(category.id) for category in policy.optional)


@pytest.mark.parametrize("name", ["a-service-of-yesterday", "essential"])
def test_a_no_counts_though_the_old_page_names_what_is_no_longer_asked_about(
    policy: Policy, name: str
) -> None:
    before = Consent(policy).grant_all()
    for action in ("deny-all", "save"):
        after = decide(before, Decision(action, {name: "denied", "analytics": "denied"}, notice="stale"))
        assert not after.allows("analytics")

    both = Decision("save", {name: "denied", "analytics": "granted"}, notice="stale")
    assert refused(before, both) == ("notice-changed", 409)
    odd = Decision("save", {name: "perhaps"}, notice="stale")
    assert refused(before, odd) == ("choice-invalid", 422)


ACTIONS = st.sampled_from(["grant-all", "deny-all", "save"])
NAMES = st.sampled_from(["analytics", "counter", "video", "third-party", "essential", "nobody"]) | st.text()
VALUES = st.sampled_from(["granted", "denied", ""]) | st.text(max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    action=ACTIONS,
    choices=st.dictionaries(NAMES, VALUES, max_size=6),
    shown=st.sampled_from(["current", "stale", None]),
    gpc=st.booleans(),
)
def test_whatever_is_sent_nothing_is_granted_that_was_not_asked_for(
    policy: Policy, action: str, choices: dict[str, str], shown: str | None, gpc: bool
) -> None:
    shown = notice(policy) if shown == "current" else shown
    try:
        after = decide(Consent(policy, gpc=gpc), Decision(action, choices, notice=shown))  # type: ignore[arg-type] # an action
    except DecisionError:
        return
    assert not after.needs_prompt
    for category in policy.optional:
        for name in granted_in(after, category):
            wanted = choices.get(name) == "granted" or choices.get(category.id) == "granted"
            assert shown == notice(policy)
            assert (action == "save" and wanted) or (action == "grant-all" and not (gpc and category.gpc))


def granted_in(consent: Consent, category: Category) -> list[str]:
    return [name for name in (category.id, *(s.id for s in category.services)) if consent.allows(name)]

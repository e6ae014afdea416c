"""One visitor's choices: what allows what, and that nothing but a grant ever does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from consentkit.consent.cookie import ConsentCookie
from consentkit.consent.model import Answer, Choice, Consent, Explanation, Reason
from consentkit.errors import UnknownNameError
from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy

OPTIONAL = ("analytics", "functional", "marketing", "counter", "survey", "pixel")
ESSENTIAL = ("essential", "login")

G, D = Choice.GRANTED, Choice.DENIED
ON = Answer(G, gpc=True)


def given_answers(policy: Policy, answers: Mapping[str, Choice | Answer], *, gpc: bool = False) -> Consent:
    made = {
        name: answer if isinstance(answer, Answer) else Answer(answer) for name, answer in answers.items()
    }
    return Consent(policy, MappingProxyType(made), gpc=gpc)


# --- precedence: essential, then service, then category, then denied


#
def test_without_an_answer_nothing_optional_is_allowed(policy: Policy) -> None:
    consent = Consent(policy)

    assert [name for name in sorted(policy.names) if consent.allows(name)] == sorted(ESSENTIAL)
    assert {consent.choice(name) for name in OPTIONAL} == {None}
    assert consent.decided_at is None


Row = tuple[bool, dict[str, Choice | Answer], str, bool, Reason, str]
TABLE: list[Row] = [
    # signal, answers, asked about, allowed, reason, decided by
    (False, {}, "essential", True, Reason.ESSENTIAL, "essential"),
    (False, {}, "login", True, Reason.ESSENTIAL, "essential"),
    (True, {}, "login", True, Reason.ESSENTIAL, "essential"),
    (False, {}, "counter", False, Reason.UNDECIDED, "analytics"),
    (False, {}, "analytics", False, Reason.UNDECIDED, "analytics"),
    (False, {"analytics": G}, "analytics", True, Reason.CATEGORY_CHOICE, "analytics"),
    (False, {"analytics": G}, "counter", True, Reason.CATEGORY_CHOICE, "analytics"),
    (False, {"analytics": G}, "functional", False, Reason.UNDECIDED, "functional"),
    (False, {"analytics": G}, "pixel", False, Reason.UNDECIDED, "marketing"),
    (False, {"analytics": D}, "counter", False, Reason.CATEGORY_CHOICE, "analytics"),
    (False, {"analytics": G, "counter": D}, "counter", False, Reason.SERVICE_CHOICE, "counter"),
    (False, {"analytics": G, "counter": D}, "survey", True, Reason.CATEGORY_CHOICE, "analytics"),
    (False, {"analytics": G, "counter": D}, "analytics", True, Reason.CATEGORY_CHOICE, "analytics"),
    (False, {"analytics": D, "counter": G}, "counter", True, Reason.SERVICE_CHOICE, "counter"),
    (False, {"analytics": D, "counter": G}, "survey", False, Reason.CATEGORY_CHOICE, "analytics"),
    (False, {"counter": G}, "counter", True, Reason.SERVICE_CHOICE, "counter"),
    (False, {"counter": G}, "analytics", False, Reason.UNDECIDED, "analytics"),
    # the signal speaks for marketing alone
    (True, {"analytics": G}, "counter", True, Reason.CATEGORY_CHOICE, "analytics"),
    (True, {}, "marketing", False, Reason.GPC, "marketing"),
    (True, {}, "pixel", False, Reason.GPC, "marketing"),
    (True, {"marketing": D}, "marketing", False, Reason.GPC, "marketing"),
    (True, {"marketing": G}, "marketing", False, Reason.GPC, "marketing"),
    (True, {"marketing": G}, "pixel", False, Reason.GPC, "marketing"),
    (True, {"pixel": G}, "pixel", False, Reason.GPC, "marketing"),
    (True, {"marketing": ON}, "marketing", True, Reason.CATEGORY_CHOICE, "marketing"),
    (True, {"marketing": ON}, "pixel", True, Reason.CATEGORY_CHOICE, "marketing"),
    (True, {"marketing": ON, "pixel": D}, "pixel", False, Reason.GPC, "marketing"),
    (True, {"marketing": D, "pixel": ON}, "pixel", True, Reason.SERVICE_CHOICE, "pixel"),
    (True, {"marketing": ON, "pixel": G}, "pixel", False, Reason.GPC, "marketing"),
    (False, {"marketing": ON}, "marketing", True, Reason.CATEGORY_CHOICE, "marketing"),
    (False, {"marketing": G}, "marketing", True, Reason.CATEGORY_CHOICE, "marketing"),
]


#
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_the_truth_table_of_precedence(policy: Policy, row: Row) -> None:
    gpc, answers, name, allowed, reason, decided_by = row
    consent = given_answers(policy, answers, gpc=gpc)

    assert consent.allows(name) is allowed
    assert consent.explain(name) == Explanation(name, allowed, reason, decided_by)


@given(st.dictionaries(st.sampled_from(OPTIONAL), st.sampled_from([G, D, ON]), max_size=6), st.booleans())
def test_all_questions_have_one_answer(policy: Policy, answers: dict[str, Answer], gpc: bool) -> None:
    consent = given_answers(policy, answers, gpc=gpc)

    for name in policy.names:
        assert consent.explain(name).allowed is consent.allows(name)
        assert (name in consent.closed) is not consent.allows(name)


def test_an_explanation_is_one_sentence_for_a_log(policy: Policy) -> None:
    consent = Consent(policy).grant("analytics")

    assert str(consent.explain("counter")) == "counter is allowed: category-choice (analytics)"
    assert str(consent.explain("pixel")) == "pixel is not allowed: undecided (marketing)"


# --- the verbs


#
@pytest.mark.parametrize("name", OPTIONAL)
def test_a_grant_allows_what_it_names_and_what_belongs_to_it(policy: Policy, name: str) -> None:
    consent = Consent(policy).grant(name)
    members = {name} | {service.id for service in policy.services.values() if service.category == name}

    assert {other for other in OPTIONAL if consent.allows(other)} == members
    assert consent.choice(name) is Choice.GRANTED


def test_an_answer_for_a_category_replaces_those_for_its_services(policy: Policy) -> None:
    narrow = Consent(policy).grant("counter").deny("pixel")
    wide = narrow.deny("analytics")

    assert narrow.allows("counter")
    assert not wide.allows("counter")
    assert wide.choice("counter") is None
    assert wide.choice("pixel") is Choice.DENIED, "that one belongs to another category"


def test_an_answer_for_a_service_leaves_its_category(policy: Policy) -> None:
    consent = Consent(policy).grant("analytics").deny("counter")

    assert consent.choice("analytics") is Choice.GRANTED
    assert consent.choice("counter") is Choice.DENIED
    assert consent.choice("survey") is None
    assert consent.allows("survey")


def test_in_one_call_the_last_name_that_matters_wins(policy: Policy) -> None:
    assert Consent(policy).grant("counter", "analytics").choice("counter") is None
    assert Consent(policy).grant("analytics", "counter").choice("counter") is Choice.GRANTED


def test_a_verb_returns_a_new_value_and_leaves_the_old_one(policy: Policy) -> None:
    before = Consent(policy).deny("functional")
    after = before.grant("analytics")

    assert not before.allows("analytics")
    assert after.allows("analytics")
    assert after.choice("functional") is Choice.DENIED


def test_a_consent_cannot_be_changed(policy: Policy) -> None:
    consent: Any = Consent(policy).deny("analytics")

    with pytest.raises(FrozenInstanceError):
        consent.gpc = True
    with pytest.raises(TypeError):
        consent.answers["analytics"] = Answer(Choice.GRANTED)


def test_a_verb_without_names_changes_nothing(policy: Policy) -> None:
    consent = Consent(policy).grant("analytics")

    assert consent.grant() == consent.deny() == consent


def test_grant_all_and_deny_all_answer_every_optional_category(policy: Policy) -> None:
    granted = Consent(policy).grant_all()
    denied = Consent(policy).deny_all()

    assert all(granted.allows(name) for name in OPTIONAL)
    assert not any(denied.allows(name) for name in OPTIONAL)
    assert granted.undecided == denied.undecided == ()


def test_deny_all_and_grant_all_end_every_older_answer_for_a_service(policy: Policy) -> None:
    mixed = Consent(policy).grant("counter").deny("pixel")

    assert not mixed.deny_all().allows("counter")
    assert mixed.grant_all().allows("pixel")


def test_withdrawing_is_a_denial_that_keeps_the_id(policy: Policy) -> None:
    consent = Consent(policy, consent_id="A" * 22).grant_all()

    assert consent.withdraw("analytics").choice("analytics") is Choice.DENIED
    assert consent.withdraw("analytics").allows("functional")
    assert not any(consent.withdraw().allows(name) for name in OPTIONAL)
    assert consent.withdraw().consent_id == consent.withdraw("counter").consent_id == "A" * 22
    assert not consent.withdraw().needs_prompt


def test_an_answer_has_no_moment_until_it_is_saved(policy: Policy) -> None:
    assert Consent(policy).grant("analytics").decided_at is None


def test_the_latest_moment_is_the_decisions(policy: Policy) -> None:
    consent = given_answers(
        policy, {"analytics": Answer(G, at=100), "marketing": Answer(D, at=300), "functional": G}
    )

    assert consent.decided_at == 300


# --- essentials


@pytest.mark.parametrize("name", ESSENTIAL)
def test_what_is_essential_cannot_be_denied(policy: Policy, name: str) -> None:
    consent = Consent(policy)

    with pytest.raises(ValueError, match="is essential"):
        consent.deny(name)
    with pytest.raises(ValueError, match="is essential"):
        consent.withdraw("analytics", name)
    assert consent.deny_all().allows(name)
    assert consent.choice(name) is Choice.GRANTED


def test_granting_what_is_essential_writes_nothing_down(policy: Policy) -> None:
    assert Consent(policy).grant(*ESSENTIAL).answers == {}


def test_a_site_with_nothing_optional_asks_nobody() -> None:
    policy = parse_policy('[site]\nname = "T"\ncontroller = { name = "H", contact = "c" }')
    consent = Consent(policy)

    assert not consent.needs_prompt
    assert consent.withdraw() == consent.grant_all() == consent.deny_all() == consent


# --- unknown names


@pytest.mark.parametrize("verb", ["allows", "explain", "choice", "grant", "deny", "withdraw"])
def test_an_undeclared_name_is_an_error_with_a_suggestion(policy: Policy, verb: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        getattr(Consent(policy).grant_all(), verb)("analitycs")

    assert caught.value.suggestion == "analytics"
    assert "Did you mean 'analytics'?" in str(caught.value)


@given(st.text())
def test_no_undeclared_name_is_ever_allowed(policy: Policy, name: str) -> None:
    if name not in policy.names:
        with pytest.raises(UnknownNameError):
            Consent(policy).grant_all().allows(name)


# --- who is asked


#
def test_a_visitor_is_asked_until_every_optional_category_has_an_answer(policy: Policy) -> None:
    consent = Consent(policy)
    assert [category.id for category in consent.undecided] == ["analytics", "functional", "marketing"]

    consent = consent.deny("analytics").grant("functional")
    assert consent.needs_prompt
    assert [category.id for category in consent.undecided] == ["marketing"]
    assert not consent.deny("marketing").needs_prompt


def test_an_answer_for_a_service_does_not_answer_for_its_category(policy: Policy) -> None:
    consent = Consent(policy).deny("functional", "marketing", "counter", "survey")

    assert [category.id for category in consent.undecided] == ["analytics"]


# --- Global Privacy Control


def with_signal(policy: Policy) -> Consent:
    return Consent(policy, gpc=True)


#
def test_the_signal_denies_its_categories_without_asking(policy: Policy) -> None:
    consent = with_signal(policy)

    assert [category.id for category in consent.undecided] == ["analytics", "functional"]
    assert [category.id for category in consent.refused_by_signal] == ["marketing"]
    assert Consent(policy).refused_by_signal == ()
    assert not consent.deny("analytics", "functional").needs_prompt


#
def test_yes_to_all_does_not_outrank_the_signal(policy: Policy) -> None:
    consent = with_signal(policy).grant_all()

    assert consent.allows("analytics")
    assert not consent.allows("marketing")
    assert not consent.allows("pixel")
    assert consent.choice("marketing") is None
    assert not consent.needs_prompt


#
def test_a_grant_by_name_while_the_signal_is_on_does(policy: Policy) -> None:
    consent = with_signal(policy).grant("marketing")

    assert consent.allows("marketing")
    assert consent.allows("pixel")
    assert consent.refused_by_signal == ()
    assert consent.grant_all().allows("marketing")


#
def test_a_grant_made_without_the_signal_is_overruled_by_it(policy: Policy) -> None:
    before = Consent(policy).grant_all()
    now = given_answers(policy, before.answers, gpc=True)

    assert before.allows("marketing")
    assert not now.allows("marketing")
    assert not now.grant_all().allows("marketing")
    assert now.allows("analytics")


#
def test_a_withdrawal_ends_an_exception_from_the_signal(policy: Policy) -> None:
    consent = with_signal(policy).grant("marketing").withdraw("marketing")

    assert not consent.allows("marketing")
    assert not consent.grant_all().allows("marketing")


#
def test_deny_all_while_the_signal_is_on_holds_when_it_is_off_again(policy: Policy) -> None:
    denied = with_signal(policy).deny_all()
    later = given_answers(policy, denied.answers)

    assert not later.needs_prompt
    assert not later.allows("marketing")


#
@given(st.dictionaries(st.sampled_from(OPTIONAL), st.sampled_from([Answer(G), Answer(D), ON]), max_size=6))
def test_the_signal_never_allows_anything_nor_answers_for_what_it_does_not_cover(
    policy: Policy, answers: dict[str, Answer]
) -> None:
    off, on = given_answers(policy, answers), given_answers(policy, answers, gpc=True)

    assert on.closed >= off.closed
    assert {category.id for category in off.undecided} - {category.id for category in on.undecided} <= {
        "marketing"
    }
    assert all(on.allows(name) is off.allows(name) for name in policy.names - {"marketing", "pixel"})


# --- nothing but a grant grants

POLICIES: list[Policy] = []


class NothingButAGrantGrants(RuleBasedStateMachine):
    """Do everything that is not a grant, in any order; nothing optional may ever be allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_800_000_000.0
        self.policy = POLICIES[0]
        self.codec = ConsentCookie(self.policy, "k9Q" * 20 + "0fhGz3Lp7wXc2Vb8", clock=lambda: self.now)
        self.consent = Consent(self.policy)

    @initialize(gpc=st.booleans())
    def arrive(self, gpc: bool) -> None:
        self.consent = Consent(self.policy, gpc=gpc)

    @rule(names=st.lists(st.sampled_from(OPTIONAL)))
    def deny(self, names: list[str]) -> None:
        self.consent = self.consent.deny(*names)

    @rule(names=st.lists(st.sampled_from(OPTIONAL)))
    def withdraw(self, names: list[str]) -> None:
        self.consent = self.consent.withdraw(*names)

    @rule()
    def deny_all(self) -> None:
        self.consent = self.consent.deny_all()

    @rule(names=st.lists(st.sampled_from(ESSENTIAL)))
    def grant_nothing(self, names: list[str]) -> None:
        self.consent = self.consent.grant(*names)

    @rule(name=st.sampled_from(OPTIONAL))
    def look(self, name: str) -> None:
        self.consent.explain(name)
        self.consent.choice(name)

    @rule(days=st.integers(0, 400))
    def let_time_pass(self, days: int) -> None:
        self.now += days * 86_400

    @rule(gpc=st.booleans(), secure=st.booleans())
    def save_and_come_back(self, gpc: bool, secure: bool) -> None:
        header = self.codec.set_cookie(self.codec.seal(self.consent), secure=secure)
        self.consent = self.codec.read([(b"cookie", header.split(b";")[0])], secure=secure, gpc=gpc)

    @invariant()
    def nothing_optional_is_allowed(self) -> None:
        assert [name for name in OPTIONAL if self.consent.allows(name)] == []


#
def test_no_path_leads_to_allowed_without_a_grant(policy: Policy) -> None:
    POLICIES[:] = [policy]
    NothingButAGrantGrants.TestCase().runTest()

"""What is used under an exemption and can be objected to: allowed until somebody says no, and then not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from consentkit.consent.bring_over import BringOver
from consentkit.consent.cookie import ConsentCookie
from consentkit.consent.model import Choice, Consent, Reason
from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy

EXEMPT = """
[site]
name = "Tide Tables"
controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

[consent]
gpc = ["marketing"]

[categories.statistics]
essential = true
exemption = "uk-statistics"
name = "Statistics"
purpose = "Count visits, so that the tables can be improved."
[services.counter]
category = "statistics"
provider = "Counting Ltd"
hosts = ["counter.example"]
reason = "Counts visits."
[services.heatmap]
category = "statistics"
provider = "Heat Ltd"
hosts = ["heat.example"]
reason = "Shows what is looked at."

[categories.marketing]
[services.pixel]
category = "marketing"
provider = "Pixel Ltd"

[services.login]
category = "essential"
provider = "Harbour Office"
reason = "Signs you in."

[bring_over.klaro]
counted = "statistics"
pixel = "marketing"
"""
# The same with the statistics behind a question.
ASKED = EXEMPT.replace('essential = true\nexemption = "uk-statistics"\n', "")
KEY = "9e2b7c41d05f8a63" * 2
DAY = 86_400
NAMES = ("statistics", "counter", "heatmap")
FIXED = ("essential", "login")
OPTIONAL = ("marketing", "pixel")


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def policy() -> Policy:
    return parse_policy(EXEMPT)


def kept(consent: Consent, policy: Policy | None = None, *, days: int = 0) -> Consent:
    """Return what the cookie of ``consent`` says some days later, under another policy if one is given."""
    clock = Clock()
    cookie = ConsentCookie(consent.policy, KEY, clock=clock)
    value = cookie.value(cookie.seal(consent))
    clock.now += days * DAY
    return ConsentCookie(policy or consent.policy, KEY, clock=clock).from_value(value)


# --- the model


#
def test_without_an_objection_it_is_allowed_and_nobody_is_asked(policy: Policy) -> None:
    consent = Consent(policy)

    assert [consent.allows(name) for name in NAMES] == [True, True, True]
    assert {consent.choice(name) for name in NAMES} == {None}
    assert consent.explain("counter").reason is Reason.ESSENTIAL
    assert [category.id for category in consent.undecided] == ["marketing"]
    assert consent.closed == {"marketing", "pixel"}
    assert not consent.deny("marketing").needs_prompt


#
def test_an_objection_closes_it_and_nothing_else(policy: Policy) -> None:
    consent = Consent(policy).deny("statistics")

    assert [consent.allows(name) for name in NAMES] == [False, False, False]
    assert consent.choice("statistics") is Choice.DENIED
    assert consent.closed == {*NAMES, *OPTIONAL}
    assert all(consent.allows(name) for name in FIXED)
    assert str(consent.explain("heatmap")) == "heatmap is not allowed: objection (statistics)"


#
def test_an_objection_can_be_to_one_service(policy: Policy) -> None:
    consent = Consent(policy).deny("counter")

    assert [consent.allows(name) for name in NAMES] == [True, False, True]
    assert (consent.explain("counter").reason, consent.explain("counter").decided_by) == (
        Reason.OBJECTION, "counter",
    )  # fmt: skip


#
@pytest.mark.parametrize("objected", [("statistics",), ("counter",), ("statistics", "counter")])
def test_taking_it_back_leaves_nothing_behind(policy: Policy, objected: tuple[str, ...]) -> None:
    consent = Consent(policy).deny(*objected).grant(*objected)

    assert consent.answers == {}
    assert all(consent.allows(name) for name in NAMES)


#
def test_no_objection_is_not_a_grant(policy: Policy) -> None:
    assert Consent(policy).grant("statistics", "counter").answers == {}


def test_a_service_may_be_excepted_from_an_objection_to_its_category(policy: Policy) -> None:
    consent = Consent(policy).deny("statistics").grant("counter")

    assert [consent.allows(name) for name in NAMES] == [False, True, False]
    assert consent.explain("counter").reason is Reason.SERVICE_CHOICE
    assert consent.grant("statistics").answers == {}
    assert [consent.deny("statistics").allows(name) for name in NAMES] == [False, False, False]


#
def test_yes_to_all_takes_no_objection_back(policy: Policy) -> None:
    consent = Consent(policy).deny("statistics").grant_all()

    assert not consent.allows("counter")
    assert consent.allows("pixel")


#
@pytest.mark.parametrize("verb", ["deny_all", "withdraw"])
def test_no_to_all_is_an_objection_too(policy: Policy, verb: str) -> None:
    consent = getattr(Consent(policy).grant_all(), verb)()

    assert consent.closed == policy.refusable_names
    assert all(consent.allows(name) for name in FIXED)


@pytest.mark.parametrize("name", FIXED)
def test_to_what_is_essential_otherwise_nobody_can_object(policy: Policy, name: str) -> None:
    with pytest.raises(ValueError, match="is essential"):
        Consent(policy).deny(name)


# --- the cookie


#
def test_an_objection_is_kept_like_any_refusal_and_ends_like_one(policy: Policy) -> None:
    objected = Consent(policy).deny("statistics")

    assert not kept(objected, days=179).allows("counter")
    assert kept(objected, days=181).allows("counter")


#
def test_each_objection_has_a_moment_of_its_own(policy: Policy) -> None:
    clock = Clock()
    cookie = ConsentCookie(policy, KEY, clock=clock)
    first = cookie.seal(Consent(policy).deny("statistics"))
    clock.now += 100 * DAY
    value = cookie.value(cookie.seal(first.deny("marketing")))
    clock.now += 81 * DAY

    assert cookie.from_value(value).allows("counter")
    assert cookie.from_value(value).choice("marketing") is Choice.DENIED


#
def test_an_objection_outlives_a_change_of_what_is_declared(policy: Policy) -> None:
    grown = parse_policy(EXEMPT.replace('"heat.example"', '"heat.example", "more.example"'))

    assert not kept(Consent(policy).deny("statistics"), grown).allows("heatmap")
    assert not kept(Consent(policy).deny("heatmap"), grown).allows("heatmap")


#
def test_who_refused_while_they_were_asked_has_objected(policy: Policy) -> None:
    asked = parse_policy(ASKED)

    assert not kept(Consent(asked).deny_all(), policy).allows("counter")
    assert kept(Consent(asked).grant("statistics").deny("counter"), policy).closed >= {"counter"}


#
@pytest.mark.parametrize("exception", [(), ("counter",)])
def test_nothing_said_about_an_exemption_is_a_grant_once_a_question_takes_its_place(
    policy: Policy, exception: tuple[str, ...]
) -> None:
    asked = parse_policy(ASKED)
    consent = kept(Consent(policy).deny("statistics", "marketing").grant(*exception), asked)

    assert not any(consent.allows(name) for name in NAMES)
    assert [category.id for category in consent.undecided] == ["statistics"]


#
def test_a_grant_from_before_the_exemption_leaves_nothing(policy: Policy) -> None:
    consent = kept(Consent(parse_policy(ASKED)).grant_all(), policy)

    assert consent.choice("statistics") is None
    assert consent.allows("counter")


#
def test_with_the_last_objection_the_cookie_goes() -> None:
    alone = parse_policy(EXEMPT.partition("[categories.marketing]")[0].replace('gpc = ["marketing"]', ""))
    cookie = ConsentCookie(alone, KEY)
    consent = cookie.seal(Consent(alone).deny("statistics").grant("statistics"))

    assert cookie.value(consent) == ""
    assert cookie.set_cookie(consent, secure=True).startswith(b"__Host-consent=; Path=/; Max-Age=0;")


# --- other tools


#
@pytest.mark.parametrize(("said", "allowed"), [("true", True), ("false", False)])
def test_a_refusal_in_another_tool_is_an_objection_and_a_yes_there_is_nothing(
    policy: Policy, said: str, allowed: bool
) -> None:
    line = b'klaro={"counted":%b,"pixel":false}' % said.encode()
    consent = BringOver(policy).read([(b"cookie", line)])

    assert consent is not None
    assert consent.allows("counter") is allowed
    assert ("statistics" in consent.answers) is not allowed


# --- whatever is done

POLICIES: list[Policy] = []
ANY = st.lists(st.sampled_from((*NAMES, *OPTIONAL)), max_size=4)


class WhateverIsDone(RuleBasedStateMachine):
    """Deny, take back, save and come back in any order; grant nothing optional."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.codec = ConsentCookie(POLICIES[0], KEY, clock=self.clock)
        self.consent = Consent(POLICIES[0])

    @initialize(gpc=st.booleans())
    def arrive(self, gpc: bool) -> None:
        self.consent = Consent(POLICIES[0], gpc=gpc)

    @rule(names=ANY)
    def deny(self, names: list[str]) -> None:
        self.consent = self.consent.deny(*names)

    @rule(names=st.lists(st.sampled_from(NAMES), max_size=3))
    def take_back(self, names: list[str]) -> None:
        self.consent = self.consent.grant(*names)

    @rule()
    def deny_all(self) -> None:
        self.consent = self.consent.deny_all()

    @rule(days=st.integers(0, 200))
    def let_time_pass(self, days: int) -> None:
        self.clock.now += days * DAY

    @rule(gpc=st.booleans())
    def save_and_come_back(self, gpc: bool) -> None:
        header = self.codec.set_cookie(self.codec.seal(self.consent), secure=True)
        line = header.split(b";")[0]
        sent = [(b"cookie", line)] if b"=1." in line else []
        self.consent = self.codec.read(sent, secure=True, gpc=gpc)

    @invariant()
    def what_is_essential_stays_and_what_is_optional_does_not_come(self) -> None:
        assert all(self.consent.allows(name) for name in FIXED)
        assert not any(self.consent.allows(name) for name in OPTIONAL)

    @invariant()
    def every_question_has_one_answer(self) -> None:
        for name in POLICIES[0].names:
            assert self.consent.explain(name).allowed is self.consent.allows(name)
            assert (name in self.consent.closed) is not self.consent.allows(name)


#
def test_whatever_is_done_essentials_stay_and_nothing_optional_comes_without_a_grant(policy: Policy) -> None:
    POLICIES[:] = [policy]
    WhateverIsDone.TestCase().runTest()


#
@given(names=ANY)
def test_after_an_objection_to_its_category_only_naming_it_opens_anything(
    policy: Policy, names: list[str]
) -> None:
    consent = Consent(policy).deny("statistics").grant(*names)

    for name in NAMES:
        assert consent.allows(name) is (name in names or "statistics" in names)

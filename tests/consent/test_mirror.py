"""The mirror cookie says that there was a choice, and follows as that becomes true or false."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.consent.mirror import mirror_cookie
from consentkit.consent.model import Consent
from consentkit.policy.file import parse_policy

POLICY = parse_policy(
    """
    [site]
    name = "Tides"
    controller = { name = "Harbour Office", contact = "tides@harbour.example" }
    [categories.analytics]
    use = ["matomo"]
    """
)
UNDECIDED = Consent(POLICY)
DECIDED = UNDECIDED.deny_all()
NOTICE = "AbCd0123"


def answer(consent: Consent, *cookies: str, secure: bool = True) -> bytes | None:
    headers = [(b"host", b"x"), *((b"cookie", cookie.encode()) for cookie in cookies)]
    return mirror_cookie(headers, consent, NOTICE, age=60, secure=secure)


def test_a_choice_is_mirrored_where_scripts_can_read_it() -> None:
    assert answer(DECIDED) == b"__Host-consent-shown=AbCd0123; Path=/; Max-Age=60; SameSite=Lax; Secure"
    assert answer(DECIDED, secure=False) == b"consent-shown=AbCd0123; Path=/; Max-Age=60; SameSite=Lax"


@pytest.mark.parametrize("other", ["", "0", "of-another-day", "AbCd01234"])
def test_a_mirror_of_another_declaration_is_made_anew(other: str) -> None:
    assert answer(DECIDED, f"a=b; __Host-consent-shown={other}") == answer(DECIDED)


def test_a_mirror_that_is_true_is_left_alone() -> None:
    assert answer(DECIDED, "a=b;\t__Host-consent-shown=AbCd0123 ; c=d") is None
    assert answer(DECIDED, "a=b", "__Host-consent-shown=AbCd0123") is None


def test_without_a_choice_a_mirror_is_taken_away_and_none_is_set() -> None:
    assert answer(UNDECIDED) is None
    assert answer(UNDECIDED, "consent-shown=x") is None, "on https it has the other name"
    assert answer(UNDECIDED, "__Host-consent-shown=x") == (
        b"__Host-consent-shown=; Path=/; Max-Age=0; SameSite=Lax; Secure"
    )


@given(cookie=st.binary(), secure=st.booleans())
def test_whatever_comes_as_a_cookie_the_answer_is_ours_or_nothing(cookie: bytes, secure: bool) -> None:
    found = mirror_cookie([(b"cookie", cookie)], DECIDED, NOTICE, age=1, secure=secure)

    assert found is None or found.partition(b"=")[0] in (b"__Host-consent-shown", b"consent-shown")

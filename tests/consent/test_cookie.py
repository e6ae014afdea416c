"""The consent cookie: what was answered comes back, and whatever is not genuine says nothing."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import tracemalloc
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from types import MappingProxyType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consentkit.consent.candidates import MAX_CANDIDATES, MAX_HEADER
from consentkit.consent.cookie import LEEWAY, ConsentCookie
from consentkit.consent.model import Answer, Choice, Consent
from consentkit.policy.checks import MAX_NAMES
from consentkit.policy.digest import material_digests
from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy

KEY = "f3a91c07d25e48b6906b1fe7c84d3a52"
OTHER_KEY = "0d7be24a6f1893c5b8e0473d9c62f1aa"
NOW = 1_800_000_000
DAY = 86_400
ID = "Wm3kT0aZ9_xPq-7LrYbV2g"
ALPHABET = re.compile(r"[A-Za-z0-9._~-]+")
OPTIONAL = ("analytics", "functional", "marketing", "counter", "survey", "pixel")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def codec(policy: Policy, key: str | list[str] = KEY, clock: Clock | None = None) -> ConsentCookie:
    return ConsentCookie(policy, key, clock=clock or Clock())


def written(cookie: ConsentCookie, consent: Consent) -> str:
    return cookie.value(cookie.seal(consent))


def read(cookie: ConsentCookie, *lines: str | bytes, secure: bool = False, gpc: bool = False) -> Consent:
    headers = [(b"cookie", line.encode() if isinstance(line, str) else line) for line in lines]
    return cookie.read([(b"host", b"a.example"), *headers], secure=secure, gpc=gpc)


def signed(payload: str, key: str = KEY, salt: bytes = b"consentkit.cookie.v1") -> str:
    """Sign as the format says, without the package: HMAC-SHA-256 under a key derived by HMAC."""
    derived = hmac.digest(key.encode(), salt, "sha256")
    signature = urlsafe_b64encode(hmac.digest(derived, payload.encode("latin-1"), hashlib.sha256)).rstrip(
        b"="
    )
    return f"{payload}.{signature.decode()}"


def says_nothing(consent: Consent) -> bool:
    return not consent.answers and not any(consent.allows(name) for name in OPTIONAL) and consent.needs_prompt


def some_of(policy: Policy, names: Iterable[str]) -> Consent:
    return Consent(policy, consent_id=ID).grant(*names)


# --- round trip

ANSWERS = st.dictionaries(
    st.sampled_from(OPTIONAL),
    st.builds(Answer, st.sampled_from(Choice), st.integers(NOW - 100 * DAY, NOW), st.booleans()),
    min_size=1,
)
IDS = st.none() | st.from_regex(r"\A[A-Za-z0-9_-]{22}\Z")


#
@given(ANSWERS, IDS, st.booleans(), st.booleans())
def test_what_is_written_is_read_back(
    policy: Policy, answers: dict[str, Answer], consent_id: str | None, secure: bool, gpc: bool
) -> None:
    cookie = codec(policy)
    consent = Consent(policy, MappingProxyType(answers), consent_id)
    header = cookie.set_cookie(consent, secure=secure)

    assert ALPHABET.fullmatch(cookie.value(consent))
    assert header.isascii()
    assert cookie.from_value(cookie.value(consent)) == consent
    back = cookie.read([(b"cookie", header.partition(b";")[0])], secure=secure, gpc=gpc)
    assert back == Consent(policy, MappingProxyType(answers), consent_id, gpc)


@given(ANSWERS, IDS)
def test_the_same_choices_have_the_same_value_in_any_order(
    policy: Policy, answers: dict[str, Answer], consent_id: str | None
) -> None:
    backwards = dict(reversed(answers.items()))
    values = [
        codec(policy).value(Consent(policy, MappingProxyType(made), consent_id))
        for made in (answers, backwards)
    ]

    assert codec(policy).from_value(values[0]) == codec(policy).from_value(values[1])
    assert len(values[0]) == len(values[1])


def test_a_returning_visitor_is_read_the_same_each_time(policy: Policy) -> None:
    cookie = codec(policy)
    line = f"consent={written(cookie, some_of(policy, ['analytics']))}"

    assert read(cookie, line) == read(cookie, line)
    assert read(cookie, line, gpc=True).gpc
    assert not read(cookie, line).gpc


def test_an_answer_without_a_moment_cannot_be_written(policy: Policy) -> None:
    with pytest.raises(ValueError, match="seal the consent first"):
        codec(policy).value(Consent(policy).grant("analytics"))


# --- bytes


#
def test_the_set_cookie_header_on_https_byte_for_byte(policy: Policy) -> None:
    digests = material_digests(policy)
    cookie = codec(policy)
    consent = cookie.seal(Consent(policy, consent_id=ID).grant("analytics").deny("functional", "marketing"))
    payload = f"1.{ID}.{NOW:08x}0{digests['analytics']}~{digests['functional']}{digests['marketing']}"

    assert cookie.set_cookie(consent, secure=True) == (
        f"__Host-consent={signed(payload)}; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure"
    ).encode("ascii")


#
def test_the_set_cookie_header_on_plain_http_byte_for_byte(policy: Policy) -> None:
    cookie = codec(policy)
    consent = cookie.seal(Consent(policy, gpc=True).deny("marketing"))
    payload = f"1..{NOW:08x}1~{material_digests(policy)['marketing']}"

    assert cookie.set_cookie(consent, secure=False) == (
        f"consent={signed(payload)}; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax"
    ).encode("ascii")


def test_the_format_stays_the_same_from_release_to_release(policy: Policy) -> None:
    # Were this to change, every visitor of every site would be asked again.
    value = "1.Wm3kT0aZ9_xPq-7LrYbV2g.6b49d2000dGF1cd~SM9-I1.q3V1PUJiXKrxXiQBqwBri1Ysu0J0fb-Kbk54NRBlrzc"

    assert codec(policy).from_value(value) == codec(policy).seal(
        some_of(policy, ["analytics"]).deny("marketing")
    )


#
@pytest.mark.parametrize("gpc", [False, True])
@pytest.mark.parametrize("granted", [[], ["analytics"], ["analytics", "functional", "marketing"]])
def test_three_categories_with_an_id_fit_in_130_bytes(
    policy: Policy, granted: list[str], *, gpc: bool
) -> None:
    cookie = codec(policy)
    consent = cookie.seal(Consent(policy, consent_id=ID, gpc=gpc).deny_all().grant(*granted))
    pair = cookie.set_cookie(consent, secure=True).partition(b";")[0]

    assert len(consent.answers) == 3
    assert len(pair) <= 130


#
def test_the_largest_policy_answered_piece_by_piece_is_still_kept() -> None:
    services = "".join(
        f'[services.s{number}]\nprovider = "P"\ncategory = "analytics"\n' for number in range(MAX_NAMES - 1)
    )
    policy = parse_policy(
        f'[site]\nname = "T"\ncontroller = {{ name = "H", contact = "c" }}\n'
        f"[categories.analytics]\n{services}"
    )
    clock = Clock()
    cookie = codec(policy, clock=clock)
    consent = Consent(policy, consent_id=ID)
    for name in sorted(material_digests(policy)):
        clock.now += 1
        consent = cookie.seal(consent.deny(name))
    header = cookie.set_cookie(consent, secure=True)

    assert len(consent.answers) == MAX_NAMES
    assert len(header) < 1_600
    assert cookie.from_value(cookie.value(consent)) == consent


#
def test_each_name_counts_on_its_own_scheme_alone(policy: Policy) -> None:
    cookie = codec(policy)
    value = written(cookie, some_of(policy, ["analytics"]))

    assert read(cookie, f"__Host-consent={value}", secure=True).allows("analytics")
    assert read(cookie, f"consent={value}").allows("analytics")
    assert says_nothing(read(cookie, f"consent={value}", secure=True))
    assert says_nothing(read(cookie, f"__Host-consent={value}"))


# --- nothing but the genuine value


#
def test_no_change_of_a_single_character_ever_grants(policy: Policy) -> None:
    cookie = codec(policy)
    value = written(cookie, some_of(policy, ["analytics", "functional"])).encode()
    assert read(cookie, b"consent=" + value).allows("analytics")

    for at in range(len(value)):
        for byte in range(256):
            if byte == value[at]:
                continue
            altered = value[:at] + bytes([byte]) + value[at + 1 :]
            if b";" in altered or altered.strip(b" \t") != altered:
                continue  # that ends the value, see below
            assert says_nothing(read(cookie, b"consent=" + altered)), (at, byte)


#
def test_no_insertion_removal_or_cut_ever_grants(policy: Policy) -> None:
    cookie = codec(policy)
    value = written(cookie, some_of(policy, ["analytics", "functional"]))

    for at in range(len(value) + 1):
        for inserted in '"!.~-_=+/%Aa0,\n\0é':
            assert says_nothing(read(cookie, f"consent={value[:at]}{inserted}{value[at:]}")), (at, inserted)
        for end in (at, at + 1):
            cut = value[:at] + value[end:] if end > at else value[:at]
            if cut != value:
                assert says_nothing(read(cookie, f"consent={cut}")), cut
    for other in (
        value.swapcase(),
        value.upper(),
        value[::-1],
        f'"{value}"',
        value + value,
        value.replace("~", "%7E"),
    ):
        assert says_nothing(read(cookie, f"consent={other}")), other


#
def test_two_genuine_values_cannot_be_mixed(policy: Policy) -> None:
    cookie = codec(policy)
    yes = written(cookie, some_of(policy, ["analytics"]))
    no = written(cookie, Consent(policy, consent_id=ID).deny_all())

    assert says_nothing(read(cookie, f"consent={yes.rpartition('.')[0]}.{no.rpartition('.')[2]}"))


#
@given(st.lists(st.binary(max_size=200), max_size=4), st.booleans(), st.booleans())
@example([b"consent="], False, False)
@example([b"consent", b"=consent", b"consent=;consent"], False, False)
@example([b"consent=\xff\xfe; consent=\x00"], False, True)
def test_no_bytes_raise_and_none_grant(policy: Policy, lines: list[bytes], secure: bool, gpc: bool) -> None:
    named = [b"__Host-consent=" + line for line in lines] + [b"consent=" + line for line in lines]

    assert says_nothing(read(codec(policy), *lines, secure=secure))
    consent = read(codec(policy), *named, secure=secure, gpc=gpc)
    assert not any(consent.allows(name) for name in OPTIONAL)


#
@given(
    st.from_regex(
        r"\A1\.([A-Za-z0-9_-]{22})?(\.[0-9a-f]{8}[01]([A-Za-z]{6})*~([A-Za-z]{6})*)+\.[A-Za-z0-9_-]{42}[AEIM]\Z"
    )
)
def test_no_forged_value_of_the_right_form_grants(policy: Policy, value: str) -> None:
    assert says_nothing(read(codec(policy), f"consent={value}"))


#
@given(st.text())
def test_no_text_raises_outside_a_request_and_none_grants(policy: Policy, value: str) -> None:
    assert says_nothing(codec(policy).from_value(value))


def test_outside_a_request_a_genuine_value_is_asked_again_at_that_moment(policy: Policy) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    value = written(cookie, some_of(policy, ["analytics"]))

    assert cookie.from_value(value).allows("analytics")
    clock.now += 180 * DAY
    assert says_nothing(cookie.from_value(value))


#
@pytest.mark.parametrize(
    "payload",
    [
        "2.{id}.{now}0{analytics}~",
        "1.{id}",
        "1.",
        "1..",
        "1.short.{now}0{analytics}~",
        "1.{id}.{now}2{analytics}~",
        "1.{id}.{now}0{analytics}",
        "1.{id}.{now}0{analytics}x~",
        "1.{id}.{now}0{analytics}~~",
        "1.{id}.{now}0{analytics}~.",
        "1.{id}.XXXXXXXX0{analytics}~",  # letters, but no number in base 16
        "1.{id}..{now}0{analytics}~",
        " 1.{id}.{now}0{analytics}~",
        "1.{id}.{now}0{analytics}~\n",
        "1.{id}.{now}0{analytics}~\xe9",
        "",
    ],
)
def test_a_genuine_signature_on_another_format_says_nothing(policy: Policy, payload: str) -> None:
    text = payload.format(id=ID, now=f"{NOW:08x}", analytics=material_digests(policy)["analytics"])

    assert says_nothing(codec(policy).from_value(signed(text)))


def test_the_format_that_these_are_departures_from_is_read(policy: Policy) -> None:
    analytics = material_digests(policy)["analytics"]

    assert codec(policy).from_value(signed(f"1.{ID}.{NOW:08x}0{analytics}~")).allows("analytics")


#
def test_a_name_that_is_granted_and_denied_at_once_is_denied(policy: Policy) -> None:
    analytics = material_digests(policy)["analytics"]

    assert not codec(policy).from_value(signed(f"1..{NOW:08x}0{analytics}~{analytics}")).allows("analytics")


# --- other keys, purposes, policies


#
def test_a_value_signed_for_another_purpose_says_nothing(policy: Policy) -> None:
    payload = written(codec(policy), some_of(policy, ["analytics"])).rpartition(".")[0]

    assert codec(policy).from_value(signed(payload)).allows("analytics")
    assert says_nothing(codec(policy).from_value(signed(payload, salt=b"consentkit.receipt.v1")))
    assert says_nothing(codec(policy).from_value(signed(payload, salt=b"itsdangerous.Signer")))


#
def test_a_value_of_another_key_says_nothing(policy: Policy) -> None:
    value = written(codec(policy, OTHER_KEY), some_of(policy, ["analytics"]))

    assert says_nothing(read(codec(policy), f"consent={value}"))


def test_an_old_key_is_still_read_and_the_newest_signs(policy: Policy) -> None:
    old = written(codec(policy, KEY), some_of(policy, ["analytics"]))
    both = codec(policy, [KEY, OTHER_KEY])
    new = written(both, some_of(policy, ["analytics"]))

    assert read(both, f"consent={old}").allows("analytics")
    assert read(codec(policy, OTHER_KEY), f"consent={new}").allows("analytics")
    assert says_nothing(read(codec(policy, KEY), f"consent={new}"))


def test_a_removed_key_leaves_its_visitors_undecided(policy: Policy) -> None:
    old = written(codec(policy, KEY), some_of(policy, ["analytics"]))

    assert says_nothing(read(codec(policy, OTHER_KEY), f"consent={old}"))


#
def test_the_cookie_of_another_policy_says_nothing(policy: Policy) -> None:
    other = parse_policy(
        '[site]\nname = "T"\ncontroller = { name = "H", contact = "c" }\n'
        '[categories.analytics]\nuse = ["matomo"]'
    )
    value = written(codec(other), Consent(other, consent_id=ID).grant_all())

    assert codec(other).from_value(value).allows("analytics")
    assert says_nothing(read(codec(policy), f"consent={value}"))


#
def test_a_changed_category_is_undecided_again_and_only_that_one(policy: Policy, policy_text: str) -> None:
    changed = parse_policy(policy_text.replace('"counter.example"', '"counter.example", "more.example"'))
    value = written(
        codec(policy), Consent(policy, consent_id=ID).grant("survey", "functional").grant("analytics")
    )
    consent = codec(changed).from_value(value)

    assert [category.id for category in consent.undecided] == ["analytics", "marketing"]
    assert not consent.allows("counter")
    assert consent.allows("functional")
    assert consent.consent_id == ID


#
def test_a_service_that_did_not_change_keeps_its_own_answer(policy: Policy, policy_text: str) -> None:
    changed = parse_policy(policy_text.replace('"counter.example"', '"counter.example", "more.example"'))
    value = written(codec(policy), Consent(policy).grant("analytics", "survey", "counter"))
    consent = codec(changed).from_value(value)

    assert {name for name in OPTIONAL if consent.allows(name)} == {"survey"}
    assert consent.needs_prompt


#
def test_an_editorial_change_asks_nobody(policy: Policy, policy_text: str) -> None:
    worded = policy_text.replace("[categories.functional]", '[categories.functional]\npurpose = "Remember."')
    changed = parse_policy(f"{worded}[texts.en.ui]\nhide = 'Away with it'")
    value = written(codec(policy), Consent(policy).grant("analytics").deny("functional", "marketing"))
    consent = codec(changed).from_value(value)

    assert consent.allows("counter")
    assert not consent.needs_prompt


# --- time


#
def test_a_choice_ends_on_day_180_whatever_the_browser_keeps(policy: Policy) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    line = f"consent={written(cookie, some_of(policy, ['analytics']))}"

    clock.now = NOW + 180 * DAY - 1
    assert read(cookie, line).allows("analytics")
    clock.now = NOW + 180 * DAY
    assert says_nothing(read(cookie, line))
    clock.now = NOW + 181 * DAY
    assert says_nothing(read(cookie, line))


#
def test_a_refusal_lasts_as_long_as_a_grant(policy: Policy) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    yes, no = (cookie.seal(choose(Consent(policy))) for choose in (Consent.grant_all, Consent.deny_all))
    lifetimes = {
        re.findall(rb"Max-Age=(\d+)", cookie.set_cookie(consent, secure=True))[0] for consent in (yes, no)
    }
    clock.now += 179 * DAY

    assert lifetimes == {b"15552000"}
    assert not cookie.from_value(cookie.value(yes)).needs_prompt
    assert not cookie.from_value(cookie.value(no)).needs_prompt


#
def test_a_hundred_visits_extend_nothing(policy: Policy) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    line = f"consent={written(cookie, some_of(policy, ['analytics']))}"
    consent = Consent(policy)
    for visit in range(100):
        clock.now = NOW + visit * DAY
        consent = cookie.seal(read(cookie, line))
        line = f"consent={cookie.value(consent)}"
        assert f"Max-Age={(180 - visit) * DAY};".encode() in cookie.set_cookie(consent, secure=False)

    assert consent.decided_at == NOW
    clock.now = NOW + 180 * DAY
    assert says_nothing(read(cookie, line))


#
def test_a_value_from_the_future_says_nothing_beyond_the_leeway(policy: Policy) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    line = f"consent={written(cookie, some_of(policy, ['analytics']))}"

    clock.now = NOW - LEEWAY
    assert read(cookie, line).allows("analytics")
    clock.now = NOW - LEEWAY - 1
    assert says_nothing(read(cookie, line))
    assert LEEWAY == 300


#
def test_one_answer_from_the_future_spoils_the_whole_value(policy: Policy) -> None:
    digests = material_digests(policy)
    value = signed(f"1..{NOW:08x}0{digests['analytics']}~.{NOW + 301:08x}0~{digests['marketing']}")

    assert says_nothing(codec(policy).from_value(value))


def test_the_policys_own_lifetime_counts(policy_text: str) -> None:
    policy = parse_policy(policy_text.replace("[consent]", '[consent]\nexpires_after = "1 day"'))
    clock = Clock()
    cookie = codec(policy, clock=clock)
    value = written(cookie, some_of(policy, ["analytics"]))

    assert cookie.from_value(value).allows("analytics")
    clock.now += DAY
    assert says_nothing(cookie.from_value(value))


#
def test_every_answer_keeps_its_own_moment(policy: Policy) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    first = cookie.seal(Consent(policy, consent_id=ID).grant("analytics"))
    clock.now = NOW + 100 * DAY
    second = cookie.seal(cookie.from_value(cookie.value(first)).deny("marketing").grant("counter"))
    line = f"consent={cookie.value(second)}"

    assert second.answers["analytics"].at == NOW
    assert second.answers["marketing"].at == NOW + 100 * DAY
    assert b"Max-Age=15552000" in cookie.set_cookie(second, secure=False)
    clock.now = NOW + 180 * DAY
    consent = read(cookie, line)
    assert not consent.allows("analytics"), "the later answers do not extend the first"
    assert consent.allows("counter")
    assert consent.choice("marketing") is Choice.DENIED, "the first answer does not shorten the refusal"
    assert [category.id for category in consent.undecided] == ["analytics", "functional"]
    assert consent.consent_id == ID
    clock.now = NOW + 280 * DAY
    assert says_nothing(read(cookie, line))


def test_an_answer_that_is_given_again_gets_a_new_moment(policy: Policy) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    first = cookie.seal(Consent(policy).grant("analytics"))
    clock.now += DAY

    assert cookie.seal(first.grant("analytics")).decided_at == NOW + DAY
    assert cookie.seal(first).decided_at == NOW


def test_whether_the_signal_was_on_is_kept_with_each_answer(policy: Policy) -> None:
    cookie = codec(policy)
    before = Consent(policy).grant_all()
    with_signal = Consent(policy, gpc=True).grant("marketing")

    for consent, allowed in ((before, False), (with_signal, True)):
        line = f"consent={written(cookie, consent)}"
        assert read(cookie, line, gpc=True).allows("marketing") is allowed
        assert read(cookie, line).allows("marketing")


def test_a_consent_without_answers_deletes_the_cookie(policy: Policy) -> None:
    header = codec(policy).set_cookie(Consent(policy), secure=True)

    assert b"Max-Age=0;" in header
    assert says_nothing(read(codec(policy), header.partition(b";")[0], secure=True))


# --- duplicates and neighbours


def both(policy: Policy) -> tuple[ConsentCookie, str, str]:
    """Return a codec with two genuine values that contradict each other."""
    cookie = codec(policy)
    return (
        cookie,
        written(cookie, some_of(policy, ["analytics"])),
        written(cookie, Consent(policy).deny_all()),
    )


#
def test_identical_duplicates_are_read_as_one(policy: Policy) -> None:
    cookie, yes, _ = both(policy)

    assert read(cookie, f"consent={yes}; consent={yes}").allows("analytics")
    assert read(cookie, f"consent={yes}", f"consent={yes}").allows("analytics")


#
@pytest.mark.parametrize("join", ["; ", ";", "\n"])
def test_contradictory_duplicates_say_nothing_in_any_order(policy: Policy, join: str) -> None:
    cookie, yes, no = both(policy)
    for first, second in ((yes, no), (no, yes)):
        lines = f"consent={first}{join}consent={second}".split("\n")
        assert says_nothing(read(cookie, *lines))
        assert says_nothing(read(cookie, *lines, "consent=garbage"))


#
def test_two_genuine_values_of_different_moments_say_nothing(policy: Policy) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    lines = []
    for _ in range(2):
        clock.now += 1
        lines.append(f"consent={written(cookie, some_of(policy, ['analytics']))}")

    assert says_nothing(read(cookie, *lines))


#
def test_twenty_duplicates_say_nothing(policy: Policy) -> None:
    cookie, yes, _ = both(policy)

    assert says_nothing(read(cookie, "; ".join([f"consent={yes}"] * 20)))
    assert says_nothing(read(cookie, *[f"consent={yes}"] * (MAX_CANDIDATES + 1)))
    assert read(cookie, *[f"consent={yes}"] * MAX_CANDIDATES).allows("analytics")


#
def test_an_expired_duplicate_contradicts_nothing(policy: Policy) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    old = written(cookie, some_of(policy, ["analytics"]))
    clock.now += 180 * DAY
    new = written(cookie, Consent(policy).deny_all())

    for line in (f"consent={old}; consent={new}", f"consent={new}; consent={old}"):
        assert read(cookie, line).choice("analytics") is Choice.DENIED


#
@pytest.mark.parametrize("garbage", ["", "x", "1", '""', "%", "=", "==", "1..5f000000" * 3, "\x00", "é"])
def test_garbage_of_the_same_name_hides_nothing(policy: Policy, garbage: str) -> None:
    cookie, yes, _ = both(policy)

    assert read(cookie, f"consent={garbage}; consent={yes}").allows("analytics")
    assert read(cookie, f"consent={yes}; consent={garbage}").allows("analytics")


#
@pytest.mark.parametrize(
    "line",
    [
        b"x[0]=1; =; ;;%s",
        b"%s; x[0]=1; =; ;;",
        b';;= ;%s;"',
        b'q="a;%s;b"',
        b"a=b;\t%s\t;c",
        b"caf\xe9=\xff\xfe; %s",
        b"\x00=\x01;%s;\x7f",
        b"xconsent=no; consentx=no; Consent=no; %s",
        b"CONSENT=no; consent; %s",
        b"{json:[1,2]}; %s; $Version=1",
        b"a=consent=no; %s",
    ],
)
def test_odd_neighbours_hide_nothing(policy: Policy, line: bytes) -> None:
    cookie, yes, _ = both(policy)

    assert read(cookie, line % f"consent={yes}".encode()).allows("analytics")
    assert read(cookie, line % f"consent = {yes} ".encode()).allows("analytics")


def test_every_cookie_header_is_read(policy: Policy) -> None:
    cookie, yes, _ = both(policy)

    assert read(cookie, "a=1", "b=2", f"c=3; consent={yes}").allows("analytics")
    assert says_nothing(cookie.read([(b"x-cookie", f"consent={yes}".encode())], secure=False))


#
def test_more_than_16_kib_of_cookies_say_nothing(policy: Policy) -> None:
    cookie, yes, _ = both(policy)
    pair = f"; consent={yes}"
    fits = "x" * (MAX_HEADER - len(pair))

    assert MAX_HEADER == 16_384
    assert read(cookie, fits + pair).allows("analytics")
    assert says_nothing(read(cookie, "x" + fits + pair))
    assert says_nothing(read(cookie, "x" * 9_000, "x" * 9_000 + pair))


# --- the log


def broken_lines(policy: Policy) -> list[tuple[str, str]]:
    """Return cookie lines that are ignored, each with a word of the reason."""
    _, yes, no = both(policy)
    future = written(codec(policy, clock=Clock(NOW + DAY)), some_of(policy, ["analytics"]))
    return [
        ("consent=secret-garbage", "format"),
        (f"consent={yes[:-5]}AAAAA", "signature"),
        (f"consent={written(codec(policy, OTHER_KEY), some_of(policy, ['analytics']))}", "signature"),
        (f"consent={future}", "future"),
        (f"consent={yes}; consent={no}", "disagree"),
        ("; ".join([f"consent={yes}"] * 20), "more than 4"),
        (f"consent={yes}; " + "x" * MAX_HEADER, "16 KiB"),
    ]


#
@pytest.mark.parametrize("index", range(7))
def test_an_ignored_cookie_is_logged_once_without_its_value(
    policy: Policy, caplog: pytest.LogCaptureFixture, index: int
) -> None:
    line, reason = broken_lines(policy)[index]
    cookie = codec(policy)
    with caplog.at_level(logging.DEBUG):
        for _ in range(50):
            assert says_nothing(read(cookie, line))

    (record,) = caplog.records
    assert (record.name, record.levelname) == ("consentkit", "WARNING")
    assert reason in record.getMessage()
    for value in re.findall(r"consent=([^;]+)", line):
        assert value not in caplog.text
        assert value[-20:] not in caplog.text


@pytest.mark.parametrize("line", ["", "a=b", "xconsent=1", "consent", "CONSENT=1"])
def test_an_absent_cookie_is_nothing_to_log(
    policy: Policy, caplog: pytest.LogCaptureFixture, line: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert says_nothing(read(codec(policy), line))

    assert caplog.records == []


def test_neither_a_genuine_nor_an_expired_cookie_is_logged(
    policy: Policy, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    line = f"consent={written(cookie, some_of(policy, ['analytics']))}"
    with caplog.at_level(logging.DEBUG):
        assert read(cookie, line).allows("analytics")
        clock.now += 400 * DAY
        assert says_nothing(read(cookie, line))

    assert caplog.records == []


# --- memory


def test_forged_values_are_not_remembered(policy: Policy) -> None:
    cookie = codec(policy)
    yes = written(cookie, some_of(policy, ["analytics"]))
    head, _, signature = yes.rpartition(".")

    def flood(kind: str) -> int:
        tracemalloc.start()
        try:
            for number in range(6_000):
                forged = (
                    f"{head}{'.5f0000000~' * 100}{number:06}.{signature}"
                    if kind == "payload"
                    else f"{yes}{number:>1000}"
                )
                assert says_nothing(cookie.from_value(forged))
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    # 4,096 values of 1 kB would be 4 MB.
    assert flood("payload") < 200_000
    assert flood("signature") < 200_000
    assert cookie.from_value(yes).allows("analytics")


# what is remembered of a value ends when its answers do, with and without the signal.
@pytest.mark.parametrize("gpc", [False, True])
def test_a_remembered_value_ends_answer_by_answer(policy: Policy, gpc: bool) -> None:
    clock = Clock()
    cookie = codec(policy, clock=clock)
    first = cookie.seal(Consent(policy).grant("functional"))
    clock.now += 10 * DAY
    line = f"consent={written(cookie, first.grant('analytics'))}"

    allowed = []
    for day in (10, 179, 180, 189, 190, 400, 10):
        clock.now = NOW + day * DAY
        consent = read(cookie, line, gpc=gpc)
        assert consent.gpc is gpc
        allowed.append([name for name in ("functional", "analytics") if consent.allows(name)])

    both, later = ["functional", "analytics"], ["analytics"]
    assert allowed == [both, both, later, later, [], [], both]


#
def test_a_value_read_with_the_signal_and_without_it_says_two_things(policy: Policy) -> None:
    cookie = codec(policy)
    line = f"consent={written(cookie, Consent(policy).grant('marketing', 'analytics'))}"

    for gpc in (False, True, False, True):
        consent = read(cookie, line, gpc=gpc)
        assert (consent.gpc, consent.allows("marketing"), consent.allows("analytics")) == (gpc, not gpc, True)
        assert ("marketing" in consent.closed) is gpc


def test_of_a_request_without_the_cookie_nothing_is_known(policy: Policy) -> None:
    cookie = codec(policy)

    assert says_nothing(cookie.read_one(None))
    assert cookie.read_one(None, gpc=True).gpc
    assert says_nothing(cookie.read_one(b"1.forged"))
    assert cookie.read_one(b"1.forged", gpc=True).gpc

"""The policy of a page for one visitor: what it allows, what it no longer allows, and what stays."""

# ruff: noqa: E501, ISC004 # a policy stands on one line

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit import parse_policy
from consentkit.gate.csp import ContentPolicy, Mode, nonce_of

POLICY = parse_policy(
    """
    [site]
    name = "Tide Tables"
    controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

    [categories.essential]
    use = ["map"]

    [categories.analytics]
    use = ["counter"]

    [categories.marketing]
    use = ["video", "shared"]

    [services.map]
    provider = "Maps Ltd"
    reason = "You asked for a map."
    hosts = ["map.example"]
    csp = { img-src = ["tiles.map.example"] }

    [services.counter]
    provider = "Counters Ltd"
    hosts = ["counter.example"]
    csp = { script-src = ["counter.example"], connect-src = ["counter.example", "wss://live.counter.example"] }

    [services.video]
    provider = "Video Ltd"
    hosts = ["*.video.example"]
    csp = { frame-src = ["www.video.example"], script-src = ["www.video.example"] }

    [services.shared]
    provider = "Shared Ltd"
    hosts = ["shared.example"]
    embeds = ["https://big.example/shared/*"]
    """
)
NAMES = frozenset({"counter", "video", "shared"})
OWN = "'self' 'unsafe-inline' 'unsafe-eval' data: blob:"


def headers(*policies: str, closed: frozenset[str] = NAMES, mode: Mode = "enforce") -> dict[str, list[str]]:
    sent = [(b"Content-Security-Policy", policy.encode()) for policy in policies]
    found: dict[str, list[str]] = {}
    content = ContentPolicy(POLICY.services.values(), mode=mode)
    for key, value in content.headers([(b"a", b"b"), *sent], closed, "/cookies/reports"):
        found.setdefault(key.decode().lower(), []).append(value.decode())
    return found


def enforced(*policies: str, closed: frozenset[str] = NAMES) -> str:
    return ", ".join(headers(*policies, closed=closed)["content-security-policy"])


#
def test_a_page_without_a_policy_gets_one_that_refuses_strangers_and_what_is_closed() -> None:
    assert enforced() == (
        f"default-src {OWN}; img-src {OWN} tiles.map.example; report-uri /cookies/reports; report-to consentkit"
    )
    assert headers()["reporting-endpoints"] == ['consentkit="/cookies/reports"']


#
def test_what_is_granted_is_allowed_for_just_what_it_needs() -> None:
    policy = enforced(closed=NAMES - {"counter"})

    assert f"; script-src {OWN} counter.example;" in policy
    assert f"; connect-src {OWN} counter.example wss://live.counter.example;" in policy
    assert "video.example" not in policy


def test_a_service_of_which_nobody_has_said_what_it_needs_gets_its_hosts_for_everything() -> None:
    policy = enforced(closed=NAMES - {"shared"})

    for directive in (
        "script-src",
        "connect-src",
        "img-src",
        "frame-src",
        "style-src",
        "font-src",
        "media-src",
    ):
        assert f"{directive} {OWN}" in policy
    assert policy.count("shared.example big.example") == 7


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("script-src 'self'", "script-src 'self' counter.example"),
        ("Script-Src  'self' ; img-src *", "script-src 'self' counter.example; img-src * tiles.map.example"),
        ("script-src 'none'", "script-src counter.example"),
        ("script-src counter.example", "script-src counter.example"),
        ("script-src https://counter.example/", "script-src https://counter.example/"),
        ("script-src 'nonce-abcdefgh' 'strict-dynamic'", "script-src 'nonce-abcdefgh' 'strict-dynamic'"),
        ("script-src-elem 'self'; script-src x.example", "script-src-elem 'self' counter.example; script-src x.example"),
        ("script-src 'self'; script-src 'none'", "script-src 'self' counter.example; script-src 'none'"),
        ("base-uri 'none';;form-action 'self'", "base-uri 'none';;form-action 'self'"),
        ("", ""),
        ("script-src 'self', script-src x.example", "script-src 'self' counter.example, script-src x.example counter.example"),
        (
            "default-src 'self'",
            "default-src 'self'; img-src 'self' tiles.map.example; script-src 'self' counter.example; "
            "connect-src 'self' counter.example wss://live.counter.example",
        ),
        ("default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'",
         "default-src 'none'; script-src 'self' counter.example; connect-src 'self' counter.example "
         "wss://live.counter.example; img-src 'self' tiles.map.example"),
    ],
)  # fmt: skip
def test_a_policy_of_the_site_is_widened_by_what_is_granted_and_by_nothing_else(
    policy: str, expected: str
) -> None:
    assert enforced(policy, closed=NAMES - {"counter"}) == expected


#
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("script-src 'self' counter.example", "script-src 'self'"),
        ("script-src https://counter.example", "script-src 'none'"),
        ("frame-src www.video.example x.example", "frame-src x.example"),
        ("style-src shared.example", "style-src 'none'"),
        ("script-src notcounter.example", "script-src notcounter.example"),
        ("form-action counter.example", "form-action counter.example"),
    ],
)
def test_what_is_closed_is_taken_out_of_what_the_site_allows_itself(policy: str, expected: str) -> None:
    assert enforced(policy) == expected


def test_to_report_alone_the_site_s_policy_stays_and_a_copy_is_sent_beside_it() -> None:
    found = headers("script-src 'self' counter.example", mode="report")

    assert found["content-security-policy"] == ["script-src 'self' counter.example"]
    assert found["content-security-policy-report-only"] == [
        "script-src 'self'; report-uri /cookies/reports; report-to consentkit"
    ]
    alone = headers(mode="report")
    assert "content-security-policy" not in alone
    assert alone["content-security-policy-report-only"][0].startswith(f"default-src {OWN}; ")


def test_reports_go_where_the_site_wants_them_if_it_says_so() -> None:
    found = headers("script-src 'self'; report-uri /own", mode="report")

    assert found["content-security-policy-report-only"] == ["script-src 'self'; report-uri /own"]


#
@pytest.mark.parametrize(
    ("policy", "nonce"),
    [
        ("style-src 'nonce-abcdefgh='", "abcdefgh="),
        ("STYLE-SRC 'self' 'NONCE-abcdefgh'", "abcdefgh"),
        ("default-src 'nonce-abcdefgh'", "abcdefgh"),
        ("style-src-elem 'nonce-abcdefgh'; style-src 'nonce-ijklmnop'", "abcdefgh"),
        ("default-src 'nonce-abcdefgh'; style-src 'self'", None),
        ("style-src 'self'; style-src 'nonce-abcdefgh'", None),
        ("script-src 'nonce-abcdefgh'", None),
        ("style-src 'nonce-a\"><script>'", None),
        ("style-src 'nonce-'", None),
        ("", None),
    ],
)
def test_a_nonce_is_taken_from_what_governs_style_sheets(policy: str, nonce: str | None) -> None:
    assert nonce_of([(b"content-security-policy", policy.encode())]) == nonce
    assert nonce_of([(b"content-security-policy-report-only", policy.encode())]) is None


POLICIES = st.lists(
    st.sampled_from(
        ["script-src", "default-src", "img-src", "'self'", "'none'", ";", ",", " ", "counter.example"]
    )
    | st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=6),
    max_size=12,
).map(" ".join)


@given(POLICIES, st.frozensets(st.sampled_from(sorted(NAMES))))
def test_no_policy_raises_or_loses_a_directive_or_gains_a_line(policy: str, closed: frozenset[str]) -> None:
    content = ContentPolicy(POLICY.services.values(), mode="enforce")
    (changed,) = [
        value
        for key, value in content.headers(
            [(b"content-security-policy", policy.encode("latin-1"))], closed, "/r"
        )
        if key == b"content-security-policy"
    ]
    text = changed.decode("latin-1")

    assert "\n" not in text
    assert "\r" not in text
    for before, after in zip(policy.split(","), text.split(","), strict=True):
        names = [one.split()[0].lower() for one in before.split(";") if one.split()]
        assert [one.split()[0].lower() for one in after.split(";") if one.split()][: len(names)] == names


@given(POLICIES)
def test_a_policy_that_says_nothing_of_sources_stays_byte_for_byte(policy: str) -> None:
    own = "form-action 'self';" + policy.replace("-src", "-uri")

    assert enforced(own) == own

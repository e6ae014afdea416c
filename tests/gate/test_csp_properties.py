"""What holds for every policy: nothing closed is let through, nothing open is lost, all else stays."""

# ruff: noqa: E501 # declarations and sources stand on few lines

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consentkit import parse_policy
from consentkit.gate.csp import ContentPolicy
from consentkit.gate.csp_source import parse_source
from consentkit.gate.csp_terms import Here, Mode
from consentkit.gate.csp_text import KINDS, PolicyText

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
HERE = Here("tides.example", "/cookies/reports", "/cookies/assets")
CONTENT: dict[Mode, ContentPolicy] = {
    "enforce": ContentPolicy(POLICY.services.values(), mode="enforce"),
    "report": ContentPolicy(POLICY.services.values(), mode="report"),
}
ENFORCED = b"content-security-policy"


def headers(
    *policies: str, closed: frozenset[str] = NAMES, mode: Mode = "enforce", here: Here = HERE
) -> list[str]:
    """Return the policies that browsers are to enforce."""
    sent = [(ENFORCED, policy.encode("latin-1")) for policy in policies]
    left = CONTENT[mode].headers([(b"a", b"b"), *sent], closed, here)
    assert left[0] == (b"a", b"b")
    return [value.decode("latin-1") for key, value in left if key == ENFORCED]


def policies_of(*policies: str, closed: frozenset[str]) -> list[PolicyText]:
    return [PolicyText(text) for value in headers(*policies, closed=closed) for text in value.split(",")]


WORDS = st.sampled_from(
    ["script-src", "default-src", "img-src", "'self'", "'none'", ";", ",", " ", "counter.example"]
)
LETTERS = st.characters(max_codepoint=255, exclude_characters="\r\n\x00")
NONSENSE = st.lists(WORDS | st.text(alphabet=LETTERS, max_size=6), max_size=12).map(" ".join)
DIRECTIVES = st.builds(
    "{}{} {}".format,
    st.sampled_from(["", " ", "\t "]),
    st.sampled_from([*KINDS, "default-src", "child-src", "script-src-elem", "style-src-elem", "Frame-Src"]),
    st.lists(
        st.sampled_from(
            ["'self'", "'none'", "x.test", "*.test", "counter.example", "https://counter.example:8443/a.js", "COUNTER.example.",
             "wss://live.counter.example", "www.video.example", "*.video.example", "*.example", "big.example/other/", "shared.example:*",
             "tiles.map.example", "'nonce-abcdefgh'", "https:", "*", "'strict-dynamic'", "tides.example"]
        ),
        max_size=4,
    ).map(" ".join),
)  # fmt: skip
# Each policy without a comma: one header may hold several.
SENSE = st.lists(DIRECTIVES | st.sampled_from(["", "frame-ancestors 'none'"]), max_size=5).map(";".join)
POLICIES = NONSENSE | SENSE | st.lists(SENSE, max_size=3).map(",".join)
CLOSED = st.frozensets(st.sampled_from(sorted(NAMES)))
# What each service would fetch.
FETCHED = {
    "map": {"img-src": ["https://tiles.map.example/1.png"]},
    "counter": {
        "script-src": ["https://counter.example/a.js", "https://counter.example:8443/a.js"],
        "connect-src": ["wss://live.counter.example/", "https://counter.example/"],
    },
    "video": {"frame-src": ["https://www.video.example/1"], "font-src": ["https://a.video.example/1"]},
    "shared": {"frame-src": ["https://big.example/shared/1"], "media-src": ["https://shared.example/1"]},
}


def is_allowed(policy: PolicyText, kind: str, address: str) -> bool:
    """Return whether a browser would fetch something under one policy."""
    name = policy.governing(kind)
    wanted = parse_source(address)
    assert wanted is not None
    allowed = filter(None, map(parse_source, policy.sources(name)))
    return name is None or any(one.covers(wanted) for one in allowed)


def is_everybody_s(policy: PolicyText, kind: str) -> bool:
    """Return whether the site trusts scripts by a nonce, or allows itself everybody."""
    trusted = {"'strict-dynamic'", "https:", "*", "*.example"}
    return not trusted.isdisjoint(policy.sources(policy.governing(kind)))


@given(POLICIES, CLOSED)
def test_no_policy_raises_or_loses_a_directive_or_gains_a_line(policy: str, closed: frozenset[str]) -> None:
    text = headers(policy, closed=closed)[0]

    assert "\n" not in text
    assert "\r" not in text
    for before, after in zip(policy.split(","), text.split(","), strict=True):
        for one, other in zip(before.split(";"), after.split(";"), strict=False):
            assert other.split()[:1] == [word.lower() for word in one.split()[:1]] or other == one
        assert len(after.split(";")) >= len(before.split(";"))


#
@given(POLICIES, CLOSED)
def test_a_page_may_fetch_nothing_of_what_is_closed(policy: str, closed: frozenset[str]) -> None:
    policies = policies_of(policy, closed=closed)

    for name in closed:
        for kind, addresses in FETCHED[name].items():
            if not any(is_everybody_s(one, kind) for one in policies):
                for address in addresses:
                    assert not all(is_allowed(one, kind, address) for one in policies), address


#
@given(POLICIES, CLOSED)
def test_a_page_may_fetch_all_that_is_open(policy: str, closed: frozenset[str]) -> None:
    policies = policies_of(policy, closed=closed)

    for kind, address in [
        ("img-src", "https://tiles.map.example/1.png"),
        *([] if "counter" in closed else [("script-src", "https://counter.example/a.js")]),
        *([] if "shared" in closed else [("media-src", "https://shared.example/1")]),
    ]:
        for one in policies:
            assert is_everybody_s(one, kind) or is_allowed(one, kind, address)


@given(POLICIES, CLOSED)
def test_what_has_been_changed_is_not_changed_again(policy: str, closed: frozenset[str]) -> None:
    once = headers(policy, closed=closed)

    assert headers(*once, closed=closed) == once


@given(POLICIES, CLOSED)
def test_to_report_alone_changes_no_header_of_the_site(policy: str, closed: frozenset[str]) -> None:
    assert headers(policy, closed=closed, mode="report") == [policy]


@given(POLICIES)
def test_a_policy_that_says_nothing_of_sources_stays_byte_for_byte(policy: str) -> None:
    own = "form-action 'self';" + policy.lower().replace("-src", "-uri").replace(",", "")

    assert headers(own)[0] == own


@given(st.text(max_size=40))
def test_whatever_a_client_calls_the_host_no_directive_comes_of_it(host: str) -> None:
    own = "style-src x.test; default-src 'self'"
    (plain,) = headers(own)
    (sent,) = headers(own, here=HERE._replace(host=host))

    assert sent.count(";") == plain.count(";")
    assert sent.count(",") == 0
    assert len(sent.split()) <= len(plain.split())
    assert sent.isascii()

"""The cookies of other tools, as they write them and as nobody should."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consentkit.consent.bring_over import MAX_LENGTH, BringOver, read_foreign
from consentkit.consent.model import Choice
from consentkit.policy.file import parse_policy
from consentkit.policy.model import BRING_OVER_COOKIES

VANILLA = json.dumps(
    {
        "categories": ["necessary", "analytics"],
        "revision": 0,
        "data": None,
        "consentTimestamp": "2026-01-02T03:04:05.678Z",
        "consentId": "0ac9",
        "services": {"necessary": [], "analytics": ["matomo"], "ads": []},
        "lastConsentTimestamp": "2026-02-03T04:05:06.000Z",
        "expirationTime": 1790000000000,
    }
)
COOKIEBOT = (
    "{stamp:'a+b=',necessary:true,preferences:false,statistics:true,marketing:false,"
    "method:'explicit',ver:1,utc:1767323045678,region:'de'}"
)
ONETRUST = (
    "isGpcEnabled=0&datestamp=Fri+Jan+02+2026+03%3A04%3A05+GMT&version=202509.1.0&interactionCount=1"
    "&landingPath=NotLandingPage&groups=C0001%3A1%2CC0002%3A0%2CC0004%3A1&AwaitingReconsent=false"
)
COOKIEYES = (
    "consentid:abc,consent:yes,action:yes,necessary:yes,functional:no,analytics:yes,"
    "advertisement:no,lastRenewedDate:1767323045678"
)


@pytest.mark.parametrize(
    ("tool", "value", "choices", "complete", "at"),
    [
        (
            "vanilla-cookieconsent",
            quote(VANILLA),
            {"necessary": True, "analytics": True, "analytics.matomo": True},
            True,
            1770091506,
        ),
        ("klaro", quote('{"matomo":true,"youtube":false}'), {"matomo": True, "youtube": False}, False, None),
        (
            "cookiebot",
            quote(COOKIEBOT),
            {"necessary": True, "preferences": False, "statistics": True, "marketing": False},
            False,
            1767323045,
        ),
        ("onetrust", ONETRUST, {"C0001": True, "C0002": False, "C0004": True}, False, None),
        (
            "tarteaucitron",
            "!youtube=true!matomo=false!x=wait",
            {"youtube": True, "matomo": False},
            False,
            None,
        ),
        (
            "cookieyes",
            COOKIEYES,
            {"necessary": True, "functional": False, "analytics": True, "advertisement": False},
            False,
            1767323045,
        ),
    ],
)
def test_what_a_tool_writes_is_read(
    tool: str, value: str, choices: dict[str, bool], complete: bool, at: int | None
) -> None:
    said = read_foreign(tool, value)

    assert said is not None
    assert (dict(said.choices), said.complete, said.at) == (choices, complete, at)


@pytest.mark.parametrize(
    ("tool", "value"),
    [
        ("cookiebot", "-1"),
        ("cookiebot", "0"),
        ("cookiebot", COOKIEBOT.replace("explicit", "implied")),
        ("onetrust", ONETRUST.replace("interactionCount=1", "interactionCount=0")),
        ("onetrust", ONETRUST.replace("&interactionCount=1", "")),
        ("cookieyes", COOKIEYES.replace("action:yes", "action:")),
        ("tarteaucitron", "!youtube=wait"),
        ("klaro", "{}"),
    ],
)
def test_before_a_choice_nothing_is_said(tool: str, value: str) -> None:
    assert read_foreign(tool, value) is None


@pytest.mark.parametrize("tool", BRING_OVER_COOKIES)
@pytest.mark.parametrize(
    "value", ["", "null", "[]", "{", "%", "%ff", "true", "x" * (MAX_LENGTH + 1), "[" * 4_000]
)
def test_nonsense_says_nothing(tool: str, value: str) -> None:
    assert read_foreign(tool, value) is None


@given(tool=st.sampled_from(sorted(BRING_OVER_COOKIES)), value=st.text(max_size=200))
@example(tool="vanilla-cookieconsent", value='{"categories":["a"],"services":{"a":null}}')
@example(tool="vanilla-cookieconsent", value='{"categories":["a"],"lastConsentTimestamp":"never"}')
@example(tool="klaro", value='{"a":' * 900)
@example(tool="onetrust", value="interactionCount=1")
def test_any_value_says_yes_or_no_by_name_or_nothing(tool: str, value: str) -> None:
    said = read_foreign(tool, value)

    if said is not None:
        assert {type(name) for name in said.choices} == {str}
        assert {type(answer) for answer in said.choices.values()} == {bool}
        assert said.at is None or type(said.at) is int


names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,20}", fullmatch=True)


@given(choices=st.dictionaries(names, st.booleans(), min_size=1, max_size=20))
def test_well_formed_values_are_read_back(choices: dict[str, bool]) -> None:
    klaro = read_foreign("klaro", quote(json.dumps(choices)))
    tarteaucitron = read_foreign(
        "tarteaucitron", "".join(f"!{name}={str(answer).lower()}" for name, answer in choices.items())
    )

    assert klaro is not None
    assert tarteaucitron is not None
    assert klaro.choices == tarteaucitron.choices == choices


NOW = 1_770_100_000
POLICY = parse_policy(
    """
    [site]
    name = "Tides"
    controller = { name = "Harbour Office", contact = "tides@harbour.example" }
    [categories.analytics]
    use = ["matomo"]
    [categories.third-party]
    use = ["youtube"]
    [bring_over.klaro]
    count = "analytics"
    more-count = "analytics"
    film = ["youtube"]
    [bring_over.vanilla-cookieconsent]
    analytics = "analytics"
    embeds = "third-party"
    """
)


def brought(*cookies: str, now: int = NOW) -> dict[str, tuple[Choice, int | None]]:
    headers = [(b"cookie", cookie.encode()) for cookie in cookies]
    consent = BringOver(POLICY, clock=lambda: now).read(headers)
    return {} if consent is None else {name: one[:2] for name, one in consent.answers.items()}


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ({"count": True, "more-count": True}, {"analytics": (Choice.GRANTED, NOW)}),
        ({"count": True, "more-count": False}, {"analytics": (Choice.DENIED, NOW)}),
        ({"count": False, "more-count": False}, {"analytics": (Choice.DENIED, NOW)}),
        ({"count": True}, {}),
        ({"film": True, "other": True}, {"youtube": (Choice.GRANTED, NOW)}),
        ({"other": True}, {}),
    ],
)
def test_a_name_is_granted_where_all_that_means_it_was(
    said: dict[str, bool], answers: dict[str, tuple[Choice, int]]
) -> None:
    assert brought(f"a=b; klaro={quote(json.dumps(said))}") == answers


def test_where_a_tool_names_only_what_was_accepted_the_rest_was_refused_at_that_moment() -> None:
    at = 1_770_091_506
    assert brought(f"cc_cookie={quote(VANILLA)}") == {
        "analytics": (Choice.GRANTED, at),
        "third-party": (Choice.DENIED, at),
    }


#
@pytest.mark.parametrize("now", [1_770_091_505, 1_770_091_506 + 180 * 86_400, 4_000_000_000])
def test_what_is_over_or_comes_from_the_future_is_not_brought(now: int) -> None:
    assert brought(f"cc_cookie={quote(VANILLA)}", now=now) == {}


#
def test_two_cookies_that_disagree_say_nothing_and_two_that_agree_say_it_once() -> None:
    yes, no = (f"klaro={quote(json.dumps({'film': answer}))}" for answer in (True, False))

    assert brought(yes, no) == {}
    assert brought(yes, yes) == {"youtube": (Choice.GRANTED, NOW)}
    assert brought(*[f"klaro={number}" for number in range(9)]) == {}


def test_the_first_tool_of_the_file_that_says_something_counts() -> None:
    film = f"klaro={quote(json.dumps({'film': True}))}"

    assert brought(f"cc_cookie={quote(VANILLA)}", film) == {"youtube": (Choice.GRANTED, NOW)}
    assert brought(f"cc_cookie={quote(VANILLA)}", "klaro=x").keys() == {"analytics", "third-party"}

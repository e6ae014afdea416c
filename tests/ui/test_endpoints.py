"""What the site answers under the prefix to those who only look."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from consentkit import ConsentMiddleware, Policy
from consentkit.policy.model import Category, Site
from consentkit.testing import consent_cookies
from consentkit.ui.render import Pages

MakePolicy = Callable[..., Policy]
Exchange = Callable[..., list[Message]]


def wrapped(policy: Policy, secret_key: str, **options: Any) -> ConsentMiddleware:  # noqa: ANN401 - any option
    async def page(request: object) -> PlainTextResponse:
        return PlainTextResponse("the application")

    app = Starlette(routes=[Route("/{rest:path}", page)])
    return ConsentMiddleware(app, policy=policy, secret_key=secret_key, **options)


def site(policy: Policy, secret_key: str, **options: Any) -> TestClient:  # noqa: ANN401 - any option
    return TestClient(wrapped(policy, secret_key, **options), follow_redirects=False)


def stylesheet(policy: Policy) -> str:
    return f"/cookies/assets/{next(iter(Pages(policy).assets))}"


# --- the cookies page -------------------------------------------------------------------------------


#
def test_the_cookies_page_is_private_html_with_a_working_form(policy: Policy, secret_key: str) -> None:
    answer = site(policy, secret_key).get("/cookies")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    assert '<form method="post" action="/cookies">' in answer.text


#
@pytest.mark.parametrize("names", [[], ["analytics"]])
def test_the_cookies_page_shows_the_saved_state(policy: Policy, secret_key: str, names: list[str]) -> None:
    client = site(policy, secret_key)
    client.cookies.update(consent_cookies(policy, secret_key, granted=names))
    radio = re.search(r'<input[^>]*name="choice.analytics"[^>]*checked[^>]*>', client.get("/cookies").text)

    assert radio is not None
    assert f'value="{"granted" if names else "denied"}"' in radio[0]


@pytest.mark.parametrize("back", ["/tides", "/tides?month=5&year=2027", "/a%20b", "/" + "x" * 1_900])
def test_the_cookies_page_knows_the_way_back(policy: Policy, secret_key: str, back: str) -> None:
    text = site(policy, secret_key).get("/cookies", params={"next": back}).text

    assert f'href="{back.replace("&", "&amp;")}"' in text


#
@pytest.mark.parametrize(
    "query",
    [
        "next=//evil.example",
        "next=https://evil.example",
        "next=%2F%2Fevil.example",
        "next=/%5Cevil.example",
        "next=javascript:evil.example()",
        "next=/evil.example%0d%0aX:1",
        "next=/%C3%A9evil.example",
        "next=/evil.example" + "x" * 2_000,
        "next=/evil.example%3F" + "%26" * 900,
        "&".join(["next=/evil.example"] * 40),
        "%FF=%FF",
        "next",
    ],
)
def test_a_way_back_that_is_not_ours_or_that_the_form_could_not_send_is_left_out(
    policy: Policy, secret_key: str, query: str
) -> None:
    answer = site(policy, secret_key).get(f"/cookies?{query}")

    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    assert 'name="next"' not in answer.text


def test_following_a_link_to_the_cookies_page_saves_nothing(policy: Policy, secret_key: str) -> None:
    for query in ("decision=grant-all", "choices=saved", "choice.analytics=granted&decision=save"):
        answer = site(policy, secret_key).get(f"/cookies?{query}")

        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert 'id="choices-saved"' not in answer.text


#
def test_a_site_that_asks_nothing_still_has_its_cookies_page(
    make_policy: MakePolicy, essential: Category, secret_key: str
) -> None:
    client = site(make_policy(essential), secret_key)

    assert client.get("/cookies").status_code == 200
    assert "<form" not in client.get("/cookies").text
    assert client.get("/cookies/state").json()["needs_prompt"] is False


# --- language, nonce, templates ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("cy", "cy"), ("en", "en"), ("de, cy;q=0.5", "cy"), ("ja", "en"), ("", "en"), ("\xff;;q=x", "en")],
)
def test_accept_language_chooses_and_the_answer_varies_by_it(
    policy: Policy, secret_key: str, accepted: str, language: str
) -> None:
    header = [(b"accept-language", accepted.encode("latin-1"))]
    answer = site(policy, secret_key).get("/cookies", headers=header)

    assert f'<html lang="{language}"' in answer.text
    assert answer.headers["vary"] == "Cookie, Sec-GPC, Accept-Language"


@pytest.mark.parametrize(
    ("chosen", "language", "varies"),
    [("cy", "cy", False), ("cy-GB", "cy", False), ("ja", "en", False), ("", "en", False), (None, "cy", True)],
)
def test_a_callable_chooses_the_language_unless_it_returns_none(
    policy: Policy, secret_key: str, chosen: str | None, language: str, varies: bool
) -> None:
    answer = site(policy, secret_key, language=lambda _scope: chosen).get(
        "/cookies", headers={"Accept-Language": "cy"}
    )

    assert f'<html lang="{language}"' in answer.text
    assert ("Accept-Language" in answer.headers["vary"]) is varies


def test_a_site_in_one_language_does_not_vary_by_it(
    make_policy: MakePolicy, analytics: Category, policy: Policy, secret_key: str
) -> None:
    one = make_policy(analytics, site=Site("Open Water", policy.site.controller, ("cy",)))
    answer = site(one, secret_key).get("/cookies", headers={"Accept-Language": "en"})

    assert '<html lang="cy"' in answer.text
    assert answer.headers["vary"] == "Cookie"


#
def test_with_a_nonce_the_stylesheet_is_in_the_page_and_nothing_else_is_inline(
    policy: Policy, secret_key: str
) -> None:
    nonces = iter(["bm9uY2Ux", "bm9uY2Uy", None])
    client = site(policy, secret_key, nonce=lambda _scope: next(nonces))
    first, second, without = (client.get("/cookies").text for _visit in range(3))

    assert '<style nonce="bm9uY2Ux">' in first
    assert '<style nonce="bm9uY2Uy">' in second
    assert "<style" not in without
    for text in (first, second, without):
        assert not re.search(r"<script|\son[a-z]+=|\sstyle=|javascript:", text)


def test_a_template_of_the_site_s_own_takes_the_place_of_the_shipped_one(
    policy: Policy, secret_key: str, tmp_path: Path
) -> None:
    (tmp_path / "error-page.html").write_text("<p>our own words: {{ code }}</p>", encoding="utf-8")
    client = site(policy, secret_key, templates=tmp_path)

    assert client.post("/cookies", data={}).text == "<p>our own words: cross-site</p>"
    assert "our own words" not in client.get("/cookies").text


# --- state, assets, gpc.json ------------------------------------------------------------------------


@pytest.mark.parametrize("gpc", [False, True])
def test_the_state_says_what_was_chosen_and_what_is_allowed(
    policy: Policy, secret_key: str, gpc: bool
) -> None:
    client = site(policy, secret_key)
    client.cookies.update(
        consent_cookies(policy, secret_key, granted=["analytics", "third-party"], denied=["panel"])
    )
    answer = client.get("/cookies/state", headers={"Sec-GPC": "1"} if gpc else {})
    state = answer.json()

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(r"[\w-]+", state.pop("notice"))
    assert state == {
        "needs_prompt": False,
        "choices": {
            "functional": "denied",
            "analytics": "granted",
            "third-party": "granted",
            "counter": None,
            "panel": "denied",
            "video": None,
        },
        "allowed": ["analytics", "counter", "essential", *([] if gpc else ["third-party", "video"])],
        "gpc": gpc,
    }


def test_the_state_of_an_undecided_visitor_allows_nothing_optional(policy: Policy, secret_key: str) -> None:
    state = site(policy, secret_key).get("/cookies/state").json()

    assert state["needs_prompt"] is True
    assert set(state["choices"].values()) == {None}
    assert state["allowed"] == ["essential"]


def test_assets_are_kept_for_ever_under_an_address_that_changes_with_them(
    policy: Policy, secret_key: str
) -> None:
    client = site(policy, secret_key)
    answer = client.get(stylesheet(policy))

    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "vary" not in answer.headers
    assert client.get("/cookies/assets/0000/choices.css").text == "the application"


@pytest.mark.parametrize("query", [b"", b"v=1", b"\xff", b"?#"])
@pytest.mark.parametrize("host", [b"water.example", b"[", b"a/b?c#d", b"\xff", b""])
def test_an_asset_is_found_whatever_the_client_calls_the_site(
    policy: Policy, secret_key: str, exchange: Exchange, query: bytes, host: bytes
) -> None:
    app = wrapped(policy, secret_key)
    sent = exchange(app, stylesheet(policy), headers=[(b"host", host)], query_string=query)

    assert sent[0]["status"] == 200


#
def test_gpc_json_says_that_the_signal_is_heeded_only_where_it_is(
    policy: Policy, make_policy: MakePolicy, analytics: Category, secret_key: str
) -> None:
    answer = site(policy, secret_key).get("/.well-known/gpc.json")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["gpc"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", answer.json()["lastUpdate"])
    assert "vary" not in answer.headers
    deaf = site(make_policy(analytics), secret_key)
    assert deaf.get("/.well-known/gpc.json").text == "the application"

"""The client script in the pages of an application: where it goes and what lets it in."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, Policy
from consentkit.testing import consent_cookies

CSP = "content-security-policy"
SCRIPT = re.compile(
    r'<script type="module" src="/cookies/assets/[0-9a-f]{16}/client\.js"([^>]*)></script></head>'
)


def client(policy: Policy, secret_key: str, own: str | None = None, **options: Any) -> TestClient:  # noqa: ANN401
    async def page(_request: Request) -> Response:
        headers = {"ETag": '"v1"'} | ({CSP: own} if own else {})
        return HTMLResponse("<!doctype html><html><head></head><body>x", headers=headers)

    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, **options)
    return TestClient(Starlette(routes=[Route("/", page)], middleware=[consent]))


def attributes(page: str) -> str:
    found = SCRIPT.search(page)
    assert found is not None
    return found[1]


def test_it_is_the_last_thing_in_the_head_and_can_be_fetched(policy: Policy, secret_key: str) -> None:
    site = client(policy, secret_key)
    page = site.get("/").text

    assert "data-state=" in attributes(page)
    address = re.search(r'src="([^"]+client\.js)"', page)
    assert address is not None
    script = site.get(address[1])
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["cache-control"]


# R-10
def test_switched_off_nothing_of_it_is_there(policy: Policy, secret_key: str) -> None:
    assert "<script" not in client(policy, secret_key, client=False).get("/").text


# R-85
@pytest.mark.parametrize(
    ("own", "written"),
    [
        ("script-src 'nonce-abcdefgh'", ' nonce="abcdefgh"'),
        ("default-src 'nonce-abcdefgh'", ' nonce="abcdefgh"'),
        ("script-src 'nonce-scripts1'; style-src 'nonce-styles12'", ' nonce="scripts1"'),
    ],
)
def test_it_carries_the_nonce_that_the_page_trusts_in_scripts(
    policy: Policy, secret_key: str, own: str, written: str
) -> None:
    assert written in attributes(client(policy, secret_key, own).get("/").text)


@pytest.mark.parametrize(
    "own", ["script-src 'none'", "default-src 'none'; style-src 'self'; form-action 'self'"]
)
def test_a_policy_that_refuses_it_is_told_once(
    policy: Policy, secret_key: str, own: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = client(policy, secret_key, own)
    with caplog.at_level(logging.WARNING, "consentkit"):
        site.get("/")
        site.get("/")

    assert caplog.text.count("refuses the client script") == 1


@pytest.mark.parametrize("options", [{"client": False}, {"csp": "enforce"}])
def test_nobody_is_warned_where_it_is_off_or_let_in(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture, options: dict[str, object]
) -> None:
    with caplog.at_level(logging.WARNING, "consentkit"):
        client(policy, secret_key, "script-src x.test", **options).get("/")

    assert "client script" not in caplog.text


def test_an_enforced_policy_lets_it_in_by_its_own_path_and_says_that_changes_reload(
    policy: Policy, secret_key: str
) -> None:
    answer = client(policy, secret_key, "script-src x.test", csp="enforce").get("/")

    assert "script-src x.test testserver/cookies/assets/" in answer.headers[CSP]
    assert "data-reload" in attributes(answer.text)


def test_those_who_are_asked_have_the_rules_in_the_page_and_the_others_a_file(
    policy: Policy, secret_key: str
) -> None:
    site = client(policy, secret_key)
    asked = site.get("/").text
    site.cookies.update(consent_cookies(policy, secret_key))
    regular = site.get("/").text

    assert "<style>" in asked
    # For a policy in a <meta>, or one that a proxy adds: neither is known here, both may refuse rules.
    assert asked.index("<style>") < asked.index("</head>") < asked.index('<link rel="stylesheet"')
    assert "<style>" not in regular
    assert "choices.css" in regular


@pytest.mark.parametrize("own", ["style-src 'self'", "default-src 'self'", "style-src 'unsafe-inline'"])
def test_a_policy_on_styles_is_not_put_to_the_test(policy: Policy, secret_key: str, own: str) -> None:
    page = client(policy, secret_key, own).get("/").text

    assert "<style" not in page
    assert "choices.css" in page


# R-51
def test_pages_with_another_state_have_another_tag(policy: Policy, secret_key: str) -> None:
    site = client(policy, secret_key)
    undecided = site.get("/").headers["etag"]
    site.cookies.update(consent_cookies(policy, secret_key))

    assert site.get("/").headers["etag"] != undecided


def test_a_page_for_everybody_says_nothing_of_its_visitor(policy: Policy, secret_key: str) -> None:
    site = client(policy, secret_key, cache="shared")
    stranger = site.get("/")
    site.cookies.update(consent_cookies(policy, secret_key, granted=["third-party"]))
    regular = site.get("/")

    assert stranger.content == regular.content
    assert "data-state" not in stranger.text
    assert stranger.text.index("early.js") < stranger.text.index("choices.css")


def accept(site: TestClient, *names: str, **headers: str) -> None:
    """Grant what is named; a yes to all is no answer to the signal."""
    notice = site.get("/cookies").text.partition('name="notice" value="')[2].partition('"')[0]
    chosen = {"decision": "save", "choices": dict.fromkeys(names, "granted"), "notice": notice}
    answer = site.post("/cookies", json=chosen, headers={"Origin": "http://testserver", **headers})
    assert answer.is_success, answer.text


# R-48
def test_a_category_that_was_granted_despite_the_signal_is_named_on_the_cookies_page(
    policy: Policy, secret_key: str
) -> None:
    site, note, gpc = client(policy, secret_key), "You accepted these yourself", {"Sec-GPC": "1"}
    before = site.get("/cookies", headers=gpc).text
    accept(site, "third-party", **gpc)

    assert note not in before
    assert note in site.get("/cookies", headers=gpc).text
    assert note not in site.get("/cookies").text


# R-51
@pytest.mark.parametrize("with_script", [True, False])
def test_nobody_is_given_a_cookie_to_look_at_where_no_script_looks(
    policy: Policy, secret_key: str, *, with_script: bool
) -> None:
    site = client(policy, secret_key, cache="shared", client=with_script)
    accept(site, "analytics", "third-party")
    page = site.get("/cookies").text

    assert any("consent-shown" in name for name in site.cookies) is with_script
    assert ("Lets a page show your cookie choices" in page) is with_script

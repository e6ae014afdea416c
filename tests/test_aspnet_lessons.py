"""What ASP.NET's cookie policy tests, asked of us: the same promises, and those that its users missed.

The comment above a test names the case of ``CookieConsentTests`` or ``CookiePolicyTests`` that it comes
from. ``docs/pitfalls.md`` says which cases have no counterpart, and where we answer otherwise on purpose.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from httpx2 import Response as Answer
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from consentkit import ConsentMiddleware, Policy, ResponseStartedError, parse_policy
from consentkit.starlette import consent_from, save_consent
from consentkit.testing import consent_cookies

Endpoint = Callable[[Request], Awaitable[Response]]
HTTPS = "https://tides.example"
NOTHING_OPTIONAL = """
[site]
name = "Tides"
controller = { name = "Office", contact = "privacy@tides.example" }
"""


def client_for(
    policy: Policy,
    key: str,
    endpoint: Endpoint,
    *,
    granted: Iterable[str] | None = None,
    **options: Any,  # noqa: ANN401 - whatever the middleware takes
) -> TestClient:
    """Return a visitor who has granted these names, or with ``None`` one who has not chosen."""
    middleware = [Middleware(ConsentMiddleware, policy=policy, secret_key=key, **options)]
    app = Starlette(routes=[Route("/{rest:path}", endpoint)], middleware=middleware)
    chosen = {} if granted is None else consent_cookies(policy, key, granted=granted)
    return TestClient(app, base_url=HTTPS, cookies=chosen)


def setting(*cookies: str) -> Endpoint:
    async def page(request: Request) -> Response:
        response = PlainTextResponse("")
        for cookie in cookies:
            response.headers.append("set-cookie", cookie)
        return response

    return page


def kept(answer: Answer) -> list[str]:
    """Return the Set-Cookie headers that reach the browser and are no deletions."""
    lines = answer.headers.get_list("set-cookie")
    return [line for line in lines if "max-age=0" not in line.lower() and "1970" not in line]


async def reading(request: Request) -> Response:
    return PlainTextResponse(str(consent_from(request).allows("analytics")))


# --- what is held back ----------------------------------------------------------------------------------


# ConsentChecksOffByDefault
def test_a_site_that_declares_nothing_optional_loses_no_cookie(secret_key: str) -> None:
    nothing = parse_policy(NOTHING_OPTIONAL)
    cookies = ["session=1", "anything=2; Path=/", "_ga=GA1.1.2"]
    answer = client_for(nothing, secret_key, setting(*cookies)).get("/")

    assert answer.headers.get_list("set-cookie") == cookies
    assert "vary" not in answer.headers


#
# NonEssentialCookiesWithOptionsExcluded
@pytest.mark.parametrize("granted", [None, ()])
def test_an_optional_cookie_stays_here_until_it_is_granted(
    policy: Policy, secret_key: str, granted: tuple[str, ...] | None
) -> None:
    answer = client_for(policy, secret_key, setting("_ct=1; Path=/; HttpOnly"), granted=granted).get("/")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


# NonEssentialCookiesCanBeAllowedViaOnAppendCookie: not a hook but the visitor allows it, one service alone
def test_a_grant_for_one_service_lets_its_cookie_pass_and_no_other(policy: Policy, secret_key: str) -> None:
    endpoint = setting("_ct=1; Path=/", "_visits_1=1", "_v=1; Path=/videos")
    answer = client_for(policy, secret_key, endpoint, granted=["counter"]).get("/")
    assert kept(answer) == ["_ct=1; Path=/"]


#
def test_a_cookie_of_two_services_needs_both(policy: Policy, secret_key: str) -> None:
    for granted, expected in ((["counter"], []), (["panel"], []), (["counter", "panel"], ["_shared=1"])):
        answer = client_for(policy, secret_key, setting("_shared=1"), granted=granted).get("/")
        assert kept(answer) == expected


# NeedsConsentDoesNotPreventEssentialCookies
def test_an_essential_cookie_needs_no_consent(policy: Policy, secret_key: str) -> None:
    answer = client_for(policy, secret_key, setting("session=a; HttpOnly", "_ct=1")).get("/")
    assert answer.headers.get_list("set-cookie") == ["session=a; HttpOnly"]


# EssentialCookiesCanBeExcludedByOnAppendCookie: not a hook but consent.toml decides
def test_a_cookie_that_frameworks_need_is_optional_where_the_site_declares_it_so(
    policy: Policy, secret_key: str
) -> None:
    endpoint = setting("session=a", "sessionid=b", "csrftoken=c")
    assert len(kept(client_for(policy, secret_key, endpoint).get("/"))) == 3

    functional = """
    [categories.functional]
    cookies = [{ name = "session", purpose = "Remembers the chart.", expires_after = "session" }]
    """
    answer = client_for(parse_policy(NOTHING_OPTIONAL + functional), secret_key, endpoint).get("/")
    assert kept(answer) == ["sessionid=b", "csrftoken=c"]


# aspnet/Security#975: what is written past the wrapper
def test_however_a_cookie_is_written_it_passes_here(policy: Policy, secret_key: str) -> None:
    async def raw(request: Request) -> Response:
        response = PlainTextResponse("")
        response.raw_headers += [(b"Set-Cookie", b"_ct=1"), (b"SET-COOKIE", b"session=a")]
        return response

    assert client_for(policy, secret_key, raw).get("/").headers.get_list("set-cookie") == ["session=a"]


# aspnet/Mvc#7160: what nobody had declared was lost, and nobody said so
def test_an_undeclared_cookie_passes_unless_the_site_is_strict_and_is_named_either_way(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    for options, expected in (({}, ["of-nobody=1"]), ({"undeclared": "strict"}, [])):
        caplog.clear()
        client = client_for(policy, secret_key, setting("of-nobody=1"), **options)
        assert [kept(client.get("/")) for _ in range(2)] == [expected] * 2
        messages = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert len(messages) == 1
        assert "of-nobody" in messages[0]
        assert "consent.toml" in messages[0]


#
# aspnet/Mvc#7616: a lost cookie was a debug message
def test_a_cookie_that_is_held_back_is_named_once_in_a_warning_with_the_line_to_change(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_for(policy, secret_key, setting("_ct=secret-value"))
    client.get("/")
    client.get("/")

    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    message = warnings[0].getMessage()
    assert "_ct" in message
    assert "counter" in message
    assert "consent.toml" in message
    assert "secret-value" not in message


# CookiePolicyAppliesToCookieAuthChunks: a glob is for all chunks
@pytest.mark.parametrize("undeclared", ["report", "strict"])
@pytest.mark.parametrize("granted", [(), ("analytics",)])
def test_the_chunks_of_one_cookie_pass_all_or_none(
    policy: Policy, secret_key: str, undeclared: str, granted: tuple[str, ...]
) -> None:
    optional = ["_visits_1=chunks:2", "_visits_1C1=a", "_visits_1C2=b"]
    login = ["_oauth2_proxy_0=a", "_oauth2_proxy_1=b", "oidc_state.x=1", "oidc_state.x.2=2"]
    client = client_for(
        policy, secret_key, setting(*optional, *login), granted=granted, undeclared=undeclared
    )
    assert kept(client.get("/")) == [*(optional if granted else []), *login]


# --- what the consent cookie says -------------------------------------------------------------------------


# HasConsentReadsRequestCookie
def test_what_was_granted_is_read_from_the_request(policy: Policy, secret_key: str) -> None:
    assert client_for(policy, secret_key, reading, granted=["analytics"]).get("/").text == "True"
    assert client_for(policy, secret_key, reading).get("/").text == "False"


#
# HasConsentIgnoresInvalidRequestCookie
@pytest.mark.parametrize("value", ["", "yes", "true", "1", "1..6b0489590aGgRF3~QOcPUW.forged", "%00"])
def test_a_cookie_that_we_did_not_write_says_nothing_and_is_no_error(
    policy: Policy, secret_key: str, value: str
) -> None:
    client = client_for(policy, secret_key, reading)
    answer = client.get("/", headers={"Cookie": f"__Host-consent={value}"})
    assert (answer.status_code, answer.text) == (200, "False")


# GrantConsentSetsCookie
def test_granting_sets_the_cookie_and_is_heard_by_the_same_request(policy: Policy, secret_key: str) -> None:
    async def grant(request: Request) -> Response:
        await save_consent(request, consent_from(request).grant("analytics"))
        response = PlainTextResponse(str(consent_from(request).allows("analytics")))
        response.set_cookie("_ct", "1")
        return response

    client = client_for(policy, secret_key, grant)
    answer = client.get("/")
    assert answer.text == "True"
    assert [line.partition("=")[0] for line in kept(answer)] == ["_ct", "__Host-consent"]


# GrantConsentAppliesPolicyToConsentCookie, CreateConsentCookieMatchesGrantConsentCookie,
# SecureSameUsesRequest
@pytest.mark.parametrize(
    ("origin", "name", "secure"),
    [(HTTPS, "__Host-consent", True), ("http://tides.example", "consent", False)],
)
def test_the_cookie_is_the_same_from_an_endpoint_and_from_the_cookies_page_and_follows_the_scheme(
    policy: Policy, secret_key: str, origin: str, name: str, secure: bool
) -> None:
    async def deny(request: Request) -> Response:
        await save_consent(request, consent_from(request).deny_all())
        return PlainTextResponse("")

    client = client_for(policy, secret_key, deny)
    client.base_url = origin
    by_the_endpoint = client.get("/").headers["set-cookie"]
    same_origin = {"Sec-Fetch-Site": "same-origin"}
    by_the_page = client.post(
        "/cookies", data={"decision": "deny-all"}, headers=same_origin, follow_redirects=False
    ).headers["set-cookie"]

    def attributes(line: str) -> list[str]:
        return line.split("; ")[1:]

    assert by_the_endpoint.startswith(f"{name}=")
    assert by_the_page.startswith(f"{name}=")
    assert attributes(by_the_endpoint) == attributes(by_the_page)
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes(by_the_page))
    assert ("Secure" in attributes(by_the_page)) is secure


# GrantConsentWhenAlreadyHasItDoesNotSetCookie: a visit sets nothing; an act of the visitor is kept anew
def test_a_visitor_who_has_chosen_gets_no_cookie_again(policy: Policy, secret_key: str) -> None:
    for granted in ((), ("analytics",)):
        client = client_for(policy, secret_key, reading, granted=granted)
        assert "set-cookie" not in client.get("/").headers


# GrantConsentAfterResponseStartsSetsHasConsentButDoesNotSetCookie,
# WithdrawConsentAfterResponseHasStartedDoesNotDeleteCookie: loud here, silent there
@pytest.mark.parametrize("verb", ["grant", "withdraw"])
def test_a_choice_after_the_start_is_an_error_and_changes_nothing(
    policy: Policy, secret_key: str, verb: str
) -> None:
    async def late(request: Request) -> None:
        consent = consent_from(request)
        with pytest.raises(ResponseStartedError):
            await save_consent(request, getattr(consent, verb)("analytics"))
        assert consent_from(request) is consent

    async def page(request: Request) -> Response:
        consent_from(request)
        return PlainTextResponse("", background=BackgroundTask(late, request))

    answer = client_for(policy, secret_key, page, granted=["analytics"]).get("/")
    assert "set-cookie" not in answer.headers


# --- withdrawing ------------------------------------------------------------------------------------------


async def withdrawing(request: Request) -> Response:
    response = PlainTextResponse("")
    response.set_cookie("_ct", "early")
    await save_consent(request, consent_from(request).withdraw("analytics"))
    response.set_cookie("_visits_1", "late")
    return response


#
# WithdrawConsentDeletesCookie: it left what the same response had set before; nothing optional leaves here
def test_a_withdrawal_counts_for_its_own_response_and_removes_what_is_there(
    policy: Policy, secret_key: str
) -> None:
    client = client_for(policy, secret_key, withdrawing, granted=["analytics"])
    client.cookies.set("_ct", "old", domain="tides.example", path="/")
    answer = client.get("/")

    assert [line.partition("=")[0] for line in kept(answer)] == ["__Host-consent"]
    assert "_ct" not in client.cookies


#
# WithdrawConsentAppliesPolicyToDeleteCookie
def test_a_deletion_has_the_flags_without_which_a_browser_ignores_it(policy: Policy, secret_key: str) -> None:
    client = client_for(policy, secret_key, withdrawing, granted=["analytics"])
    answer = client.get("/", headers={"Cookie": "__Host-ct=1"})

    deletions = [line for line in answer.headers.get_list("set-cookie") if line.startswith("__Host-ct=;")]
    assert deletions
    for line in deletions:
        assert {"Path=/", "Secure", "Max-Age=0"} <= set(line.split("; "))
        assert "Domain" not in line


# WithdrawConsentWhenNotHasConsentNoOps: a refusal is an answer and is kept
def test_withdrawing_what_was_never_granted_is_a_refusal_that_is_kept(
    policy: Policy, secret_key: str
) -> None:
    client = client_for(policy, secret_key, withdrawing)
    client.get("/")
    assert "__Host-consent" in client.cookies


# DeleteCookieDoesNotRequireConsent
@pytest.mark.parametrize("name", ["_ct", "_visits_9", "session", "of-nobody"])
@pytest.mark.parametrize("undeclared", ["report", "strict"])
def test_a_deletion_needs_no_consent_and_no_warning(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture, name: str, undeclared: str
) -> None:
    async def page(request: Request) -> Response:
        response = PlainTextResponse("")
        response.delete_cookie(name)
        return response

    answer = client_for(policy, secret_key, page, undeclared=undeclared).get("/")
    assert [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")] == [name]
    assert caplog.records == []


# --- installed in the wrong way ----------------------------------------------------------------------------


# dotnet/aspnetcore#20845: the second registration switched the first one off
def test_a_second_installation_weakens_nothing(
    policy: Policy, secret_key: str, exchange: Callable[..., list[Message]]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", b"_ct=1")]})

    inner = ConsentMiddleware(app, policy=parse_policy(NOTHING_OPTIONAL), secret_key=secret_key)
    outer = ConsentMiddleware(inner, policy=policy, secret_key=secret_key)
    assert [key for key, _ in exchange(outer)[0]["headers"] if key == b"set-cookie"] == []

"""Which paths are consentkit's, wherever the application is mounted, and what the constructor refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from consentkit import ConsentMiddleware, ConsentRequiredError, Policy, SecretKeyError
from consentkit.policy.digest import notice
from consentkit.starlette import require_consent
from consentkit.testing import consent_cookies

Exchange = Callable[..., list[Message]]


async def echo(request: Request) -> Response:
    return PlainTextResponse(f"the application at {request.url.path}")


def site(policy: Policy, secret_key: str, prefix: str = "/cookies") -> Starlette:
    return Starlette(
        routes=[Route("/{rest:path}", echo, methods=["GET", "POST"])],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, prefix=prefix)],
    )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/cookies/",
        "/cookies/recipes",
        "/cookies/assets",
        "/cookies/assets/",
        "/cookies/assets/0/choices.css",
        "/cookies/assets/../state",
        "/cookies/state/",
        "/cookies%2Fstate/x",
        "//cookies",
        "/Cookies",
        "/cookiesx",
        "/blog/cookies",
        "/.well-known/security.txt",
    ],
)
def test_a_path_that_is_not_ours_reaches_the_application_untouched(
    policy: Policy, secret_key: str, exchange: Exchange, path: str
) -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 404, "headers": []})

    sent = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key), path)

    assert seen == [path]
    assert sent == [{"type": "http.response.start", "status": 404, "headers": []}]


@pytest.mark.parametrize("path", ["/cookies", "/cookies/state", "/.well-known/gpc.json"])
def test_a_path_of_ours_does_not_reach_the_application(policy: Policy, secret_key: str, path: str) -> None:
    answer = TestClient(site(policy, secret_key)).get(path)

    assert answer.status_code == 200
    assert "the application" not in answer.text


def test_the_prefix_moves_everything_but_the_well_known_path(policy: Policy, secret_key: str) -> None:
    client = TestClient(site(policy, secret_key, prefix="/legal/my-cookies"))

    assert 'action="/legal/my-cookies"' in client.get("/legal/my-cookies").text
    assert client.get("/legal/my-cookies/state").json()["needs_prompt"] is True
    assert client.get("/.well-known/gpc.json").json()["gpc"] is True
    assert client.get("/cookies").text == "the application at /cookies"


@pytest.mark.parametrize(
    "prefix", ["", "/", "cookies", "/cookies/", "//cookies", "/a b", "/a?b", "/é", "/a\n", "/<x>"]
)
def test_a_prefix_that_is_no_plain_path_is_refused_with_the_cure(
    policy: Policy, secret_key: str, prefix: str
) -> None:
    with pytest.raises(ValueError, match='such as "/cookies"'):
        ConsentMiddleware(Starlette(), policy=policy, secret_key=secret_key, prefix=prefix)


@pytest.mark.parametrize("key", ["short", "changeme" * 8, [], ["3f1c9a5e7b2d8064" * 4, "short"]])
def test_a_weak_secret_key_is_refused_at_the_start(policy: Policy, key: str | list[str]) -> None:
    with pytest.raises(SecretKeyError, match="token_hex"):
        ConsentMiddleware(Starlette(), policy=policy, secret_key=key)


def mounted_inside(policy: Policy, secret_key: str) -> TestClient:
    return TestClient(Starlette(routes=[Mount("/app", app=site(policy, secret_key))]))


def served_below_a_root_path(policy: Policy, secret_key: str) -> TestClient:
    return TestClient(site(policy, secret_key), root_path="/app")


@pytest.mark.parametrize("serve", [mounted_inside, served_below_a_root_path])
def test_below_another_root_everything_is_found_and_every_address_has_the_root_in_front(
    policy: Policy, secret_key: str, serve: Callable[[Policy, str], TestClient]
) -> None:
    client = serve(policy, secret_key)
    page = client.get("/app/cookies")
    form = {"decision": "grant-all", "notice": notice(policy)}
    answer = client.post(
        "/app/cookies", data=form, headers={"Origin": "http://testserver"}, follow_redirects=False
    )
    stylesheet = page.text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]

    assert 'action="/app/cookies"' in page.text
    assert stylesheet.startswith("/app/cookies/assets/")
    assert client.get(stylesheet).headers["content-type"].startswith("text/css")
    assert answer.headers["location"] == "/app/cookies?choices=saved#choices-saved"
    assert "; Path=/;" in answer.headers["set-cookie"]
    assert client.get("/app/cookies/state").json()["needs_prompt"] is False
    assert client.get("/app/other").text == "the application at /app/other"
    assert client.get("/app/app/cookies").text == "the application at /app/app/cookies"


def test_a_root_path_that_is_only_the_beginning_of_a_name_is_no_root(policy: Policy, secret_key: str) -> None:
    client = TestClient(site(policy, secret_key), root_path="/app")

    assert client.get("/apps/cookies").text.startswith("the application")


def test_a_mounted_application_inside_uses_the_one_cookies_page_of_the_site(
    policy: Policy, secret_key: str
) -> None:
    async def needs(request: Request) -> Response:
        require_consent(request, "analytics")
        return PlainTextResponse("counted")

    routes = [Mount("/shop", routes=[Route("/count", needs)])]
    stack = [Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)]
    granted = consent_cookies(policy, secret_key, granted=["analytics"])

    assert TestClient(Starlette(routes=routes, middleware=stack)).get("/shop/count").status_code == 403
    answer = TestClient(Starlette(routes=routes, middleware=stack), cookies=granted).get("/shop/count")
    assert answer.text == "counted"


def test_a_route_that_needs_a_consent_which_is_missing_answers_with_a_problem(
    policy: Policy, secret_key: str
) -> None:
    async def page(request: Request) -> Response:
        require_consent(request, "counter")
        return PlainTextResponse("counted")

    app = Starlette(
        routes=[Route("/", page)],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
    )
    answer = TestClient(app).get("/")

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["vary"] == "Cookie, Sec-GPC"
    assert answer.headers["cache-control"] == "private"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "code": "consent-required",
        "detail": "This needs the visitor's consent to 'counter'.",
        "name": "counter",
    }


def test_a_consent_that_is_found_missing_after_the_start_is_raised_and_nothing_more_is_sent(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    sent: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        sent.append("start")
        require_consent(Request(scope), "analytics")

    with pytest.raises(ConsentRequiredError):
        exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))
    assert sent == ["start"]


def test_an_application_may_answer_for_a_missing_consent_itself(policy: Policy, secret_key: str) -> None:
    async def page(request: Request) -> Response:
        require_consent(request, "analytics")
        return PlainTextResponse("counted")

    async def refused(request: Request, error: Exception) -> Response:
        return PlainTextResponse("the site's own words", 451)

    app = Starlette(
        routes=[Route("/", page)],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
        exception_handlers={ConsentRequiredError: refused},
    )
    answer = TestClient(app).get("/")

    assert (answer.status_code, answer.text) == (451, "the site's own words")


def test_wrapped_around_a_whole_application_a_missing_consent_is_refused_all_the_same(
    policy: Policy, secret_key: str
) -> None:
    async def page(request: Request) -> Response:
        require_consent(request, "analytics")
        return PlainTextResponse("counted")

    async def broken(request: Request) -> Response:
        raise RuntimeError("another error")

    app = Starlette(routes=[Route("/", page), Route("/broken", broken)])
    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key)
    answer = TestClient(wrapped).get("/")

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["name"] == "analytics"
    assert TestClient(wrapped, raise_server_exceptions=False).get("/broken").status_code == 500


def test_wrapped_around_an_application_its_own_answer_for_a_missing_consent_stays(
    policy: Policy, secret_key: str
) -> None:
    async def page(request: Request) -> Response:
        require_consent(request, "analytics")
        return PlainTextResponse("counted")

    async def refused(request: Request, error: Exception) -> Response:
        return PlainTextResponse("the site's own words", 451)

    app = Starlette(routes=[Route("/", page)], exception_handlers={ConsentRequiredError: refused})

    assert (
        TestClient(ConsentMiddleware(app, policy=policy, secret_key=secret_key)).get("/").status_code == 451
    )

"""consent_from and its relatives in endpoints, and the functions and the gate block in templates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from jinja2 import DictLoader, Environment
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.templating import Jinja2Templates
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, MiddlewareNotInstalledError, Policy, UnknownNameError
from consentkit.starlette import ConsentExtension, consent_from, require_consent, save_consent
from consentkit.testing import consent_cookies

VIDEO = '<iframe src="https://video.example/1" title="A film"></iframe>'


def environment(template: str) -> Environment:
    return Environment(
        loader=DictLoader({"page.html": template}), autoescape=True, extensions=[ConsentExtension]
    )


def site(policy: Policy, secret_key: str, template: str, **context: object) -> Starlette:
    templates = Jinja2Templates(env=environment(template))

    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "page.html", context)

    routes = [Route("/", page), Route("/{rest:path}", page)]
    options: Any = {"policy": policy, "secret_key": secret_key, "gate_html": False, "inject_banner": False}
    return Starlette(
        routes=[Mount("/shop", routes=routes), *routes],
        middleware=[Middleware(ConsentMiddleware, **options)],
    )


def granted(policy: Policy, secret_key: str, *names: str) -> dict[str, str]:
    return consent_cookies(policy, secret_key, granted=names)


# --- endpoints --------------------------------------------------------------------------------------


async def reads(request: Request) -> object:
    return consent_from(request)


async def saves(request: Request) -> object:
    await save_consent(request, None)  # type: ignore[arg-type] # it never comes so far
    return None


async def requires(request: Request) -> object:
    return require_consent(request, "analytics")


@pytest.mark.parametrize("ask", [reads, saves, requires])
@pytest.mark.parametrize("planted", [{}, {"consentkit": "something else"}])
def test_without_the_middleware_the_error_says_what_to_add(
    ask: Callable[[Request], Awaitable[object]], planted: Mapping[str, object]
) -> None:
    async def page(request: Request) -> Response:
        request.scope.update(planted)
        await ask(request)
        return PlainTextResponse("")

    with pytest.raises(MiddlewareNotInstalledError, match=r"Middleware\(ConsentMiddleware, policy=policy"):
        TestClient(Starlette(routes=[Route("/", page)])).get("/")


def test_a_name_that_is_not_declared_is_an_error_with_a_suggestion(policy: Policy, secret_key: str) -> None:
    async def page(request: Request) -> Response:
        require_consent(request, "analitics")
        return PlainTextResponse("")

    stack = [Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)]
    with pytest.raises(UnknownNameError, match="Did you mean 'analytics'"):
        TestClient(Starlette(routes=[Route("/", page)], middleware=stack)).get("/")


# --- the functions in templates ---------------------------------------------------------------------


#
def test_head_link_and_url_do_not_make_a_page_personal(
    declare: Callable[..., Policy], secret_key: str
) -> None:
    policy = declare(gpc=())
    template = '{{ consent_head() }}{{ consent_link() }}<a href="{{ consent_url() }}">Cookies</a>'
    client = TestClient(site(policy, secret_key, template), cookies=granted(policy, secret_key, "analytics"))
    answer = client.get("/tides?month=5")

    assert '<link rel="stylesheet" href="/cookies/assets/' in answer.text
    assert 'class="choices-link" href="/cookies?next=/tides%3Fmonth%3D5"' in answer.text
    assert "vary" not in answer.headers
    assert "cache-control" not in answer.headers


def test_a_link_in_the_visitor_s_language_varies_by_it_and_by_nothing_else(
    declare: Callable[..., Policy], secret_key: str
) -> None:
    policy = declare(languages=("en", "de"), gpc=())
    client = TestClient(site(policy, secret_key, "{{ consent_link() }}"))
    answer = client.get("/", headers={"Accept-Language": "de"})

    assert 'lang="de"' in answer.text
    assert answer.headers["vary"] == "Accept-Language"
    assert "cache-control" not in answer.headers


@pytest.mark.parametrize(
    "template",
    ["{{ consent_banner() }}", "{{ consent().needs_prompt }}", f'{{% gate "video" %}}{VIDEO}{{% endgate %}}'],
)
def test_what_shows_the_visitor_s_choices_makes_a_page_personal(
    policy: Policy, secret_key: str, template: str
) -> None:
    answer = TestClient(site(policy, secret_key, template)).get("/")

    assert answer.headers["vary"] == "Cookie, Sec-GPC"
    assert answer.headers["cache-control"] == "private"


def test_the_banner_asks_until_the_visitor_has_chosen_and_confirms_once(
    policy: Policy, secret_key: str
) -> None:
    app = site(policy, secret_key, "{{ consent_banner() }}|")
    chosen = TestClient(app, cookies=granted(policy, secret_key))

    assert 'id="choices"' in TestClient(app).get("/").text
    assert chosen.get("/").text == "|"
    assert 'id="choices-saved"' in chosen.get("/?choices=saved").text
    assert 'id="choices-saved"' not in TestClient(app).get("/?choices=saved").text


def test_the_form_of_the_banner_leads_back_to_the_page_it_is_on(policy: Policy, secret_key: str) -> None:
    client = TestClient(site(policy, secret_key, "{{ consent_banner() }}"))

    def back(path: str) -> str:
        return client.get(path).text.partition('name="next" value="')[2].partition('"')[0]

    assert back("/tides?month=5") == "/tides?month=5"
    assert back("/tides?choices=saved&month=5") == "/tides?month=5"
    assert back("/tides?choices=saved") == "/tides"
    assert back("/shop/tides") == "/shop/tides"
    assert back("/caf%C3%A9") == "/caf%C3%A9"
    assert back("/?a=" + "x" * 2_000) == "/"
    assert back("/" + "x" * 2_000) == "/cookies"
    assert back("http://testserver//evil.example") == "/cookies"


#
def test_a_hostile_address_is_escaped_wherever_it_is_written(policy: Policy, secret_key: str) -> None:
    template = '{{ consent_banner() }}{{ consent_link() }}<a href="{{ consent_url() }}">x</a>'
    text = TestClient(site(policy, secret_key, template)).get("/?q=\"'><script>x()</script>").text

    assert "<script" not in text
    assert "q=\"'" not in text


def test_consent_answers_in_a_template(policy: Policy, secret_key: str) -> None:
    template = '{% if consent().allows("analytics") %}counted{% else %}not counted{% endif %}'
    app = site(policy, secret_key, template)

    assert TestClient(app).get("/").text == "not counted"
    assert TestClient(app, cookies=granted(policy, secret_key, "analytics")).get("/").text == "counted"


@pytest.mark.parametrize(
    "template",
    [
        "{{ consent() }}",
        "{{ consent_head() }}",
        "{{ consent_banner() }}",
        "{{ consent_link() }}",
        "{{ consent_url() }}",
        '{% gate "video" %}{% endgate %}',
    ],
)
@pytest.mark.parametrize("context", [{}, {"request": None}, {"request": "GET / HTTP/1.1"}])
def test_a_template_without_the_request_says_so(template: str, context: Mapping[str, object]) -> None:
    with pytest.raises(MiddlewareNotInstalledError, match='no "request"'):
        environment(template).get_template("page.html").render(context)


#
def test_a_page_has_one_nonce_and_the_next_page_another(policy: Policy, secret_key: str) -> None:
    asked: list[str] = []

    def nonce(_scope: object) -> str:
        asked.append(f"bm9uY2U{len(asked)}")
        return asked[-1]

    templates = Jinja2Templates(
        env=environment("{{ consent_head() }}{{ consent_banner() }}{{ consent_link() }}")
    )

    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "page.html")

    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, nonce=nonce)
    client = TestClient(Starlette(routes=[Route("/", page)], middleware=[consent]))

    assert 'nonce="bm9uY2U0"' in client.get("/").text
    assert 'nonce="bm9uY2U1"' in client.get("/").text
    assert len(asked) == 2

"""Load this once, always load: from the notice to the embed and back, through the middleware."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from jinja2 import DictLoader, Environment
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, Policy
from consentkit.starlette import ConsentExtension

FRAMES = [f'<iframe src="https://video.example/embed/{number}" width="560"></iframe>' for number in (1, 2)]
PAGE = "<!doctype html><body>" + "".join(FRAMES)
TEMPLATE = "<!doctype html><body>" + "".join(
    f'{{% gate "video" %}}{frame}{{% endgate %}}' for frame in FRAMES
)
SAME = {"Sec-Fetch-Site": "same-origin"}


def site(policy: Policy, secret_key: str, template: str | None, **options: bool) -> TestClient:
    environment = Environment(loader=DictLoader({"page": template or ""}), autoescape=True)
    environment.add_extension(ConsentExtension)
    templates = Jinja2Templates(env=environment)

    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "page") if template else HTMLResponse(PAGE)

    middleware = Middleware(
        ConsentMiddleware, policy=policy, secret_key=secret_key, gate_html=options.get("gate_html", True)
    )
    routes = [Route("/", page), Route("/other", page)]
    return TestClient(Starlette(routes=routes, middleware=[middleware]), headers=SAME)


Site = Callable[[], TestClient]


@pytest.fixture(params=["page", "template", "template alone"])
def client(request: pytest.FixtureRequest, policy: Policy, secret_key: str) -> TestClient:
    template = None if request.param == "page" else TEMPLATE
    return site(policy, secret_key, template, gate_html=request.param != "template alone")


def live(html: str) -> list[str]:
    return re.findall(r'<iframe src="https://video\.example/embed/(\d)"', html)


def forms(html: str) -> list[dict[str, str]]:
    found = re.findall(r'<form class="choices-actions".*?</form>', html, re.DOTALL)
    return [dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)) for form in found]


#
def test_one_embed_loads_once_and_only_on_its_page(client: TestClient) -> None:
    first, second = forms(client.get("/").text)[-2:]
    answer = client.post("/cookies", data={**second, "decision": "load-once"}, follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/#choices-loaded"
    assert first["embed"] != second["embed"]
    page = client.get("/")
    assert live(page.text) == ["2"]
    assert page.text.count('<span id="choices-loaded"></span><iframe src=') == 1
    assert page.headers["cache-control"] == "no-store"
    assert "consent-once=; Path=/; Max-Age=0" in page.headers["set-cookie"]
    assert live(client.get("/").text) == []


#
def test_the_permission_for_one_page_opens_nothing_on_another(client: TestClient) -> None:
    form = forms(client.get("/").text)[-1]
    client.post("/cookies", data={**form, "decision": "load-once"}, follow_redirects=False)

    other = client.get("/other")
    assert live(other.text) == []
    assert "set-cookie" not in other.headers
    assert other.headers["cache-control"] != "no-store"
    assert live(client.get("/").text) == ["2"]


#
def test_loading_once_grants_nothing(client: TestClient) -> None:
    form = forms(client.get("/").text)[-1]
    client.post("/cookies", data={**form, "decision": "load-once"}, follow_redirects=False)
    state = client.get("/cookies/state").json()

    assert state["choices"]["video"] is None
    assert state["needs_prompt"] is True


#
def test_always_grants_the_service_and_nothing_else(client: TestClient) -> None:
    form = forms(client.get("/").text)[-1]
    client.post("/cookies", data={**form, "decision": "grant"})
    state = client.get("/cookies/state").json()

    assert live(client.get("/").text) == ["1", "2"]
    assert state["choices"]["video"] == "granted"
    assert {name for name, choice in state["choices"].items() if choice} == {"video"}
    assert state["needs_prompt"] is True
    client.post("/cookies", data={"decision": "deny-all"})
    assert live(client.get("/").text) == []


#
@pytest.mark.parametrize("decision", ["load-once", "grant"])
def test_another_site_can_do_neither(client: TestClient, decision: str) -> None:
    form = forms(client.get("/").text)[-1]
    answer = client.post(
        "/cookies", data={**form, "decision": decision}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403
    assert live(client.get("/").text) == []


#
@pytest.mark.parametrize("embed", [None, "", "x", "a" * 23, "a" * 21 + "."])
def test_an_embed_that_no_notice_named_is_refused(client: TestClient, embed: str | None) -> None:
    fields = {"decision": "load-once"} if embed is None else {"decision": "load-once", "embed": embed}
    answer = client.post("/cookies", json=fields)

    assert answer.status_code == 422
    assert answer.json()["code"] == "malformed"
    assert "set-cookie" not in answer.headers


#
def test_a_grant_from_a_notice_made_before_a_change_is_refused(client: TestClient) -> None:
    form = forms(client.get("/").text)[-1] | {"notice": "AAAAAA"}
    answer = client.post("/cookies", data={**form, "decision": "grant"})

    assert answer.status_code == 409
    assert live(client.get("/").text) == []

"""What *Load this once* opens: all that the visitor pressed the button for, and nothing beside it."""

from __future__ import annotations

import logging
import re
from itertools import count
from typing import Any

import pytest
from jinja2 import DictLoader, Environment
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.templating import Jinja2Templates
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, Policy
from consentkit.consent.once import embed_id
from consentkit.starlette import ConsentExtension, consent_from, save_consent

FRAME = '<iframe src="https://video.example/embed/1"></iframe>'
COUNT = '<script src="https://counter.example/c.js"></script>'
SAME = {"Sec-Fetch-Site": "same-origin"}


def gate(markup: str, name: str = "video") -> str:
    return f'{{% gate "{name}" %}}{markup}{{% endgate %}}'


class Site:
    """A site with one page, which anybody may post to, and a part that saves while it shows it."""

    def __init__(self, policy: Policy, secret_key: str, page: str, **options: Any) -> None:  # noqa: ANN401
        environment = Environment(loader=DictLoader({"page": page}), autoescape=True)
        environment.add_extension(ConsentExtension)
        templates = Jinja2Templates(env=environment)
        numbers = count()

        async def show(request: Request) -> Response:
            if "{%" not in page:
                return HTMLResponse(page)
            return templates.TemplateResponse(request, "page", {"nonce": f"nonce{next(numbers)}"})

        async def save(request: Request) -> Response:
            await save_consent(request, consent_from(request).grant("analytics"))
            return await show(request)

        routes = [Route("/", show, methods=["GET", "POST"]), Route("/save", save)]
        middleware = [Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, **options)]
        app = Starlette(routes=routes, middleware=middleware)
        self.client = TestClient(app, headers=SAME)
        self.below = TestClient(Starlette(routes=[Mount("/below", app)]), headers=SAME)
        self.secure = TestClient(app, base_url="https://testserver", headers=SAME)


def forms(html: str) -> list[dict[str, str]]:
    found = re.findall(r'<form class="choices-actions".*?</form>', html, re.DOTALL)
    return [dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)) for form in found]


def pressed(client: TestClient, path: str = "/", number: int = -1) -> str:
    """Press one button on a page, and return that page as it comes then."""
    form = forms(client.get(path).text)[number]
    answer = client.post(
        f"{form['next'].rstrip('/').removesuffix(path.rstrip('/'))}/cookies",
        data={**form, "decision": "load-once"},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    return client.get(answer.headers["location"]).text


#
def test_another_service_within_the_same_gate_stays_closed(policy: Policy, secret_key: str) -> None:
    page = pressed(Site(policy, secret_key, "<body>" + gate(FRAME + COUNT)).client)

    assert FRAME in page
    assert COUNT not in page


#
def test_a_tag_without_an_address_of_its_own_opens_no_other(policy: Policy, secret_key: str) -> None:
    picture = '<img srcset="https://video.example/a.png">'
    others = [
        '<img srcset="https://counter.example/p.png">',
        '<p style="background:url(https://panel.example/p)">',
        '<img srcset="https://video.example/b.png">',
    ]
    page = pressed(Site(policy, secret_key, "<body>" + gate(FRAME + picture) + "".join(others)).client)

    assert picture in page
    assert [other for other in others if other in page] == []


#
def test_inline_code_of_the_embed_runs_with_it_and_no_other_does(policy: Policy, secret_key: str) -> None:
    code = '<script>show("https://video.example/ö")</script>'
    other = '<script>show("https://video.example/other")</script>'
    page = pressed(Site(policy, secret_key, "<body>" + gate(FRAME + code) + other).client)

    assert code in page
    assert other not in page


#
@pytest.mark.parametrize(
    "source", ["https://video.example/é?a=1&amp;b=2", "//VIDEO.example/ x", "https://video.example/漢"]
)
@pytest.mark.parametrize("gated", [True, False])
def test_an_address_is_the_same_however_it_is_written(
    policy: Policy, secret_key: str, source: str, gated: bool
) -> None:
    frame = f'<iframe src="{source}"></iframe>'
    page = pressed(Site(policy, secret_key, "<body>" + (gate(frame) if gated else frame)).client)

    assert frame in page


#
def test_a_nonce_in_the_embed_makes_it_no_other(policy: Policy, secret_key: str) -> None:
    code = '<script nonce="{{ nonce }}">show("https://video.example/")</script>'
    site = Site(
        policy,
        secret_key,
        "<body>" + gate(FRAME + code + '<link nonce="{{ nonce }}" imagesrcset=//video.example>'),
    )

    assert FRAME in pressed(site.client)


#
def test_a_gate_for_a_category_opens_its_services(policy: Policy, secret_key: str) -> None:
    assert FRAME in pressed(Site(policy, secret_key, "<body>" + gate(FRAME, "third-party")).client)


#
def test_two_frames_that_wait_for_a_lazy_loader_are_two(policy: Policy, secret_key: str) -> None:
    frames = [f'<iframe data-src="https://video.example/{number}"></iframe>' for number in (1, 2)]
    page = pressed(Site(policy, secret_key, "<body>" + "".join(frames)).client)

    assert [frame for frame in frames if frame in page] == frames[1:]


#
def test_the_content_policy_lets_through_what_loads_once_and_only_then(
    policy: Policy, secret_key: str
) -> None:
    for page in ("<body>" + FRAME, "<body>" + gate(FRAME), "<body>" + gate(FRAME, "third-party")):
        client = Site(policy, secret_key, page, csp="enforce").client
        form = forms(client.get("/").text)[-1]
        client.post("/cookies", data={**form, "decision": "load-once"}, follow_redirects=False)
        policies = [client.get(path).headers["content-security-policy"] for path in ("/?other", "/", "/")]

        assert ["video.example" in one for one in policies] == [False, True, False]
        assert "counter.example" not in policies[1]


def test_a_choice_that_is_saved_with_the_page_is_not_lost(policy: Policy, secret_key: str) -> None:
    site = Site(policy, secret_key, "<body>" + FRAME)
    form = forms(site.client.get("/save").text)[-1]
    site.client.cookies.clear()
    site.client.post("/cookies", data={**form, "decision": "load-once"}, follow_redirects=False)

    page = site.client.get("/save")
    assert FRAME in page.text
    assert [value.partition("=")[0] for value in page.headers.get_list("set-cookie")] == [
        "consent-once",
        "consent",
    ]
    assert site.client.get("/cookies/state").json()["choices"]["analytics"] == "granted"


#
def test_a_page_that_nobody_can_be_sent_back_to_offers_no_single_load(
    policy: Policy, secret_key: str
) -> None:
    client = Site(policy, secret_key, "<body>" + FRAME).client

    assert "load-once" in client.get("/").text
    answered = client.post("/").text
    assert "load-once" not in answered
    assert 'value="grant"' in answered


#
def test_a_page_for_everybody_offers_no_single_load(policy: Policy, secret_key: str) -> None:
    client = Site(policy, secret_key, "<body>" + FRAME, cache="shared").client

    assert "load-once" not in client.get("/").text


#
def test_a_page_for_everybody_opens_for_nobody(policy: Policy, secret_key: str) -> None:
    personal = Site(policy, secret_key, "<body>" + FRAME).client
    form = forms(personal.get("/").text)[-1]
    personal.post("/cookies", data={**form, "decision": "load-once"}, follow_redirects=False)
    permission = dict(personal.cookies)
    assert FRAME in personal.get("/").text

    for page in ("<body>" + FRAME, "<body>" + gate(FRAME)):
        shared = Site(policy, secret_key, page, cache="shared").client
        shared.cookies.update(permission)
        answer = shared.get("/")
        assert FRAME not in answer.text
        assert "set-cookie" not in answer.headers


#
def test_the_same_film_twice_has_one_place_to_lead_to(policy: Policy, secret_key: str) -> None:
    for page in ("<body>" + FRAME * 2, "<body>" + gate(FRAME) * 2):
        opened = pressed(Site(policy, secret_key, page).client)
        assert opened.count(FRAME) == 2
        assert opened.count('id="choices-loaded"') == 1


#
def test_an_embed_of_two_services_loads_once_only_where_one_is_left_to_ask(
    policy: Policy, secret_key: str
) -> None:
    frame = FRAME.replace("></", ' style="background:url(https://counter.example/c)"></')
    client = Site(policy, secret_key, "<body>" + frame).client

    def asked_for() -> list[str]:
        return re.findall(r'(choice\.[a-z]+|load-once)"', client.get("/").text.partition("<iframe")[0])

    def grant(name: str) -> None:
        form = next(form for form in forms(client.get("/").text) if f"choice.{name}" in form)
        assert client.post("/cookies", data={**form, "decision": "grant"}).status_code == 200

    assert asked_for() == ["choice.video", "choice.counter"]
    grant("counter")
    assert asked_for() == ["choice.video", "load-once"]
    assert frame not in client.get("/").text
    grant("video")
    assert frame in client.get("/").text


#
def test_an_embed_that_loads_all_the_same_has_no_notice(policy: Policy, secret_key: str) -> None:
    own = '<iframe src="/own" style="background:url(https://counter.example/c)"></iframe>'
    film = '<video src="/own.mp4" poster="https://video.example/p" onplay="u=\'https://counter.example\'">'
    text = Site(policy, secret_key, "<body>" + own + film).client.get("/").text

    assert 'src="/own" data-consent-style' in text
    assert 'src="/own.mp4" data-consent-poster' in text
    assert 'class="choices-embed"' not in text


#
def test_the_signal_does_not_stand_against_a_button(policy: Policy, secret_key: str) -> None:
    client = Site(policy, secret_key, "<body>" + FRAME).client
    client.headers["Sec-GPC"] = "1"

    assert FRAME in pressed(client)
    assert FRAME not in client.get("/").text
    client.post("/cookies", data={**forms(client.get("/").text)[-1], "decision": "grant"})
    assert FRAME in client.get("/").text


#
def test_over_https_the_permission_is_bound_to_its_host(policy: Policy, secret_key: str) -> None:
    client = Site(policy, secret_key, "<body>" + FRAME).secure
    form = forms(client.get("/").text)[-1]
    answer = client.post("/cookies", data={**form, "decision": "load-once"}, follow_redirects=False)

    assert re.fullmatch(
        r"__Host-consent-once=[\w.-]+; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
        answer.headers["set-cookie"],
    )
    page = client.get("/")
    assert FRAME in page.text
    assert page.headers["set-cookie"].startswith("__Host-consent-once=; Path=/; Max-Age=0;")


#
def test_it_works_below_another_application(policy: Policy, secret_key: str) -> None:
    client = Site(policy, secret_key, "<body>" + FRAME).below
    form = forms(client.get("/below/").text)[-1]

    assert form["next"] == "/below/"
    client.post("/below/cookies", data={**form, "decision": "load-once"}, follow_redirects=False)
    assert FRAME in client.get("/below/").text


#
@pytest.mark.parametrize("name", ["nobody", "vidoe"])
def test_an_embed_of_what_nobody_declares_leaves_no_cookie(
    policy: Policy, secret_key: str, name: str
) -> None:
    client = Site(policy, secret_key, "<body>" + FRAME).client
    fields = {
        "decision": "load-once",
        "next": "/",
        "embed": embed_id(name, "https://video.example/embed/1", "/"),
    }
    answer = client.post("/cookies", data=fields, follow_redirects=False)

    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers


#
def test_no_link_loads_anything(policy: Policy, secret_key: str) -> None:
    client = Site(policy, secret_key, "<body>" + FRAME).client
    form = {**forms(client.get("/").text)[-1], "decision": "load-once"}

    for path in ("/", "/cookies"):
        for answer in (client.get(path, params=form), client.head(path, params=form)):
            assert "set-cookie" not in answer.headers
            assert FRAME not in answer.text


def test_the_click_is_logged_with_the_service_and_nothing_else(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "consentkit"):
        pressed(Site(policy, secret_key, "<body>" + FRAME).client)

    said = [record.getMessage() for record in caplog.records if "once" in record.getMessage()]
    assert said == ["One embed of video is loaded once."]

"""The two buttons of a notice, pressed in a real browser: who is contacted, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from consentkit import ConsentMiddleware, load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary

FILMS = ("one", "two")
FRAMES = [
    f'<iframe src="https://www.youtube.com/embed/{film}" title="Film {film}"></iframe>' for film in FILMS
]
# The place of each film is far below the one before it.
BODY = "".join(f"<div style='margin-top:90em'>{{}}{frame}{{}}</div>" for frame in FRAMES)
PAGE = f'<!doctype html><html lang="en"><head><title>Films</title>{{}}</head><body>{{}}{BODY}</body></html>'
TEMPLATE = PAGE.format(
    "{{ consent_head() }}",
    "{{ consent_banner() }}",
    *('{% gate "youtube" %}', "{% endgate %}") * 2,
)
UNCHANGED = PAGE.format(*[""] * 6)


@pytest.fixture(scope="module")
def films(
    one_page: Callable[[str], Route], example_folder: Path, secret_key: str, serving: Callable[..., Any]
) -> Iterator[dict[str, str]]:
    """Yield the addresses of one site by how it is made: with gates in its templates, or without."""

    async def unchanged(_request: Request) -> Response:
        return HTMLResponse(UNCHANGED)

    policy = load_policy(example_folder / "consent.toml")

    def app(route: Route, **options: Any) -> Starlette:  # noqa: ANN401 - whatever the middleware takes
        consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, **options)
        return Starlette(routes=[route], middleware=[consent])

    gates = app(one_page(TEMPLATE), gate_html=False)
    pages = app(Route("/", unchanged))
    locked = app(Route("/", unchanged), csp="enforce")
    with serving(gates) as first, serving(pages) as second, serving(locked) as third:
        yield {
            name: f"http://127.0.0.1:{port}/"
            for name, port in (("gates", first), ("pages", second), ("policy", third))
        }


@pytest.fixture(params=["gates", "pages", "policy"])
def address(request: pytest.FixtureRequest, films: dict[str, str]) -> str:
    return films[request.param]


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def tab(request: pytest.FixtureRequest, new_visitor: Callable[..., BrowserContext], canary: Canary) -> Page:
    return new_visitor(java_script_enabled=request.param).new_page()


def settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def press(page: Page, button: str, number: int = 0) -> None:
    """Press a button as those do who have no mouse."""
    chosen = page.get_by_role("button", name=button, exact=True).nth(number)
    chosen.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    settle(page)


def seen(canary: Canary) -> Counter[str]:
    """Return the films that were asked for since the last time."""
    requests = Counter({name.rpartition("/")[2]: times for name, times in canary.seen.items()})
    canary.forget()
    return requests


def notices(page: Page) -> int:
    return page.locator(".choices-embed").count()


#
def test_load_this_once_loads_that_film_once(tab: Page, address: str, canary: Canary) -> None:
    tab.goto(address)
    settle(tab)
    assert (canary.accepted, notices(tab)) == (0, 2)

    press(tab, "Load this once", 1)
    assert (seen(canary), notices(tab)) == (Counter(two=1), 1)
    assert tab.frame_locator("iframe[title='Film two']").get_by_role("heading", name="A film").is_visible()
    assert tab.context.cookies() == []
    assert tab.locator("#choices").is_visible()  # nothing was answered

    tab.goto(address)
    settle(tab)
    assert (canary.accepted, notices(tab)) == (0, 2)


#
def test_the_visitor_is_led_back_to_the_film(tab: Page, address: str) -> None:
    tab.goto(address)
    press(tab, "Load this once", 1)

    box = tab.locator("iframe[title='Film two']").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 720
    assert tab.locator("#choices-loaded").count() == 1


#
def test_to_reload_the_page_loads_nothing_again(tab: Page, address: str, canary: Canary) -> None:
    tab.goto(address)
    press(tab, "Load this once")
    assert seen(canary) == Counter(one=1)

    tab.reload()
    settle(tab)
    assert (canary.accepted, notices(tab)) == (0, 2)


#
def test_one_film_after_the_other_can_be_loaded(tab: Page, address: str, canary: Canary) -> None:
    tab.goto(address)
    press(tab, "Load this once", 0)
    assert seen(canary) == Counter(one=1)
    press(tab, "Load this once", 0)  # of what is left
    assert (seen(canary), notices(tab)) == (Counter(two=1), 1)


#
def test_always_loads_both_until_it_is_withdrawn(tab: Page, address: str, canary: Canary) -> None:
    tab.goto(address)
    press(tab, "Always load YouTube", 1)
    assert (seen(canary), notices(tab)) == (Counter(one=1, two=1), 0)
    tab.goto(address)
    settle(tab)
    assert seen(canary) == Counter(one=1, two=1)

    tab.goto(address + "cookies")
    press(tab, "Reject all")
    tab.goto(address)
    settle(tab)
    assert (canary.accepted, notices(tab)) == (0, 2)


#
def test_a_link_or_a_form_of_another_site_loads_nothing(
    new_visitor: Callable[..., BrowserContext], films: dict[str, str], canary: Canary
) -> None:
    page = new_visitor().new_page()
    page.goto(films["pages"])
    embed = page.locator("input[name=embed]").first.get_attribute("value")
    fields = {"decision": "load-once", "next": "/", "embed": embed, "choice.youtube": "granted"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    for method, status in (("get", 200), ("post", 403)):
        page.goto("about:blank")
        page.set_content(
            f'<form method="{method}" action="{films["pages"]}cookies">{inputs}<button>Go</button></form>'
        )
        with page.expect_navigation() as going:
            page.get_by_role("button", name="Go").click()
        assert going.value.status == status
        page.goto(films["pages"])
        settle(page)
        assert (canary.accepted, notices(page)) == (0, 2)

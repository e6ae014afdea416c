"""axe-core finds nothing to object to: in every state, at three widths, in all colours and both directions.

A page is brought into its state once, and then looked at from all sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from tests.browser.steps import escape

from consentkit import ConsentMiddleware, parse_policy

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page
    from playwright.sync_api import Route as Intercepted

#: A shipped language that is written from right to left.
RIGHT_TO_LEFT = "ar"

WIDTHS = (320, 412, 1280)
COLOURS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "light", "forced_colors": "active"},
}
PAGE = """<!doctype html>
<html lang="en"><head><title>Unstyled</title><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">{{ consent_head() }}</head>
<body>{{ consent_banner() }}<main><h1>Unstyled</h1>
{% gate "youtube" %}<iframe src="https://www.youtube.com/embed/film" title="A film"></iframe>{% endgate %}
{% gate "youtube" %}<iframe src="https://www.youtube.com/embed/other" title="Another"></iframe>{% endgate %}
</main><footer>{{ consent_link() }}</footer></body></html>"""
# What is wrong, and what of ours is wider than its place.
LOOK = """async () => {
    const rules = { "target-size": { enabled: true } };
    const { violations } = await axe.run({ preload: false, resultTypes: ["violations"], rules });
    const ours = "dialog, .choices-ask, .choices-done, .choices-page, .choices-embed";
    const wide = [...document.querySelectorAll(ours)].filter(one => one.scrollWidth > one.clientWidth + 1);
    return [
        ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120))}`),
        ...wide.map(one => `too wide: ${one.className}`),
    ];
}"""


DIRECTIONS = pytest.mark.parametrize("direction", ["ltr", "rtl"])
# The example has a frame of its own, which is not written for both directions.
FRAMES = pytest.mark.parametrize(
    ("frame", "direction"), [("site", "ltr"), ("bare_site", "ltr"), ("bare_site", "rtl")]
)


@pytest.fixture
def direction() -> str:
    return "ltr"


@pytest.fixture
def language(direction: str) -> str:
    return RIGHT_TO_LEFT if direction == "rtl" else "en"


@pytest.fixture
def tab(new_visitor: Callable[..., BrowserContext], language: str) -> Callable[..., Page]:
    """Return the way to a new visitor who reads the language."""

    def tab(**headers: str) -> Page:
        sent = {
            "Accept-Language": language,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return new_visitor(extra_http_headers=sent).new_page()

    return tab


@pytest.fixture
def look(axe_source: str, direction: str, language: str) -> Callable[[Page], None]:
    """Return the way to look at the state that a page is in from all sides."""

    def look(page: Page) -> None:
        page.wait_for_load_state()  # the colours are those of a stylesheet
        page.evaluate(axe_source)
        # A site in this language turns its own pages; what is ours has turned already.
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        assert page.locator(f"[class*=choices][dir]:not([dir={direction}])").count() == 0
        assert page.locator(f"[lang={language}]").count() > 0
        found = [
            f"{width}, {colours}: {fault}"
            for width, colours in product(WIDTHS, COLOURS)
            for fault in faults(page, width, colours)
        ]
        assert found == []

    return look


def faults(page: Page, width: int, colours: str) -> list[str]:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(**COLOURS[colours])
    return list(page.evaluate(LOOK))


@pytest.fixture
def bare_site(
    one_page: Callable[[str], Route],
    example_folder: Path,
    secret_key: str,
    serving: Callable[..., Any],
    language: str,
) -> Iterator[str]:
    """Yield a site without a stylesheet or templates of its own."""
    declared = (example_folder / "consent.toml").read_text(encoding="utf-8")
    first = 'languages = ["en", '
    assert first in declared
    policy = parse_policy(declared.replace(first, f'languages = ["{language}", '))
    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)
    with serving(Starlette(routes=[one_page(PAGE)], middleware=[consent])) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def origin(request: pytest.FixtureRequest, frame: str) -> str:
    """Return the address of a site that has a frame of its own, or of one that has none."""
    return str(request.getfixturevalue(frame))


def unfold(page: Page) -> None:
    page.locator("summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")


def press(page: Page, value: str) -> None:
    """Press a button by what it means, whatever it reads; a mouse may miss in a window that has changed."""
    page.locator(f"button[value={value}]").first.press("Enter")


#
@FRAMES
def test_the_question_the_notices_and_the_confirmation_have_no_fault(
    origin: str, tab: Callable[..., Page], look: Callable[[Page], None]
) -> None:
    page = tab()
    page.goto(origin)
    assert page.locator("#choices").is_visible()
    assert page.locator(".choices-embed").first.is_visible()
    look(page)

    before = page.locator(".choices-embed").count()
    press(page, "load-once")
    page.locator("#choices-loaded").wait_for(state="attached")
    assert page.locator(".choices-embed").count() == before - 1
    look(page)

    press(page, "deny-all")
    page.locator("#choices-saved").wait_for()
    assert page.locator(".choices-embed").first.is_visible()
    look(page)


#
@FRAMES
def test_the_cookies_page_with_its_confirmation_and_the_page_of_errors_have_no_fault(
    origin: str, tab: Callable[..., Page], look: Callable[[Page], None]
) -> None:
    page = tab()
    page.goto(origin + "/cookies?next=/")
    unfold(page)
    look(page)

    press(page, "save")
    page.locator("#choices-saved").wait_for()
    look(page)

    page.goto(origin + "/cookies")
    page.locator("input[name=notice]").first.evaluate("field => field.name = 'unknown'")
    press(page, "save")
    page.locator("h1").wait_for()
    assert page.locator("form").count() == 0
    look(page)


#
@FRAMES
def test_what_is_said_of_the_signal_has_no_fault(
    origin: str, tab: Callable[..., Page], look: Callable[[Page], None]
) -> None:
    page = tab(Sec_GPC="1")
    for path in ("/", "/cookies"):
        page.goto(origin + path)
        assert page.locator(".choices-note").filter(has_text="Global Privacy Control").count() == 1
        look(page)


#
@DIRECTIONS
@pytest.mark.parametrize("client_script", [True], ids=["client"])
def test_no_state_that_the_script_brings_has_a_fault(
    bare_site: str, tab: Callable[..., Page], look: Callable[[Page], None]
) -> None:
    page = tab()
    page.goto(bare_site)
    page.locator("#choices form[method=get] button").click()
    page.locator("dialog[open]").wait_for()
    unfold(page)
    look(page)
    escape(page)

    page.context.set_offline(True)
    press(page, "grant-all")
    page.locator(".choices-actions + .choices-status").wait_for()
    page.wait_for_timeout(100)
    look(page)
    page.context.set_offline(False)

    page.locator("#choices form[method=get] button").click()
    page.locator("dialog button[value=save]").press("Enter")
    page.locator("dialog #choices-saved").wait_for()
    look(page)
    page.locator("dialog #choices-saved a.choices-button").press("Enter")
    page.locator("dialog").wait_for(state="detached")
    look(page)

    press(page, "grant")
    page.locator(".choices-embed").first.wait_for(state="detached")
    assert page.locator("iframe").first.is_visible()
    look(page)


#
@DIRECTIONS
@pytest.mark.parametrize("client_script", [True], ids=["client"])
def test_a_choice_on_its_way_and_its_confirmation_in_place_have_no_fault(
    bare_site: str, tab: Callable[..., Page], look: Callable[[Page], None]
) -> None:
    page = tab()
    held: list[Intercepted] = []

    def hold(route: Intercepted) -> None:
        held.append(route)

    page.route("**/cookies?echo=*", hold)
    page.goto(bare_site)
    press(page, "grant-all")
    page.locator(".choices-status").wait_for()
    look(page)

    held[0].continue_()
    page.locator("#choices-saved").wait_for()
    look(page)


def test_a_planted_fault_is_found_in_all_colours(page: Page, site: str, axe_source: str) -> None:
    page.goto(site)
    page.evaluate(axe_source)
    page.locator("#choices").evaluate("""banner => banner.insertAdjacentHTML("beforeend", `
        <p style="color: #888; background: #999; width: 200%">Pale</p><button></button>`)""")
    for colours in COLOURS:
        found = " ".join(faults(page, 320, colours))
        assert "button-name" in found
        assert "too wide: choices-ask" in found
        assert "color-contrast" in found


#
@pytest.mark.parametrize("path", ["/", "/cookies"])
def test_in_forced_colours_every_button_has_a_border_and_every_choice_a_mark(
    new_visitor: Callable[..., BrowserContext], site: str, path: str
) -> None:
    page = new_visitor(forced_colors="active").new_page()
    page.goto(site + path)
    for button in page.locator(".choices-button").all():
        border = button.evaluate("one => getComputedStyle(one).border")
        assert border.startswith("2px solid")
        ground = button.evaluate("one => getComputedStyle(one.parentElement).backgroundColor")
        assert border.removeprefix("2px solid ") != ground
    for radio in page.locator("input:checked").all():
        assert radio.evaluate("one => getComputedStyle(one).appearance") == "auto"

"""axe-core finds nothing to object to, in the frame of a site and in the frame that is shipped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from consentkit import ConsentMiddleware, load_policy
from consentkit.policy.contrast import TEXT, contrast
from consentkit.policy.theme import THEMES, Position

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

WIDTHS = (320, 412, 1280)
SCHEMES: list[dict[str, Any]] = [
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "light", "forced_colors": "active"},
]
# axe looks for the colour of text where no forced colours are.
LOOK = """forced => axe.run(document, {
    resultTypes: ["violations"], rules: {"color-contrast": {enabled: !forced}}
})"""
# The colour of each text of ours, and that of what is behind it.
COLOURS = """() => [...document.querySelectorAll("[class^=choices] *, a[class^=choices]")]
    .filter(one => one.checkVisibility() && [...one.childNodes].some(node => node.data?.trim()))
    .map(one => {
        let behind = one;
        const ground = () => getComputedStyle(behind).backgroundColor;
        while (/, 0\\)$/.test(ground()) && behind.parentElement) behind = behind.parentElement;
        return [getComputedStyle(one).color, ground()];
    })"""
PAGE = """<!doctype html>
<html lang="en"><head><title>Unstyled</title><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">{{ consent_head() }}</head>
<body>{{ consent_banner() }}<main><h1>Unstyled</h1>
{% gate "youtube" %}<iframe src="https://www.youtube.com/embed/film" title="A film"></iframe>{% endgate %}
{% gate "youtube" %}<iframe src="https://www.youtube.com/embed/other" title="Another"></iframe>{% endgate %}
</main><footer>{{ consent_link() }}</footer></body></html>"""


@pytest.fixture(scope="module")
def bare_site(
    one_page: Callable[[str], Route],
    example_folder: Path,
    secret_key: str,
    serving: Callable[..., Any],
) -> Iterator[str]:
    """Yield a site without a stylesheet or templates of its own."""
    policy = load_policy(example_folder / "consent.toml")
    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)
    with serving(Starlette(routes=[one_page(PAGE)], middleware=[consent])) as port:
        yield f"http://127.0.0.1:{port}"


def faults(page: Page, axe_source: str) -> list[str]:
    page.evaluate(axe_source)
    found = page.evaluate("axe.run()")["violations"]
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}" for one in found]


@pytest.fixture(params=["site", "bare_site"])
def origin(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


#
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 412, 1280])
def test_axe_finds_no_fault_on_any_of_its_pages(
    origin: str,
    new_visitor: Callable[..., BrowserContext],
    axe_source: str,
    width: int,
    scheme: str,
) -> None:
    page = new_visitor(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()

    page.goto(origin)
    assert page.locator("#choices").is_visible()
    assert page.locator(".choices-embed").first.is_visible()
    assert faults(page, axe_source) == []

    before = page.locator(".choices-embed").count()
    page.get_by_role("button", name="Load this once").first.click()
    page.locator("#choices-loaded").wait_for(state="attached")
    page.wait_for_load_state()  # the colours are those of a stylesheet
    assert page.locator(".choices-embed").count() == before - 1
    assert faults(page, axe_source) == []

    page.goto(origin + "/cookies?next=/")
    page.locator("summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")
    assert faults(page, axe_source) == []

    page.get_by_role("button", name="Save choices").click()
    page.locator("#choices-saved").wait_for()
    page.wait_for_load_state()
    assert faults(page, axe_source) == []

    page.goto(f"{origin}/?choices=saved#choices-saved")
    assert page.locator("#choices-saved").is_visible()
    assert faults(page, axe_source) == []

    page.goto(origin + "/cookies")
    page.locator("input[name=notice]").first.evaluate("field => field.name = 'unknown'")
    page.get_by_role("button", name="Save choices").click()
    page.get_by_role("heading", name="Your choice was not saved").wait_for()
    assert faults(page, axe_source) == []


def hexadecimal(colour: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


def faults_of_looks(page: Page, axe_source: str, *widths: int) -> list[str]:
    """Return the faults of one page on screens so wide, in light, dark and forced colours."""
    page.evaluate(axe_source)
    found = []
    for scheme in SCHEMES:
        page.emulate_media(**scheme)
        forced = scheme["forced_colors"] == "active"
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            violations = page.evaluate(LOOK, forced)["violations"]
            found += [f"{width} {scheme} {one['id']}: {one['nodes'][0]['html'][:120]}" for one in violations]
        pairs = {(hexadecimal(text), hexadecimal(ground)) for text, ground in page.evaluate(COLOURS)}
        assert pairs
        found += [f"{scheme} {text} on {ground}" for text, ground in pairs if contrast(text, ground) < TEXT]
    return found


#
@pytest.mark.parametrize("position", Position)
@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_no_fault_in_any_theme_and_position(
    page: Page, themed_site: Callable[[str, str], str], axe_source: str, theme: str, position: str
) -> None:
    site = themed_site(theme, position)

    page.goto(site)
    assert page.locator("#choices").get_attribute("role") == "region"  # nothing of it is modal
    assert faults_of_looks(page, axe_source, *WIDTHS) == []

    with page.expect_navigation():
        page.get_by_role("button", name="Reject all", exact=True).click()
    assert page.locator("#choices-saved").is_visible()
    assert faults(page, axe_source) == []

    if position == Position.TOP:  # the cookies page is the same in all of them
        page.goto(site + "/cookies")
        page.locator("summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")
        assert faults_of_looks(page, axe_source, 1280) == []


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


#
def test_nothing_moves(page: Page, site: str) -> None:
    for path in ("/", "/cookies"):
        page.goto(site + path)
        moving = """() => [...document.querySelectorAll("[class^=choices]")].filter(one => {
            const {animationName, transitionDuration} = getComputedStyle(one);
            return animationName !== "none" || transitionDuration !== "0s";
        }).length"""
        assert page.evaluate(moving) == 0

"""A theme as custom properties: each one that the rules read, for light and for dark, and nothing else."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from importlib.resources import files

import pytest

from consentkit.consent.model import Consent
from consentkit.policy.model import Policy
from consentkit.policy.theme import BOLD, CIVIC, PLAIN, THEMES, Palette
from consentkit.ui.assets import load_stylesheet
from consentkit.ui.head import Head
from consentkit.ui.render import Pages
from consentkit.ui.theme import theme_rules
from consentkit.ui.view import View

STATIC = files("consentkit.ui") / "static"
READ = {
    name
    for css in ("choices.css", "bottom.css", "dialog.css")
    for name in re.findall(r"var\(--consentkit-([a-z-]+)", (STATIC / css).read_text("utf-8"))
}
SCHEMES = re.compile(
    r":root\{(?P<both>.*?)\}@supports not \(color:light-dark\(#\w+,#\w+\)\)\{:root\{(?P<one>.*?)\}\}"
)


def values(rules: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what browsers have that know one scheme, and what those have that know both."""
    match = SCHEMES.fullmatch(rules)
    assert match is not None
    one, both = (dict(re.findall(r"--consentkit-([a-z-]+):([^;]+)", match[part])) for part in ("one", "both"))
    return both | one, both


@pytest.mark.parametrize("name", THEMES)
def test_a_theme_sets_nothing_but_what_the_rules_read_and_every_colour_that_has_no_other_source(
    name: str,
) -> None:
    one, both = values(theme_rules(THEMES[name]))

    assert set(one) <= READ
    assert set(both) == set(one)
    assert READ - set(one) <= {"link", "button-line", "font"}


def test_the_rules_read_what_a_theme_can_say_and_no_more() -> None:
    colours = {field.name.replace("_", "-") for field in fields(Palette)}

    assert colours | {"radius", "space", "font"} == READ


def test_each_colour_is_given_for_light_and_for_dark_pages() -> None:
    _, both = values(theme_rules(CIVIC))

    assert both["paper"] == f"light-dark({CIVIC.light.paper},{CIVIC.dark.paper})"
    assert both["on-accent"] == f"light-dark({CIVIC.light.on_accent},{CIVIC.dark.on_accent})"


def test_a_browser_without_light_dark_gets_the_light_colours() -> None:
    one, _ = values(theme_rules(BOLD))

    assert (one["paper"], one["ink"]) == (BOLD.light.paper, BOLD.light.ink)
    assert not [value for value in one.values() if "light-dark" in value]


def test_links_and_borders_that_a_theme_says_nothing_of_follow_an_accent_of_the_sites_own() -> None:
    assert "--consentkit-link" not in theme_rules(PLAIN)
    assert "--consentkit-button-line" not in theme_rules(PLAIN)
    css = (STATIC / "choices.css").read_text("utf-8")
    assert set(re.findall(r"var\(--consentkit-(?:link|button-line)[^;}]*\)", css)) == {
        "var(--consentkit-link, var(--consentkit-accent))",
        "var(--consentkit-button-line, var(--consentkit-accent))",
    }


def test_a_colour_of_one_scheme_alone_is_the_accent_in_the_other() -> None:
    theme = replace(PLAIN, dark=replace(PLAIN.dark, link="#fff"))

    one, both = values(theme_rules(theme))

    assert both["link"] == f"light-dark({PLAIN.light.accent},#fff)"
    assert one["link"] == PLAIN.light.accent


#
def test_the_name_of_a_font_is_quoted_and_a_kind_of_font_is_not() -> None:
    one, _ = values(theme_rules(replace(PLAIN, font=("Source Sans 3", "inherit", "system-ui"))))

    assert one["font"] == '"Source Sans 3","inherit",system-ui'


#
def test_a_theme_made_by_hand_cannot_end_the_element_that_its_rules_stand_in() -> None:
    with pytest.raises(ValueError, match="</style"):
        Head(replace(PLAIN, font=("</style><script>",)))


def test_the_theme_of_the_policy_is_what_pages_are_served_with(policy: Policy) -> None:
    bold = replace(policy, theme=BOLD)
    pages = Pages(bold)
    place = View(consent=Consent(bold), language="en", prefix="/cookies", path="/", nonce="n0nce")

    assert load_stylesheet(BOLD).path in pages.assets
    assert f"--consentkit-paper:{BOLD.light.paper}" in pages.head(place)
    assert f"--consentkit-paper:{PLAIN.light.paper}" not in pages.cookies_page(place, back=None)

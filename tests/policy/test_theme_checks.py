"""[theme] becomes a theme, and colours that cannot be told apart are faults before anybody sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.errors import Fault, PolicyError
from consentkit.policy.contrast import contrast
from consentkit.policy.digest import material_digests, notice
from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy
from consentkit.policy.theme import BOLD, CIVIC, PLAIN, THEMES, Palette, Position
from consentkit.policy.theme_checks import palette_faults
from consentkit.policy.theme_schema import PaletteTable, ThemeTable

Parse = Callable[[str], Policy]
FaultsOf = Callable[[str], list[tuple[str, str]]]
OnlyFault = Callable[[str], Fault]

SITE = '[site]\nname = "Tides"\ncontroller = { name = "Harbour", contact = "a@b.example" }\n'
SCHEMES = ("light", "dark")
KEYS = [field.name for field in fields(Palette)]
colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
palettes = st.builds(
    Palette,
    **{key: colours for key in KEYS if key not in ("link", "button_line")},
    link=st.none() | colours,
    button_line=st.none() | colours,
)


def all_faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(PolicyError) as caught:
        parse_policy(SITE + text)
    return caught.value.faults


#
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", THEMES)
def test_a_ready_theme_has_all_the_contrast_it_needs(name: str, scheme: str) -> None:
    assert list(palette_faults(getattr(THEMES[name], scheme), "theme", set())) == []


# text 4.5 to 1, controls and focus 3 to 1, each on every background that it may stand on.
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", THEMES)
def test_each_pair_that_is_seen_is_judged(name: str, scheme: str) -> None:
    palette: Palette = getattr(THEMES[name], scheme)
    link, button_line = palette.link or palette.accent, palette.button_line or palette.accent
    for ground in (palette.paper, palette.card):
        for text in (palette.ink, palette.muted, link):
            assert contrast(text, ground) >= 4.5
        for control in (palette.line, palette.focus, button_line):
            assert contrast(control, ground) >= 3
    assert contrast(palette.on_accent, palette.accent) >= 4.5


def test_every_ready_theme_can_be_named_and_nothing_else() -> None:
    assert THEMES == {"plain": PLAIN, "civic": CIVIC, "bold": BOLD}
    assert set(THEMES) == set(ThemeTable.model_json_schema()["properties"]["use"]["enum"])
    assert {*Position} == set(ThemeTable.model_json_schema()["properties"]["position"]["enum"])


#
def test_the_buttons_have_one_set_of_colours_and_no_key_of_their_own() -> None:
    assert set(PaletteTable.model_fields) == set(KEYS)
    named = [
        key for key in (*KEYS, *ThemeTable.model_fields) if re.search("accept|reject|manage|primary", key)
    ]
    assert named == []


def test_without_a_theme_it_is_the_plain_one_at_the_top(parse: Parse) -> None:
    assert parse("").theme == PLAIN
    assert PLAIN.position is Position.TOP


def test_a_theme_is_named_and_single_values_are_laid_over_it(parse: Parse) -> None:
    theme = parse(
        """
        [theme]
        use = "civic"
        position = "bottom"
        radius = "4px"
        space = "1.5rem"
        font = ["Source Sans 3", "sans-serif"]
        [theme.light]
        accent = "#1A4480"
        [theme.dark]
        button_line = "#FFF"
        """
    ).theme

    assert theme.light == replace(CIVIC.light, accent="#1a4480")
    assert theme.dark == replace(CIVIC.dark, button_line="#fff")
    assert (theme.position, theme.radius, theme.space) == (Position.BOTTOM, "4px", "1.5rem")
    assert theme.font == ("Source Sans 3", "sans-serif")


def test_another_look_asks_nobody_again(parse: Parse) -> None:
    asked = "[categories.analytics]\nuse = ['matomo']\n"
    bold = parse(asked + "[theme]\nuse = 'bold'\nposition = 'dialog'")

    assert bold.theme != parse(asked).theme
    assert material_digests(bold) == material_digests(parse(asked))
    assert notice(bold) == notice(parse(asked))


@pytest.mark.parametrize(
    ("text", "fault_id", "path", "cure"),
    [
        ("[theme]\nuse = 'bolt'", "CK006", "theme.use", "'plain', 'civic' or 'bold'"),
        ("[theme]\nposition = 'left'", "CK006", "theme.position", "'top', 'bottom' or 'dialog'"),
        ("[theme]\npositon = 'top'", "CK003", "theme.positon", 'Did you mean "position"?'),
        ("[theme.light]\naccnt = '#000'", "CK003", "theme.light.accnt", 'Did you mean "accent"?'),
        ("[theme.light]\naccept = '#000'", "CK003", "theme.light.accept", "Known here: accent, button_line"),
        ("[themes]\nuse = 'bold'", "CK003", "themes", 'Did you mean "theme"?'),
        ("[theme]\nradius = 4", "CK005", "theme.radius", "quotation marks"),
        ("[theme]\nlight = '#fff'", "CK005", "theme.light", "a table"),
        ("[theme]\nfont = 'Arial'", "CK005", "theme.font", "a list"),
        ("[theme]\nfont = []", "CK006", "theme.font", "Change the length"),
        ("[theme.dark]\nink = 'white'", "CK030", "theme.dark.ink", '"#16527f"'),
        ("[theme]\nradius = '3em'", "CK031", "theme.radius", 'from "0em" to "2em"'),
        ("[theme]\nspace = '0'", "CK031", "theme.space", 'from "8px" to "32px"'),
        ("[theme]\nfont = ['Fira Sans', 'a;b']", "CK032", "theme.font[1]", '"Source Sans 3"'),
    ],
)
def test_what_departs_from_the_form_is_one_fault_with_place_and_cure(
    only_fault: OnlyFault, text: str, fault_id: str, path: str, cure: str
) -> None:
    fault = only_fault(text)

    assert (fault.id, fault.path) == (fault_id, path)
    assert cure in fault.cure


#
@pytest.mark.parametrize(
    "colour",
    [
        *("red", "transparent", "rgb(0 0 0)", "var(--x)"),
        *("#12", "#12345", "#fff0", "#1652 7f", "#fff\\n", ""),
        *("#\u0661\u0662\u0663", "#fff;}", "</style>"),
    ],
)
def test_a_colour_is_written_in_full_or_not_taken(only_fault: OnlyFault, colour: str) -> None:
    assert only_fault(f'[theme.light]\nink = "{colour}"').id == "CK030"


#
@pytest.mark.parametrize(
    "length",
    [
        *("1", "1%", "5vw", "1 em", "1e1px", ".em", ""),
        *("-1em", "33px", "2.001em", "1em;", "1em\\n", "calc(1em)", "\u0663px"),
    ],
)
def test_a_length_has_a_unit_and_bounds(only_fault: OnlyFault, length: str) -> None:
    assert only_fault(f'[theme]\nradius = "{length}"').id == "CK031"


@pytest.mark.parametrize("length", ["0", "0px", ".25em", "0.5rem", "2em", "32px", "12.5px"])
def test_a_length_in_bounds_is_taken_as_it_is(parse: Parse, length: str) -> None:
    assert parse(f"[theme]\nradius = {length!r}").theme.radius == length


#
@pytest.mark.parametrize(
    "name",
    [
        *("a;b", 'a\\"b', "a'b", "a\\\\b", "a,b", "a{b", "a/*b", "</style>", "a\\nb"),
        *("a  b", " a", "a ", "-x", "1a", "", "x" * 61, "Größe"),
    ],
)
def test_a_font_has_a_plain_name(only_fault: OnlyFault, name: str) -> None:
    assert only_fault(f'[theme]\nfont = ["{name}"]').id == "CK032"


#
def test_text_that_is_too_faint_is_a_fault_that_says_by_how_much_and_what_would_do(
    only_fault: OnlyFault,
) -> None:
    fault = only_fault("[theme]\nuse = 'civic'\n[theme.light]\non_accent = '#9cb'")

    assert (fault.id, fault.path) == ("CK033", "theme.light.on_accent")
    assert fault.message == (
        "on_accent #9cb on accent #00693a has a contrast of 3.79 to 1; text needs 4.5 to 1."
    )
    assert fault.cure == 'Nearest that passes: on_accent = "#b5dacd" under [theme.light].'


#
def test_a_border_or_focus_that_is_too_faint_is_a_fault(only_fault: OnlyFault) -> None:
    fault = only_fault("[theme.dark]\nfocus = '#667'\n")

    assert (fault.id, fault.path) == ("CK034", "theme.dark.focus")
    assert fault.message.startswith("focus #667 on card #1e242a has a contrast of 2.78 to 1; ")
    assert fault.message.endswith("borders of controls and the focus need 3 to 1.")


def test_a_contrast_just_below_the_bar_is_not_rounded_up_to_it() -> None:
    (fault,) = all_faults("[theme.light]\nmuted = '#777'\npaper = '#fff'")[:1]

    assert "a contrast of 4.47 to 1" in fault.message


# what is written is judged beside what the theme adds.
def test_a_background_is_judged_with_the_themes_own_colours_on_it(faults_of: FaultsOf) -> None:
    found = faults_of("[theme.light]\npaper = '#16527f'")

    assert {path for _, path in found} == {"theme.light.paper"}
    assert {fault_id for fault_id, _ in found} == {"CK033", "CK034"}


def test_each_scheme_is_judged_by_itself(faults_of: FaultsOf) -> None:
    found = faults_of("[theme.light]\nink = '#fff'\n[theme.dark]\nink = '#000'")

    assert {path for _, path in found} == {"theme.light.ink", "theme.dark.ink"}


def test_where_no_shade_passes_the_cure_is_about_the_backgrounds() -> None:
    for fault in all_faults("[theme.light]\ncard = '#666'"):
        if fault.message.startswith("ink"):
            assert fault.cure == (
                "No shade passes on paper and on card: bring the two closer together under [theme.light]."
            )
            return
    pytest.fail("ink on card is no fault")


def test_a_fault_of_form_hides_none_of_contrast(faults_of: FaultsOf) -> None:
    found = faults_of("[theme]\nradius = 'round'\n[theme.light]\nink = 'red'\n[theme.dark]\nmuted = '#333'")

    assert found[:2] == [("CK031", "theme.radius"), ("CK030", "theme.light.ink")]
    assert set(found[2:]) == {("CK033", "theme.dark.muted")}


def test_beside_an_unknown_theme_no_colour_can_be_judged(faults_of: FaultsOf) -> None:
    assert faults_of("[theme]\nuse = 'dark'\n[theme.light]\nink = '#fff'") == [("CK006", "theme.use")]


def test_white_buttons_with_a_border_are_a_theme_as_well(faults_of: FaultsOf) -> None:
    outline = "[theme.light]\naccent = '#fff'\non_accent = '#16527f'\nlink = '#16527f'\n"

    assert faults_of(outline + "button_line = '#16527f'") == []
    assert faults_of(outline) == [("CK034", "theme.light.accent")] * 2


def pairs(faults: list[Fault]) -> set[str]:
    """Return which key stands on which, for each fault."""
    return {re.sub(r" #\w+", "", fault.message.partition(" has")[0]) for fault in faults}


@given(palettes)
def test_who_follows_every_cure_has_no_fault_left_that_had_one(palette: Palette) -> None:
    faults = list(palette_faults(palette, "theme.light", set(KEYS)))
    written = {key: colour for fault in faults for key, colour in re.findall(r'(\w+) = "(#\w+)"', fault.cure)}
    cured = replace(palette, **written)

    left = list(palette_faults(cured, "theme.light", set(KEYS)))
    assert pairs(left) == pairs([fault for fault in faults if fault.cure.startswith("No shade")])

from __future__ import annotations

from dataclasses import replace

import pytest

from consentkit.policy.theme import BOLD, PLAIN, THEMES, Position
from consentkit.ui.assets import load_stylesheet, stylesheet


#
@pytest.mark.parametrize("body", [b"a{}</style><script>", b"/* </STYLE> */"])
def test_a_stylesheet_that_would_end_its_own_element_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="</style"):
        stylesheet(body)


def test_the_address_changes_with_the_content_and_with_nothing_else() -> None:
    assert stylesheet(b"a{}").path == stylesheet(b"a{}").path
    assert stylesheet(b"a{}").path != stylesheet(b"b{}").path
    assert load_stylesheet().path == stylesheet(load_stylesheet().body).path


def test_every_theme_in_every_position_has_an_address_of_its_own() -> None:
    looks = [replace(theme, position=position) for theme in THEMES.values() for position in Position]

    assert len({load_stylesheet(look).path for look in looks}) == len(looks) == 9
    assert load_stylesheet(PLAIN).path == load_stylesheet().path


def test_the_stylesheet_holds_the_theme_the_rules_and_the_position_in_one_layer() -> None:
    top, bottom = load_stylesheet(BOLD).text, load_stylesheet(replace(BOLD, position=Position.BOTTOM)).text

    assert bottom.startswith(top.removesuffix("}"))
    assert "position:fixed" in bottom.removeprefix(top.removesuffix("}"))
    assert "position:fixed" not in top
    assert top.startswith("@layer consentkit{:root{--consentkit-paper:light-dark(#2a1a5e,")
    assert bottom.count("@layer") == 1
    assert bottom.count("{") == bottom.count("}")


def test_what_is_written_for_those_who_edit_the_rules_is_not_served() -> None:
    served = load_stylesheet(replace(BOLD, position=Position.BOTTOM)).text

    assert "/*" not in served
    assert "  " not in served
    assert "\n" not in served

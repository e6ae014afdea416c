"""What stands on every page: the settings, the opt-out where something is sold, and what a signal does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from turbohtml import parse

from consentkit.consent.model import Consent
from consentkit.policy.model import Category, Policy
from consentkit.policy.texts import load_texts
from consentkit.ui.head import Head
from consentkit.ui.links import SIGNAL
from consentkit.ui.render import Pages
from consentkit.ui.script import ClientScript
from consentkit.ui.view import View

MakePolicy = Callable[..., Policy]

TEXTS = load_texts("en")
HONOURED = "Global Privacy Control: honoured"


@pytest.fixture
def selling(
    make_policy: MakePolicy, essential: Category, functional: Category, third_party: Category
) -> Policy:
    return make_policy(essential, functional, replace(third_party, sells_or_shares=True))


def said(markup: str) -> list[tuple[str, str]]:
    """Return what stands in a line, in its order: each text with the address that it leads to."""
    return [(one.text, one.attr("href") or "") for one in parse(markup).select("a, span")]


SETTINGS = ("Cookie settings", "/cookies?next=/reports%3Fpage%3D2%26sort%3Ddate")
CHOICES = ("Your Privacy Choices", f"{SETTINGS[1]}#{SIGNAL}")


#
@pytest.mark.parametrize("case", list(product([True, False], repeat=3)), ids=str)
def test_a_line_has_what_its_page_and_its_visitor_need(
    policy: Policy, selling: Policy, view: View, case: tuple[bool, bool, bool]
) -> None:
    sells, refused, settings = case
    declared = selling if sells else policy
    categories = Consent(declared, gpc=refused).refused_by_signal
    line = str(Pages(declared).link(view, categories, settings=settings))

    expected = [SETTINGS] * settings + [CHOICES] * sells + [(HONOURED, "")] * refused
    assert said(line) == expected


#
def test_where_nothing_is_left_to_say_there_is_no_line(policy: Policy, view: View) -> None:
    assert Pages(policy).foot(view, settings=False) == ""
    assert "choices-foot" in Pages(policy).foot(view)


#
def test_the_script_takes_the_status_away_with_the_last_category_that_it_is_about(
    policy: Policy, view: View
) -> None:
    pages, (refused,) = Pages(policy), Consent(policy, gpc=True).refused_by_signal
    other = replace(refused, id="others")
    one, two = (str(pages.link(view, categories)) for categories in ([refused], [refused, other]))

    assert re.search(rf'<span class="choices-honoured" data-choices="{refused.id}" lang="en" dir="ltr">', one)
    assert f'data-choices="{refused.id}+others"' in two
    assert HONOURED in two
    assert " hidden" not in one + two


#
def test_in_a_page_for_everybody_the_status_is_hidden_until_the_script_knows(
    policy: Policy, view: View
) -> None:
    head = Head(policy.theme, client=ClientScript(), shared=True)
    line = str(Pages(policy, head=head).link(view, policy.heeding_gpc))

    assert re.search(r'<span class="choices-gpc" hidden><span class="choices-honoured" [^>]*>', line)
    assert HONOURED in line


#
def test_each_part_of_a_line_says_which_language_it_is_in(selling: Policy, view: View) -> None:
    line = str(
        Pages(selling).link(replace(view, language="cy"), Consent(selling, gpc=True).refused_by_signal)
    )

    parts = parse(line).select("a, span")
    assert [(part.attr("lang"), part.attr("dir")) for part in parts] == [("cy", "ltr")] * 3


# --- the place on the cookies page


#
def test_the_page_explains_what_the_signal_does_there_and_what_comes_of_a_conflict(
    policy: Policy, view: View
) -> None:
    page = Pages(policy).cookies_page(view, back=None)
    (place,) = parse(page).select(f"#{SIGNAL}")

    assert TEXTS.text("gpc_heading") in place.text
    assert TEXTS.text("gpc_explained", categories="Content from others") in place.text
    assert "sells or shares" not in page


#
def test_it_says_what_is_sold_and_how_to_opt_out_before_the_controls(selling: Policy, view: View) -> None:
    page = Pages(selling).cookies_page(replace(view, consent=Consent(selling)), back=None)
    (place,) = parse(page).select(f"#{SIGNAL}")

    sale = TEXTS.text("sale_text", controller="Open Water Authority", categories="Content from others")
    assert sale in place.text
    assert page.index(f'id="{SIGNAL}"') < page.index("<form")


#
def test_a_site_that_heeds_no_signal_explains_none(
    make_policy: MakePolicy, functional: Category, view: View
) -> None:
    policy = make_policy(functional)

    assert "Global Privacy Control" not in Pages(policy).cookies_page(
        replace(view, consent=Consent(policy)), back=None
    )


#
def test_the_page_tells_what_a_withdrawal_cannot_undo(policy: Policy, view: View) -> None:
    page = Pages(policy).cookies_page(view, back=None)

    assert "what other organisations stored under their own addresses you can delete in your browser" in page

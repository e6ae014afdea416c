"""Values are put into texts as they are, once; lengths of time are said in their own unit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import FrozenInstanceError
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.policy.texts.rules import RULES

from consentkit.policy.duration import SECONDS, Duration
from consentkit.policy.texts import LABELS, Texts, available_languages, load_texts, placeholders
from consentkit.policy.texts.plurals import plural_category

HOSTILE = (
    "{site}",
    "{0}",
    "{site.__class__.__init__.__globals__}",
    "{site!r:>99999999}",
    "%(site)s",
    "$site",
    r"\g<0>\1",
    "</script><img src=x onerror=alert(1)>",
    "\r\nSet-Cookie: a=b",
    "\u2028\ud800\x00",
)


def written(template: str) -> Texts:
    return Texts(language="en", name="English", ui={"own": template})


def test_a_placeholder_is_filled_with_its_value() -> None:
    assert written("Cookies on {site}, {site}").text("own", site="Example") == "Cookies on Example, Example"


def test_a_placeholder_without_a_value_stays_as_it_is() -> None:
    assert written("{site} by {controller}").text("own", site="Example") == "Example by {controller}"


#
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_comes_out_as_it_went_in(value: str) -> None:
    text = written("[{site}] [{controller}]").text("own", site=value, controller="C")

    assert text == f"[{value}] [C]"


#
@given(site=st.text(), controller=st.text())
@example(site="{controller}", controller="{site}")
def test_values_are_inserted_once_and_never_read(site: str, controller: str) -> None:
    text = written("1{site}2{controller}3{site}4").text("own", site=site, controller=controller)

    assert text == f"1{site}2{controller}3{site}4"


#
@given(template=st.text(alphabet="{}site.!:[]_0 \\") | st.text())
@example(template="{site.__class__}")
@example(template="{site!r}")
@example(template="{{site}}")
@example(template="{")
def test_nothing_but_a_bare_name_in_braces_is_replaced(template: str) -> None:
    text = written(template).text("own", site="VALUE")

    assert text == template.replace("{site}", "VALUE")


def test_an_unknown_text_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        load_texts("en").text("nonsense")


def test_placeholders_are_the_bare_names_in_braces() -> None:
    found = placeholders("{site} {site} {the_count} {a.b} {A} {0} {} {{c}} {d!r} {e:>9}")

    assert found == {"site", "the_count", "c"}


@pytest.mark.parametrize(
    ("language", "amount", "unit", "words"),
    [
        ("en", 1, "day", "1 day"),
        ("en", 2, "day", "2 days"),
        ("en", 180, "day", "180 days"),
        ("en", 11, "month", "11 months"),
        ("en", 1, "year", "1 year"),
        ("cy", 1, "day", "1 diwrnod"),
        ("cy", 2, "day", "2 ddiwrnod"),
        ("cy", 180, "day", "180 diwrnod"),
        ("cy", 22, "day", "22 diwrnod"),
        ("cy", 1, "month", "1 mis"),
        ("cy", 2, "month", "2 fis"),
        ("cy", 13, "month", "13 mis"),
        ("cy", 2, "minute", "2 funud"),
        ("cy", 30, "minute", "30 munud"),
        ("cy", 24, "hour", "24 awr"),
        ("cy", 2, "week", "2 wythnos"),
        ("cy", 1, "year", "1 flwyddyn"),
        ("cy", 2, "year", "2 flynedd"),
        ("cy", 3, "year", "3 blynedd"),
        ("cy", 4, "year", "4 blynedd"),
        ("cy", 5, "year", "5 mlynedd"),
        ("cy", 6, "year", "6 blynedd"),
        ("cy", 7, "year", "7 mlynedd"),
        ("cy", 10, "year", "10 mlynedd"),
        ("de", 1, "month", "1 Monat"),
        ("de", 13, "month", "13 Monate"),
        ("de", 1, "day", "1 Tag"),
        ("de", 180, "day", "180 Tage"),
        ("fr", 1, "year", "1 an"),
        ("fr", 2, "year", "2 ans"),
        ("fr", 1, "month", "1 mois"),
        ("fr", 13, "month", "13 mois"),
        ("hi", 1, "hour", "1 घंटा"),
        ("hi", 24, "hour", "24 घंटे"),
        ("ja", 13, "month", "13か月"),
        ("ko", 13, "month", "13개월"),
        ("lt", 13, "month", "13 mėnesių"),
        ("lt", 21, "day", "21 diena"),
        ("lt", 365, "day", "365 dienos"),
        ("lv", 11, "month", "11 mēneši"),
        ("lv", 31, "day", "31 diena"),
        ("ar", 1, "year", "سنة واحدة"),
        ("ar", 2, "month", "شهران"),
        ("ar", 6, "month", "6 أشهر"),
        ("ar", 13, "month", "13 شهرًا"),
        ("ar", 100, "day", "100 يوم"),
        ("he", 1, "day", "יום אחד"),
        ("he", 2, "year", "שנתיים"),
        ("he", 6, "month", "6 חודשים"),
        ("is", 21, "day", "21 dagur"),
        ("is", 11, "month", "11 mánuðir"),
        ("gd", 2, "year", "2 bhliadhna"),
        ("gd", 13, "month", "13 mìosan"),
        ("mt", 6, "month", "6 xhur"),
        ("mt", 13, "month", "13-il xahar"),
        ("mt", 180, "day", "180 jum"),
        ("zh-Hans", 180, "day", "180天"),
        ("zh-Hant", 2, "week", "2週"),
    ],
)
def test_a_duration_takes_the_form_that_its_number_needs(
    language: str, amount: int, unit: str, words: str
) -> None:
    assert load_texts(language).duration(Duration(amount, unit)) == words


@given(
    language=st.sampled_from(available_languages()),
    amount=st.integers(min_value=1, max_value=999_999_999),
    unit=st.sampled_from(sorted(SECONDS)),
)
def test_every_duration_keeps_its_number_in_every_language(language: str, amount: int, unit: str) -> None:
    words = load_texts(language).duration(Duration(amount, unit))

    # In East Asia the unit follows the number without a space.
    words = re.sub("(?<=[0-9])(?=[\u2e80-\ud7ff])", " ", words)
    spelled = plural_category(language, amount) in RULES[language].spelled
    number, _, noun = (str(amount), "", words) if spelled else words.partition(" ")
    # Maltese joins the article to the numbers from 11 to 19: "12-il xahar".
    assert number == str(amount) or (language, number) == ("mt", f"{amount}-il")
    # Letters and the marks upon them; Irish sets a hyphen after a prefixed "n" and "t".
    letters = re.sub("(?<=[^ -])[ -](?=[^ -])", "", noun)
    assert letters
    assert {unicodedata.category(char)[0] for char in letters} <= {"L", "M"}


def test_a_lifetime_is_a_duration_or_one_of_two_names() -> None:
    texts = load_texts("en")

    assert texts.lifetime(Duration(13, "month")) == "13 months"
    assert texts.lifetime("session") == "Until you close the browser"
    assert texts.lifetime("until-deleted") == "Until it is deleted"


def test_a_sites_own_wording_replaces_single_strings_and_leaves_the_rest() -> None:
    shipped = load_texts("en")
    own = shipped.with_overrides(
        {
            "ui": {"privacy_notice": "Privacy policy"},
            "kinds": {"cookie": "Small file"},
            "lifetimes": {"session": "For this visit"},
            "durations": {"day": {"1": "a day"}},
            "errors": {"malformed": "Unreadable."},
            "categories": {"analytics": {"name": "Statistics"}},
        }
    )

    assert own.text("privacy_notice") == "Privacy policy"
    assert own.kind("cookie") == "Small file"
    assert own.lifetime("session") == "For this visit"
    assert own.duration(Duration(1, "day")) == "a day"
    assert own.error("malformed") == "Unreadable."
    assert own.categories["analytics"]["name"] == "Statistics"

    assert own.text("save") == shipped.text("save")
    assert own.duration(Duration(2, "day")) == "2 days"
    assert own.categories["analytics"]["purpose"] == shipped.categories["analytics"]["purpose"]
    assert own.categories["essential"] == shipped.categories["essential"]
    assert (own.language, own.name, own.direction) == ("en", "English", "ltr")


def test_overriding_changes_a_copy_only() -> None:
    load_texts("en").with_overrides({"ui": {"save": "Keep these"}, "categories": {"own": {"name": "Own"}}})

    assert load_texts("en").text("save") == "Save choices"
    assert "own" not in load_texts("en").categories


@pytest.mark.parametrize("language", available_languages())
def test_no_override_is_the_same_texts(language: str) -> None:
    assert load_texts(language).with_overrides({}) == load_texts(language)


#
@pytest.mark.parametrize("language", available_languages())
def test_a_renamed_settings_link_is_called_by_its_new_name_wherever_it_is_named(language: str) -> None:
    shipped = load_texts(language)
    own = shipped.with_overrides({"ui": {"cookie_settings": "Renamed"}})

    for key in ("banner_withdraw", "confirmation_change", "withdraw_text"):
        assert "Renamed" in own.text(key)
        assert shipped.text("cookie_settings") not in own.text(key)


def test_a_label_with_braces_is_not_filled_again() -> None:
    own = load_texts("en").with_overrides({"ui": {"cookie_settings": "{save}"}})

    assert "“{save}”" in own.text("banner_withdraw")


@pytest.mark.parametrize("language", available_languages())
def test_a_label_itself_has_no_placeholder(language: str) -> None:
    assert [label for label in sorted(LABELS) if placeholders(load_texts(language).ui[label])] == []


@pytest.mark.parametrize(
    ("language", "separator"),
    [("en", ", "), ("he", ", "), ("ar", "\u060c "), ("ja", "\u3001"), ("zh-Hant", "\u3001")],
)
def test_a_list_has_the_commas_of_its_language(language: str, separator: str) -> None:
    assert load_texts(language).separator == separator


def test_texts_cannot_be_changed_in_place() -> None:
    texts = load_texts("en")

    with pytest.raises(FrozenInstanceError):
        texts.language = "fr"  # type: ignore[misc]
    for table in (texts.ui, texts.kinds, texts.lifetimes, texts.errors, texts.durations, texts.categories):
        with pytest.raises(TypeError):
            cast("dict[str, Any]", table)["new"] = "text"
    with pytest.raises(TypeError):
        cast("dict[str, Any]", texts.categories["analytics"])["name"] = "text"

"""The values of a policy: texts know their language, names are one namespace, globs are exact."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from fnmatch import fnmatchcase
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.errors import UnknownNameError
from consentkit.policy.local_text import LocalText, Phrase
from consentkit.policy.model import Policy, glob_matcher

Parse = Callable[[str], Policy]

TWO_CATEGORIES = """
[categories.essential]
cookies = [{ name = "session", purpose = "Keeps you signed in.", expires_after = "session" }]
[categories.analytics]
cookies = [{ name = "_own", expires_after = "1 day" }]
[services.counter]
category = "analytics"
provider = "Counting Ltd"
cookies = [{ name = "_ct", expires_after = "1 day" }]
"""


@pytest.mark.parametrize(
    ("texts", "asked", "expected"),
    [
        ({"en": "a", "cy": "b"}, "cy", Phrase("b", "cy")),
        ({"en": "a", "cy": "b"}, "de", Phrase("b", "cy")),
        ({"en": "a", "fr": "b"}, "de", Phrase("a", "en")),
        ({"it": "a", "fr": "b"}, "de", Phrase("a", "it")),
        ({"en": "a", "de": "b"}, "de-AT", Phrase("b", "de")),
        ({"de": "a", "de-AT": "b"}, "de-AT", Phrase("b", "de-AT")),
        ({"de-AT": "a", "en": "b"}, "de", Phrase("b", "en")),
        ({"en": "a", "pt-br": "b"}, "pt-BR", Phrase("b", "pt-br")),
        ({"en": "a", "zh-Hans": "b", "zh-Hant": "c"}, "zh-TW", Phrase("c", "zh-Hant")),
        ({"en": "a", "zh-TW": "b"}, "zh-Hant", Phrase("b", "zh-TW")),
        ({"en": "a", "es": "b", "es-419": "c"}, "es-MX", Phrase("c", "es-419")),
        ({"en": "a", "nn": "b", "nb": "c"}, "no", Phrase("c", "nb")),
        ({"en": "a", "nb": "b"}, "nn", Phrase("b", "nb")),
        ({"en": "a", "he": "b"}, "iw", Phrase("b", "he")),
    ],
)
def test_a_phrase_says_which_language_it_is_really_in(
    texts: dict[str, str], asked: str, expected: Phrase
) -> None:
    assert LocalText(texts, default="cy").phrase(asked) == expected


def test_a_name_leads_to_its_category(parse: Parse) -> None:
    policy = parse(TWO_CATEGORIES)

    assert policy.category_of("analytics").id == policy.category_of("counter").id == "analytics"
    assert policy.names == {"essential", "analytics", "counter"}


#
def test_every_service_belongs_to_exactly_one_category(parse: Parse) -> None:
    policy = parse(TWO_CATEGORIES)
    members = [service.id for category in policy.categories for service in category.services]

    assert sorted(members) == sorted(policy.services)


def test_an_undeclared_name_is_an_error_with_the_closest_one(parse: Parse) -> None:
    with pytest.raises(UnknownNameError) as caught:
        parse(TWO_CATEGORIES).category_of("analitycs")

    assert caught.value.suggestion == "analytics"


def test_the_items_of_a_category_are_its_own_and_those_of_its_services(parse: Parse) -> None:
    policy = parse(TWO_CATEGORIES)

    assert [item.name for item in policy.items_of(policy.by_id["analytics"])] == ["_own", "_ct"]
    assert [item.name for item in policy.items_of(policy.by_id["essential"])] == ["session"]


def test_visitors_are_asked_about_optional_categories_alone(parse: Parse) -> None:
    assert [category.id for category in parse(TWO_CATEGORIES).optional] == ["analytics"]


def test_a_policy_cannot_be_changed(parse: Parse) -> None:
    policy: Any = parse(TWO_CATEGORIES)

    with pytest.raises(FrozenInstanceError):
        policy.categories = ()
    with pytest.raises(TypeError):
        policy.texts["en"] = None
    with pytest.raises(TypeError):
        cast("Any", policy.by_id["analytics"].name.by_language)["en"] = "Other"


@pytest.mark.parametrize(
    ("globs", "name", "expected"),
    [
        (["_ga_*"], "_ga_ABC", True),
        (["_ga_*"], "_ga", False),
        (["_ga_*"], "_GA_ABC", False),
        (["_ga_*"], "x_ga_ABC", False),
        (["a", "b?"], "bc", True),
        (["a", "b?"], "bcd", False),
        (["__utm[abc]"], "__utmb", True),
        (["__utm[abc]"], "__utmd", False),
        (["a.c"], "abc", False),
        (["a"], "a\n", False),
        ([], "", False),
    ],
)
def test_a_glob_covers_a_whole_name_with_case(globs: list[str], name: str, *, expected: bool) -> None:
    assert bool(glob_matcher(globs).match(name)) is expected


@given(st.lists(st.text("ab*?[]!-_.", max_size=6), max_size=3), st.text("ab[]!-_.", max_size=6))
def test_several_globs_cover_what_any_of_them_covers(globs: list[str], name: str) -> None:
    matcher = glob_matcher(globs)

    assert isinstance(matcher, re.Pattern)
    assert bool(matcher.match(name)) == any(fnmatchcase(name, glob) for glob in globs)


EXEMPT = """
[categories.statistics]
essential = true
exemption = "{exemption}"
name = "Statistics"
purpose = "Count visits."
[services.counter]
category = "statistics"
provider = "Counting Ltd"
reason = "Counts visits."
[categories.marketing]
"""


#
@pytest.mark.parametrize("exemption", ["uk-statistics", "uk-appearance", "fr-audience-measurement"])
def test_three_exemptions_give_a_right_to_object(parse: Parse, exemption: str) -> None:
    policy = parse(EXEMPT.format(exemption=exemption))

    assert [category.id for category in policy.objectable] == ["statistics"]
    assert [category.id for category in policy.optional] == ["marketing"]
    assert [category.id for category in policy.refusable] == ["statistics", "marketing"]
    assert policy.refusable_names == {"statistics", "counter", "marketing"}


#
@pytest.mark.parametrize("exemption", ["communication", "requested-service", "uk-emergency"])
def test_the_others_do_not(parse: Parse, exemption: str) -> None:
    policy = parse(EXEMPT.format(exemption=exemption))

    assert policy.objectable == ()
    assert policy.refusable == policy.optional
    assert not policy.by_id["essential"].objectable

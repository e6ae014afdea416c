"""What a tag means, and what it falls back to: finite, in order, and never to another language."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consentkit.policy.texts.tags import by_name, current, parents, serving

TAGS = (
    "en",
    "en-GB",
    "pt-BR",
    "zh",
    "zh-TW",
    "zh-Hant",
    "zh-Hans-CN",
    "no",
    "nb",
    "nn-NO",
    "es-MX",
    "es-419",
    "iw",
)

NORWEGIAN = {"nb": "no", "nn": "no"}

languages = st.lists(st.sampled_from(TAGS), unique=True).map(tuple)


def first(tag: str) -> str:
    return current(tag).partition("-")[0]


@pytest.mark.parametrize(
    ("tag", "wider"),
    [
        ("", []),
        ("en", ["en"]),
        ("en-gb", ["en-gb", "en"]),
        ("zh-hant-tw", ["zh-hant-tw", "zh-hant", "zh"]),
        ("zh-tw", ["zh-tw", "zh-hant-tw", "zh-hant", "zh"]),
        ("zh-sg", ["zh-sg", "zh-hans-sg", "zh-hans", "zh"]),
        ("zh-tw-x-own", ["zh-tw-x-own", "zh-tw", "zh-hant-tw", "zh-hant", "zh"]),
        ("zh-au", ["zh-au", "zh"]),
        ("es-pe", ["es-pe", "es-419", "es"]),
        ("es-es", ["es-es", "es"]),
        ("nb-no", ["nb-no", "nb", "no"]),
        ("sr-latn", ["sr-latn", "sr"]),
        ("de-u-co-phonebk", ["de-u-co-phonebk", "de-u-co", "de"]),
        ("a-b-cd", ["a-b-cd"]),
        ("x-own", ["x-own"]),
    ],
)
def test_a_tag_falls_back_to_what_it_means_and_then_to_wider_ones(tag: str, wider: list[str]) -> None:
    assert list(parents(tag)) == wider


@given(tag=st.text(alphabet="-abx1") | st.text() | st.sampled_from(TAGS))
@example(tag="a-" * 500)
@example(tag="-" * 500)
def test_any_text_has_finitely_many_wider_ones_each_of_them_once(tag: str) -> None:
    found = list(parents(current(tag)))

    assert found[:1] == [current(tag)][: len(found)]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("tag", "in_force"),
    [
        ("iw", "he"),
        ("IW-il", "he-il"),
        ("in-ID", "id-id"),
        ("ji", "yi"),
        ("mo-MD", "ro-md"),
        ("sh", "sr-latn"),
        ("sh-BA", "sr-latn-ba"),
        ("ini", "ini"),
        ("zh-MO", "zh-mo"),
        ("hi-in", "hi-in"),
        ("", ""),
    ],
)
def test_a_deprecated_language_code_is_replaced_and_nothing_else_is(tag: str, in_force: str) -> None:
    assert current(tag) == in_force
    assert current(in_force) == in_force


@given(tags=languages)
def test_every_tag_answers_to_its_own_name(tags: tuple[str, ...]) -> None:
    names = by_name(tags)

    assert [names[current(tag)] for tag in tags] == list(tags)
    assert set(names.values()) == set(tags)


@given(tags=languages, wanted=st.sampled_from(TAGS) | st.text())
def test_only_a_tag_of_the_same_language_serves(tags: tuple[str, ...], wanted: str) -> None:
    found = serving(current(wanted), by_name(tags))

    if found is not None:
        assert found in tags
        assert NORWEGIAN.get(first(found), first(found)) == NORWEGIAN.get(first(wanted), first(wanted))


def test_a_variant_answers_for_its_script_or_region_but_not_for_the_whole_language() -> None:
    assert dict(by_name(("pt-BR", "zh-TW", "es-MX"))) == {
        "pt-br": "pt-BR",
        "zh-tw": "zh-TW",
        "zh-hant-tw": "zh-TW",
        "zh-hant": "zh-TW",
        "es-mx": "es-MX",
        "es-419": "es-MX",
    }

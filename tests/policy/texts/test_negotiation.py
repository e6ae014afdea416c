"""Any Accept-Language header chooses one of the site's languages."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from consentkit.policy.texts import negotiate

TAGS = ("en", "cy", "de", "fr", "pt-BR", "zh-Hant", "zh-Hans-CN", "sr-Latn", "es-419", "nb", "nn", "he")

offers = st.lists(st.sampled_from(TAGS), min_size=1, unique=True)
ranges = st.builds(
    "{}{}{}".format,
    st.sampled_from(
        [*TAGS, "en-GB", "pt", "zh", "zh-Hant-TW", "zh-HK", "no", "iw", "*", "x", "e n", "ü", ""]
    ),
    st.sampled_from(["", ";", ";q=", " ; q=", ";Q=", ";level=1"]),
    st.sampled_from(["", "0", "0.000", "0.5", "0.9", "1", "1.1", "-1", "nan", "1e9", "٣"]),
)
headers = st.lists(ranges).map(",".join)


#
@given(header=st.none() | st.text() | headers, offered=offers)
@example(header="," * 100_000, offered=["en"])
@example(header="a-" * 100_000, offered=["en"])
@example(header="\x00;q=\ud800", offered=["en"])
def test_every_header_chooses_one_of_the_offered_languages(header: str | None, offered: list[str]) -> None:
    assert negotiate(header, offered) in offered


@given(offered=offers, data=st.data())
def test_a_language_that_is_offered_is_chosen_in_any_case(offered: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.sampled_from(offered))

    assert negotiate(wanted.upper(), offered) == wanted
    assert negotiate(f"xx, {wanted.lower()};q=0.1", offered) == wanted


@given(offered=offers, data=st.data())
def test_an_excluded_language_is_not_chosen_while_another_is_left(
    offered: list[str], data: st.DataObject
) -> None:
    assume(len(offered) > 1)
    refused = data.draw(st.sampled_from(offered))

    assert negotiate(f"{refused};q=0", offered) != refused
    assert negotiate(f"*, {refused};q=0.000", offered) != refused


@pytest.mark.parametrize("header", [None, "", " ", ",", "xx", "*", "*;q=0", "en;q=0, cy;q=0, fr;q=0"])
def test_a_header_that_asks_for_nothing_on_offer_means_the_first_language(header: str | None) -> None:
    assert negotiate(header, ["en", "cy", "fr"]) == "en"


@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("fr-CA, fr;q=0.8, en;q=0.5", ["en", "fr"], "fr"),
        ("fr;q=0.5, en;q=0.8", ["fr", "en"], "en"),
        ("cy-GB,cy;q=0.9,en;q=0.8", ["en", "cy"], "cy"),
        ("cy , fr", ["en", "fr", "cy"], "cy"),
        ("en;q=0.1\t;, cy ; Q=0.2", ["en", "cy"], "cy"),
        ("de;q=0.9, fr;q=1.0", ["de", "fr"], "fr"),
        ("de;q=0.998, fr;q=0.999", ["de", "fr"], "fr"),
    ],
)
def test_the_offered_language_of_the_greatest_weight_is_chosen(
    header: str, offered: list[str], chosen: str
) -> None:
    assert negotiate(header, offered) == chosen


@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("cy-GB", ["en", "cy"], "cy"),
        ("zh-Hant-TW", ["en", "zh", "zh-Hant"], "zh-Hant"),
        ("zh-Hant-x-private", ["en", "zh-Hant"], "zh-Hant"),
        ("fr-CA, en", ["en", "fr"], "fr"),
    ],
)
def test_a_variant_finds_its_wider_language(header: str, offered: list[str], chosen: str) -> None:
    assert negotiate(header, offered) == chosen


@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("pt-br", ["en", "pt", "pt-BR"], "pt-BR"),
        ("pt", ["en", "pt-BR"], "pt-BR"),
        ("pt", ["en", "pt-BR", "pt"], "pt"),
        ("pt", ["en", "pt-PT", "pt-BR"], "pt-PT"),
        ("pt-PT, pt;q=0.9, en;q=0.8", ["en", "pt-BR"], "pt-BR"),
        ("pt-PT, en", ["en", "pt-BR"], "en"),
        ("p", ["en", "pt-BR"], "en"),
    ],
)
def test_a_wide_language_finds_a_variant_when_its_own_tag_is_not_offered(
    header: str, offered: list[str], chosen: str
) -> None:
    assert negotiate(header, offered) == chosen


#
@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", ["en", "zh-Hans", "zh-Hant"], "zh-Hant"),
        ("zh-HK,zh;q=0.9,en-US;q=0.8,en;q=0.7", ["en", "zh-Hans", "zh-Hant"], "zh-Hant"),
        ("zh-MO", ["en", "zh-Hans", "zh-Hant"], "zh-Hant"),
        ("zh-CN,zh;q=0.9,en;q=0.8", ["en", "zh-Hant", "zh-Hans"], "zh-Hans"),
        ("zh-SG", ["en", "zh-Hant", "zh-Hans"], "zh-Hans"),
        ("zh-my", ["en", "zh-Hant", "zh-Hans"], "zh-Hans"),
        ("zh", ["en", "zh-Hant", "zh-Hans"], "zh-Hans"),
        ("zh", ["en", "zh-Hant", "zh-Hans-CN"], "zh-Hans-CN"),
        ("zh", ["en", "zh-TW", "zh-CN"], "zh-CN"),
        ("zh-HK", ["en", "zh-CN", "zh-TW"], "zh-TW"),
        ("zh-Hant", ["en", "zh-CN", "zh-TW"], "zh-TW"),
        ("zh-Hans-SG", ["en", "zh-TW", "zh-CN"], "zh-CN"),
        ("zh-TW", ["en", "zh-Hant-HK", "zh-Hant-TW"], "zh-Hant-TW"),
        ("zh-TW", ["en", "zh-CN", "zh"], "zh"),
        ("zh-TW", ["en", "zh-Hans"], "zh-Hans"),
        ("zh-CN", ["en", "zh-Hant"], "zh-Hant"),
        ("zh-TW", ["en", "cy"], "en"),
    ],
)
def test_a_country_means_the_script_that_chinese_is_written_in_there(
    header: str, offered: list[str], chosen: str
) -> None:
    assert negotiate(header, offered) == chosen


#
@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en-US;q=0.6,en;q=0.5", ["en", "nn", "nb"], "nb"),
        ("no", ["en", "nn", "nb"], "nb"),
        ("no-NO", ["en", "nn", "nb-NO"], "nb-NO"),
        ("no", ["en", "nn"], "nn"),
        ("nb", ["en", "nn"], "nn"),
        ("nn-NO", ["en", "nb"], "nb"),
        ("nn", ["en", "nb-NO"], "nb-NO"),
        ("nn", ["en", "nb", "no"], "no"),
        ("nb", ["en", "no"], "no"),
        ("nb, en;q=0.5", ["en", "nn"], "nn"),
        ("nb, en;q=0.5", ["en", "da"], "en"),
        ("nb", ["en", "n"], "en"),
    ],
)
def test_norwegian_is_bokmal_and_each_of_its_two_forms_serves_readers_of_the_other(
    header: str, offered: list[str], chosen: str
) -> None:
    assert negotiate(header, offered) == chosen


#
@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", ["en", "es", "es-419"], "es-419"),
        ("es-ar", ["en", "es", "es-419"], "es-419"),
        ("es-US", ["en", "es", "es-419"], "es-419"),
        ("es-AR", ["en", "es", "es-MX"], "es-MX"),
        ("es-419", ["en", "es", "es-MX"], "es-MX"),
        ("es-MX", ["en", "es", "es-AR", "es-MX"], "es-MX"),
        ("es-CO", ["en", "es"], "es"),
        ("es-ES", ["en", "es-419", "es"], "es"),
        ("es", ["en", "es-419", "es"], "es"),
        ("es", ["en", "es-419"], "es-419"),
        ("es-PH", ["en", "es-419", "es"], "es"),
        ("es-ES, en", ["en", "es-419"], "en"),
    ],
)
def test_spanish_of_a_country_in_latin_america_is_that_of_latin_america_before_that_of_spain(
    header: str, offered: list[str], chosen: str
) -> None:
    assert negotiate(header, offered) == chosen


@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("iw", ["en", "he"], "he"),
        ("iw-IL", ["en", "he-IL"], "he-IL"),
        ("IW", ["en", "he-IL"], "he-IL"),
        ("he-IL", ["en", "iw"], "iw"),
        ("in-ID", ["en", "id"], "id"),
        ("ji", ["en", "yi"], "yi"),
        ("mo-MD", ["en", "ro"], "ro"),
        ("sh", ["en", "sr", "sr-Latn"], "sr-Latn"),
        ("sh-BA", ["en", "sr"], "sr"),
        ("ini", ["en", "id"], "en"),
    ],
)
def test_a_deprecated_code_means_the_one_in_force(header: str, offered: list[str], chosen: str) -> None:
    assert negotiate(header, offered) == chosen


@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("zh-Hant;q=0, zh", ["zh-TW", "zh-CN"], "zh-CN"),
        ("zh;q=0", ["zh-TW", "en"], "en"),
        ("zh;q=0, zh-HK", ["en", "zh-TW"], "en"),
        ("zh-TW;q=0, zh-HK", ["en", "zh-Hant"], "zh-Hant"),
        ("es-419;q=0, es", ["es-MX", "es"], "es"),
        ("no;q=0", ["nb", "en"], "en"),
        ("no;q=0, nb", ["en", "nb"], "nb"),
        ("nb;q=0, no", ["en", "nb", "nn"], "nn"),
        ("nb;q=0, no", ["en", "nb"], "en"),
        ("iw;q=0", ["he", "en"], "en"),
        ("he;q=0", ["iw-IL", "en"], "en"),
    ],
)
def test_what_a_tag_means_is_excluded_with_it(header: str, offered: list[str], chosen: str) -> None:
    assert negotiate(header, offered) == chosen


@pytest.mark.parametrize(
    "offered", [["zh-TW", "zh-Hant", "zh"], ["zh", "zh-Hant", "zh-TW"], ["no", "nn", "nb"]]
)
def test_a_tag_that_is_offered_itself_comes_before_all_that_mean_the_same(offered: list[str]) -> None:
    assert [negotiate(tag, offered) for tag in offered] == offered
    assert [negotiate(tag, ["en", *offered]) for tag in offered] == offered


@pytest.mark.parametrize(
    ("header", "offered", "chosen"),
    [
        ("en;q=0", ["en", "cy"], "cy"),
        ("en;q=0, *", ["en", "cy"], "cy"),
        ("en-GB, en;q=0, cy;q=0.1", ["en", "cy"], "cy"),
        ("en-GB;q=0, en", ["en-GB", "en-US"], "en-US"),
        ("en;q=0, en-GB", ["fr", "en-GB"], "en-GB"),
        ("pt, pt-BR;q=0", ["en", "pt-BR"], "en"),
    ],
)
def test_a_weight_of_zero_excludes_a_language_but_not_a_narrower_one_that_is_asked_for(
    header: str, offered: list[str], chosen: str
) -> None:
    assert negotiate(header, offered) == chosen


@pytest.mark.parametrize(
    "malformed",
    [
        "fr;q=2",
        "fr;q=1.001",
        "fr;q=-1",
        "fr;q=nan",
        "fr;q=0.1234",
        "fr;q",
        "fr;",
        "fr;level=1",
        "fr;q=1;q=1",
        "f r",
        "fr_CA",
        "fr-",
        "-fr",
        "fr--CA",
        "français",
        "fr;q=\u0661",
        "fr\u00a0",
        "abcdefghi",
        "fr\x00",
    ],
)
def test_a_malformed_part_is_ignored_and_the_others_count(malformed: str) -> None:
    assert negotiate(malformed, ["en", "fr", "cy"]) == "en"
    assert negotiate(f"{malformed}, cy;q=0.1", ["en", "fr", "cy"]) == "cy"


def test_only_the_start_of_an_overlong_header_is_read() -> None:
    padding = "xxxxxxxx-xxxxxxxx-xxxxxxx," * 39  # 26 characters each

    assert negotiate(f"{padding[:988]},cy,en", ["en", "fr", "cy"]) == "cy"
    assert negotiate(f"{padding},cy", ["en", "fr", "cy"]) == "en"


def test_a_range_that_the_cap_cuts_in_two_is_ignored() -> None:
    start = "x" * 997 + ","

    assert negotiate(f"{start}fr", ["en", "fr"]) == "fr"
    assert negotiate(f"{start}frr", ["en", "fr"]) == "en"


def test_only_the_first_fifty_ranges_are_read() -> None:
    assert negotiate("xx," * 49 + "cy", ["en", "cy"]) == "cy"
    assert negotiate("xx," * 50 + "cy", ["en", "cy"]) == "en"

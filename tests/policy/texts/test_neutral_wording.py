"""The shipped wording neither persuades nor hides: a linter over every language."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.policy.texts.rules import RULES, Rules

from consentkit.policy.texts import Texts, available_languages, load_texts

if TYPE_CHECKING:
    from collections.abc import Iterator


GRANTS_AND_DENIALS: Final = (("accept_all", "reject_all"), ("accept", "reject"))
BUTTONS: Final = ("accept_all", "reject_all", "accept", "reject", "manage", "save", "hide")

# Only these may say that something is needed: they speak of what is asked of nobody.
MAY_SAY_NEEDED: Final = {
    "ui.banner_intro",
    "ui.page_intro",
    "categories.essential.name",
    "categories.essential.purpose",
}

# Everything on the banner except the list of purposes.
FIRST_LAYER: Final = (
    "banner_heading",
    "banner_intro",
    "banner_providers",
    "banner_providers_link",
    "banner_withdraw",
    "gpc_honoured",
    "accept_all",
    "reject_all",
    "manage",
)


def strings(texts: Texts) -> Iterator[tuple[str, str]]:
    for table in ("ui", "kinds", "lifetimes", "errors"):
        for key, text in getattr(texts, table).items():
            yield f"{table}.{key}", text
    for category, entry in texts.categories.items():
        for key, text in entry.items():
            yield f"categories.{category}.{key}", text


def button_faults(texts: Texts, rules: Rules) -> Iterator[str]:
    for granting, denying in GRANTS_AND_DENIALS:
        accept, reject = texts.text(granting).casefold(), texts.text(denying).casefold()
        accept_frame = rules.framed(accept, rules.accept)
        reject_frame = rules.framed(reject, rules.reject)
        for key, frame in ((granting, accept_frame), (denying, reject_frame)):
            if "VERB" not in frame:
                yield f"ui.{key}: no plain verb"
        if accept_frame != reject_frame:
            yield f"ui.{granting}, ui.{denying}: not of one form"
        if abs(len(accept) - len(reject)) > 12:
            yield f"ui.{granting}, ui.{denying}: lengths differ"
    for key in BUTTONS:
        if re.fullmatch(r"ok(ay)?|[^\w]+", texts.text(key), re.IGNORECASE):
            yield f"ui.{key}: says nothing"


def sentence_faults(texts: Texts, rules: Rules) -> Iterator[str]:
    for key, text in strings(texts):
        if "!" in text or any(unicodedata.category(char) == "So" for char in text):
            yield f"{key}: exclamation mark or picture"
        if re.search(rules.vague, text, re.IGNORECASE):
            yield f"{key}: persuades or promises"
        if key not in MAY_SAY_NEEDED and re.search(rules.needed, text, re.IGNORECASE):
            yield f"{key}: says that something optional is needed"


def layer_faults(texts: Texts, rules: Rules) -> Iterator[str]:
    filled = {
        "site": "The Example Site",
        "controller": "Example Public Body",
        "count": "12",
        "categories": "A, B",
    }
    words = sum(len(rules.words(texts.text(key, **filled))) for key in FIRST_LAYER)
    if words > (120 if rules.spaces else 300):
        yield f"first layer: {words} words"
    if not re.search(rules.any_time, texts.text("banner_withdraw"), re.IGNORECASE):
        yield "ui.banner_withdraw: does not say that a choice can be changed at any time"
    if texts.text("cookie_settings") not in texts.text("banner_withdraw"):
        yield "ui.banner_withdraw: does not say where"
    withdrawal = texts.text("withdraw_text")
    if not (re.search(rules.withdraw, withdrawal) and re.search(rules.any_time, withdrawal)):
        yield "ui.withdraw_text: does not name the right to withdraw"
    for label in ("cookie_settings", "reject_all", "reject", "save"):
        if texts.text(label) not in withdrawal:
            yield f"ui.withdraw_text: does not name {label}"


def faults(texts: Texts) -> set[str]:
    rules = RULES[texts.language]
    return {*button_faults(texts, rules), *sentence_faults(texts, rules), *layer_faults(texts, rules)}


# R-6 R-81
@pytest.mark.parametrize("language", available_languages())
def test_the_shipped_wording_is_neutral_and_says_how_to_withdraw(language: str) -> None:
    assert faults(load_texts(language)) == set()


# R-6 R-81
@pytest.mark.parametrize(
    ("language", "overrides", "fault"),
    [
        ("en", {"ui": {"accept_all": "OK"}}, "ui.accept_all: no plain verb"),
        ("en", {"ui": {"accept_all": "OK"}}, "ui.accept_all: says nothing"),
        ("en", {"ui": {"reject_all": "Continue without"}}, "ui.reject_all: no plain verb"),
        ("en", {"ui": {"reject_all": "Reject"}}, "ui.accept_all, ui.reject_all: not of one form"),
        ("en", {"ui": {"reject": "Reject this kind of cookie"}}, "ui.accept, ui.reject: lengths differ"),
        ("en", {"ui": {"banner_intro": "We value your privacy."}}, "ui.banner_intro: persuades or promises"),
        ("en", {"ui": {"banner_heading": "Cookies!"}}, "ui.banner_heading: exclamation mark or picture"),
        ("en", {"ui": {"banner_heading": "\U0001f36a"}}, "ui.banner_heading: exclamation mark or picture"),
        ("en", {"ui": {"banner_intro": "word " * 120}}, "first layer: "),
        ("en", {"ui": {"banner_withdraw": "Cookie settings"}}, "ui.banner_withdraw: does not say that"),
        (
            "en",
            {"ui": {"banner_withdraw": "Change this at any time."}},
            "ui.banner_withdraw: does not say where",
        ),
        ("en", {"ui": {"withdraw_text": "Write to us."}}, "ui.withdraw_text: does not name the right"),
        (
            "en",
            {"ui": {"withdraw_text": "Withdraw at any time."}},
            "ui.withdraw_text: does not name reject_all",
        ),
        (
            "en",
            {"categories": {"analytics": {"purpose": "Necessary to count visits."}}},
            "categories.analytics.purpose: says that something optional is needed",
        ),
        ("cy", {"ui": {"accept_all": "Iawn"}}, "ui.accept_all: persuades or promises"),
        ("de", {"ui": {"accept_all": "Verstanden"}}, "ui.accept_all: no plain verb"),
        ("de", {"ui": {"accept_all": "Akzeptiere alle"}}, "ui.accept_all: no plain verb"),
        ("fr", {"ui": {"reject_all": "Continuer sans accepter"}}, "ui.reject_all: no plain verb"),
        ("fr", {"ui": {"reject_all": "Je refuse"}}, "ui.accept_all, ui.reject_all: not of one form"),
    ],
)
def test_wording_that_steers_is_found(language: str, overrides: dict[str, Any], fault: str) -> None:
    found = faults(load_texts(language).with_overrides(overrides))

    assert any(entry.startswith(fault) for entry in found), found


# R-6
@pytest.mark.parametrize("language", available_languages())
def test_the_buttons_of_one_language_all_say_something_different(language: str) -> None:
    labels = [load_texts(language).text(key).casefold() for key in BUTTONS]

    assert len(set(labels)) == len(labels)


# R-6
@pytest.mark.parametrize("language", available_languages())
def test_accepting_and_rejecting_are_confirmed_in_the_same_words(language: str) -> None:
    texts, rules = load_texts(language), RULES[language]
    granted, denied = (rules.words(texts.text(f"confirmation_{end}")) for end in ("granted", "denied"))

    assert len(granted) == len(denied)
    assert sum(one != other for one, other in zip(granted, denied, strict=True)) == rules.verb_words

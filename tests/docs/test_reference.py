"""What a user can name is on the page where it is looked up."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Final

import pytest

import consentkit
from consentkit import ConsentMiddleware, fastapi, starlette, testing
from consentkit.consent.model import Consent
from consentkit.policy.duration import SECONDS
from consentkit.policy.schema import ConsentFile
from consentkit.policy.texts import LABELS, available_languages, load_texts
from consentkit.policy.theme import THEMES, Position
from consentkit.ui.assets import load_stylesheet

DOCS: Final = Path(__file__).parents[2] / "docs"


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def says(page: str, name: str) -> bool:
    """Return whether a page names something in code: alone, or as the start of a call or a path."""
    return re.search(rf"`[^`\n]*(?<![\w-]){re.escape(name)}(?![\w-])[^`\n]*`", read(page)) is not None


def public_names() -> set[str]:
    """Return what the modules for users define; what they only import is found where it comes from."""
    names = {
        name for name in vars(consentkit) if name[0].isupper() or name in ("load_policy", "parse_policy")
    }
    for module in (starlette, fastapi, testing):
        names |= {
            name
            for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
        }
    return names | {"ConsentDep"}


@pytest.mark.parametrize("name", sorted(public_names()))
def test_every_public_name_is_explained_to_developers(name: str) -> None:
    assert says("developers.md", name)


def test_the_list_of_public_names_finds_the_known_ones() -> None:
    known = {"Consent", "ConsentMiddleware", "consent_from", "ConsentExtension", "requires_consent"}
    assert known | {"consent_cookies", "load_policy", "SecretKeyError"} <= public_names()


@pytest.mark.parametrize("name", [name for name in vars(Consent) if not name.startswith("_")])
def test_every_member_of_a_consent_is_explained_to_developers(name: str) -> None:
    assert says("developers.md", name)


@pytest.mark.parametrize("name", sorted({*inspect.signature(ConsentMiddleware).parameters} - {"app"}))
def test_every_option_of_the_middleware_has_its_consequence_in_the_table(name: str) -> None:
    assert re.search(rf"^\| `{name}` \| .{{40,}} \|$", read("developers.md"), re.MULTILINE)


def test_no_option_is_documented_that_does_not_exist() -> None:
    table = read("developers.md").partition("| option |")[2].partition("\n\n")[0]
    options = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    assert options == {*inspect.signature(ConsentMiddleware).parameters} - {"app"}


@pytest.mark.parametrize("name", ["consent", "consent_banner", "consent_head", "consent_link", "consent_url"])
def test_every_template_function_is_explained_to_developers(name: str) -> None:
    assert says("developers.md", f"{name}()")


def test_every_section_of_consent_toml_has_a_table() -> None:
    headings = re.findall(r"^### `\[(\w+)", read("operators.md"), re.MULTILINE)
    assert set(ConsentFile.model_fields) == set(headings)


def test_operators_read_which_categories_units_and_languages_there_are() -> None:
    for name in (*load_texts("en").categories, *SECONDS, *available_languages()):
        assert says("operators.md", name), name


def test_the_labels_that_a_text_may_quote_are_all_named() -> None:
    listed = read("texts.md").partition("and the labels\n")[2].partition(", which stand for")[0]
    assert set(re.findall(r"`\{(\w+)\}`", listed)) == LABELS


@pytest.mark.parametrize("code", sorted({*load_texts("en").errors, "method-not-allowed", "consent-required"}))
def test_every_code_is_in_the_table_of_codes(code: str) -> None:
    assert re.search(rf"^\| `{code}` \| 4\d\d \| ", read("endpoints.md"), re.MULTILINE)


def test_no_code_is_documented_that_the_source_does_not_have() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in Path(consentkit.__path__[0]).rglob("*.py"))
    codes = re.findall(r"^\| `([a-z-]+)` \| 4\d\d \| ", read("endpoints.md"), re.MULTILINE)
    assert [code for code in codes if f'"{code}"' not in source] == []


def test_the_custom_properties_are_those_of_the_stylesheet() -> None:
    looks = [
        replace(theme, font=("serif",), position=position)
        for theme in THEMES.values()
        for position in Position
    ]
    stylesheets = "".join(load_stylesheet(look).text for look in looks)
    table = re.findall(r"^\| `(--consentkit-[a-z-]+)` \|", read("developers.md"), re.MULTILINE)
    assert sorted(table) == sorted(set(re.findall(r"--consentkit-[a-z-]+", stylesheets)))


def test_every_ready_theme_and_every_position_has_a_row() -> None:
    rows = re.findall(r'^\| `"([a-z]+)"` \| .{20,} \|$', read("operators.md"), re.MULTILINE)
    assert rows == [*THEMES, *Position]


def test_every_template_that_a_site_may_replace_is_in_the_table() -> None:
    folder = files("consentkit.ui") / "templates"
    shipped = {entry.name for entry in folder.iterdir()} - {"parts.html"}  # macros, only for import
    table = re.findall(r"^\| `([\w-]+\.html)` \|", read("operators.md"), re.MULTILINE)
    assert set(table) == shipped

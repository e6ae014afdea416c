#!/usr/bin/env python3
"""Write the tables in ``docs/`` that follow from the code, or with ``--check`` say which are stale.

A table stands between ``<!-- table: name -->`` and ``<!-- end of table -->``. The table of requirements is
written by hand but for its column of tests, which is read from the ``# R-nn`` comments in them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from consentkit.policy.catalogue import catalogue_entry, catalogue_ids
from consentkit.policy.consent_modes_schema import (
    ConsentModesTable,
    GoogleTable,
    MatomoTable,
    RegionTable,
    TagManagerTable,
)
from consentkit.policy.schema import (
    CategoryTable,
    ConsentTable,
    ControllerTable,
    CookieTable,
    ServiceTable,
    SiteTable,
    StorageTable,
)
from consentkit.policy.texts import available_languages, load_texts
from consentkit.policy.theme import THEMES
from consentkit.policy.theme_schema import PaletteTable, ThemeTable

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs"

TABLE: Final = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
REQUIREMENT: Final = re.compile(r"\| (R-\d+) \| ([^|]*) \|[^|]*\| ([^|]*) \|")
CITATION: Final = re.compile(r"^\s*#.*\bR-\d", re.MULTILINE)
NUMBER: Final = re.compile(r"\bR-\d+\b")

# Of keys whose form says it all the schema has no sentence.
MEANINGS: Final = {
    "controller": "Who answers for the site; see the next table.",
    "google": "Google's consent mode; see below.",
    "kind": "Where it is kept.",
    "matomo": "Matomo's consent functions; see below.",
    "tag_manager": "The allow list of Google Tag Manager; see below.",
}


def cell(text: str) -> str:
    """Return ``text`` as it can stand in a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ").strip()


def plain(text: str) -> str:
    """Return ``text`` such that Markdown takes no part of it for emphasis."""
    return re.sub(r"([*_])", r"\\\1", text)


def rows(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *([cell(text) for text in line] for line in body)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def value_of(schema: Mapping[str, Any]) -> str:
    """Return in words what a key takes."""
    branches = [branch for branch in schema.get("anyOf", []) if branch.get("type") != "null"]
    if len(branches) == 1:
        return value_of(branches[0])
    if branches:
        return "text, or a table of texts by language"
    if "enum" in schema:
        return "one of " + ", ".join(f'`"{value}"`' for value in schema["enum"])
    if "$ref" in schema:
        return "table"
    if schema.get("type") == "array":
        return "list of tables" if "$ref" in schema["items"] else "list of texts"
    of_texts = schema.get("additionalProperties", {}).get("type") == "string"
    table = "table of texts" if of_texts else "table of lists"
    words = {"boolean": "`true` or `false`", "integer": "number", "object": table}
    return words.get(schema.get("type", ""), "colour" if "pattern" in schema else "text")


def keys_of(model: type[BaseModel]) -> Callable[[], str]:
    def table() -> str:
        schema = model.model_json_schema()
        required = schema.get("required", [])

        def lines() -> Iterator[tuple[str, ...]]:
            for key, entry in schema["properties"].items():
                default = entry.get("default")
                # What a table holds by default is said by its own keys.
                is_table = isinstance(default, dict) and bool(default)
                shown = "" if default is None or is_table else f"`{json.dumps(default)}`"
                meaning = plain(MEANINGS.get(key) or entry["description"])
                yield f"`{key}`", value_of(entry), "required" if key in required else shown, meaning

        return rows(("Key", "Value", "Default", "Meaning"), lines())

    return table


def themes() -> str:
    schemes = [(name, scheme) for name in THEMES for scheme in ("light", "dark")]
    palettes = [asdict(getattr(THEMES[name], scheme)) for name, scheme in schemes]

    def lines() -> Iterator[tuple[str, ...]]:
        for key in PaletteTable.model_fields:
            colours = [palette[key] for palette in palettes]
            yield f"`{key}`", *(f"`{colour}`" if colour else "" for colour in colours)
        for key in ("radius", "space"):
            yield f"`{key}`", *(f"`{getattr(THEMES[name], key)}`" for name, _ in schemes)

    return rows(("Key", *(f"{name}, {scheme}" for name, scheme in schemes)), lines())


def catalogue() -> str:
    def lines() -> Iterator[tuple[str, ...]]:
        for name in catalogue_ids():
            entry = catalogue_entry(name)
            provider = f"[{entry['provider']}]({entry['privacy_url']}) ({entry['country']})"
            stored = [f"`{item['name']}`" for kind in ("cookies", "storage") for item in entry.get(kind, [])]
            hosts = ", ".join(f"`{host}`" for host in entry["hosts"])
            yield (
                f"`{name}`",
                entry["name"],
                provider,
                entry["category"],
                hosts,
                ", ".join(stored) or "nothing",
            )

    return rows(("Id", "Service", "Provider", "Usual category", "Hosts", "Stores"), lines())


def texts() -> str:
    english = load_texts("en")

    def lines() -> Iterator[tuple[str, ...]]:
        for section in ("ui", "kinds", "lifetimes", "errors"):
            for key, text in getattr(english, section).items():
                yield f"`{section}`", f"`{key}`", text

    return rows(("Table", "Key", "English"), lines())


def languages() -> str:
    # The tag first: a line that began with an Arabic name would run from right to left.
    return " · ".join(f"`{tag}` {load_texts(tag).name}" for tag in available_languages()) + "\n"


def citations() -> Mapping[str, list[str]]:
    """Return the test files that cite each requirement, by its id."""
    found: dict[str, list[str]] = {}
    for folder in ("tests", "examples"):
        for file in sorted((ROOT / folder).rglob("test_*.py")):
            lines = [line for line in file.read_text(encoding="utf-8").splitlines() if CITATION.match(line)]
            for name in dict.fromkeys(NUMBER.findall("\n".join(lines))):
                found.setdefault(name, []).append(file.relative_to(ROOT).as_posix())
    return found


def requirements(text: str) -> str:
    """Return the page of requirements with its column of tests filled in anew."""
    cited = citations()

    def fill(match: re.Match[str]) -> str:
        name, statement, remark = match.groups()
        tests = ", ".join(f"[{path.removeprefix('tests/')}](../{path})" for path in cited.get(name, []))
        return f"| {name} | {statement} | {tests} | {remark} |"

    return REQUIREMENT.sub(fill, text)


TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "catalogue": catalogue,
    "category": keys_of(CategoryTable),
    "consent": keys_of(ConsentTable),
    "consent-modes": keys_of(ConsentModesTable),
    "controller": keys_of(ControllerTable),
    "cookie": keys_of(CookieTable),
    "google": keys_of(GoogleTable),
    "languages": languages,
    "matomo": keys_of(MatomoTable),
    "palette": keys_of(PaletteTable),
    "region": keys_of(RegionTable),
    "service": keys_of(ServiceTable),
    "site": keys_of(SiteTable),
    "storage": keys_of(StorageTable),
    "tag-manager": keys_of(TagManagerTable),
    "texts": texts,
    "theme": keys_of(ThemeTable),
    "themes": themes,
}


def fresh(page: Path) -> str:
    """Return what ``page`` should hold."""
    text = page.read_text(encoding="utf-8")
    if page.name == "requirements.md":
        return requirements(text)
    return TABLE.sub(lambda match: f"{match[1]}{TABLES[match[2]]()}{match[3]}", text)


def stale() -> dict[Path, str]:
    """Return what is to be written, by page."""
    pages = {page: fresh(page) for page in sorted(DOCS.glob("*.md"))}
    return {page: text for page, text in pages.items() if text != page.read_text(encoding="utf-8")}


def main(arguments: list[str]) -> int:
    pages = stale()
    for page, text in pages.items():
        print(f"{'stale' if '--check' in arguments else 'written'}: {page.relative_to(ROOT)}")
        if "--check" not in arguments:
            page.write_text(text, encoding="utf-8")
    return 1 if pages and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

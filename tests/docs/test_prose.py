"""Links lead somewhere, and the words are those of the glossary."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# What a site is before the law is not for a program to say; the others have a better word in the glossary.
UNWANTED: Final = re.compile(
    r"\b(complian(?:t|ce)|vendors?|revok(?:e|ed|es|ing)|violations?)\b", re.IGNORECASE
)


def slug(heading: str) -> str:
    """Return the anchor that a heading gets: its letters, digits, hyphens and underscores."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"https?://|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_promises_what_a_program_cannot_or_uses_a_second_word_for_a_thing(page: Path) -> None:
    assert UNWANTED.findall(page.read_text(encoding="utf-8")) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, queue = set[Path](), [ROOT / "README.md"]
    while queue:
        page = queue.pop()
        seen.add(page)
        targets = [target.partition("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8"))]
        linked = [(page.parent / target).resolve() for target in targets if target and "://" not in target]
        folders = [file for folder in linked if folder.is_dir() for file in folder.glob("*.md")]
        queue += {file for file in [*linked, *folders] if file.suffix == ".md" and file.exists()} - seen
    assert set(PAGES) - seen == set()

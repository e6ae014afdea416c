"""A site replaces one block of a shipped template and keeps the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from consentkit.consent.model import Consent
from consentkit.policy.file import parse_policy
from consentkit.ui.render import Pages
from consentkit.ui.view import View

POLICY = parse_policy(
    """
    [site]
    name = "Tides"
    controller = { name = "Harbour Office", contact = "tides@harbour.example" }
    [categories.third-party]
    use = ["youtube"]
    """
)


def view(consent: Consent, *, saved: bool = False) -> View:
    return View(language="en", prefix="/cookies", path="/", consent=consent, saved=saved)


def rendered(pages: Pages, template: str) -> str:
    undecided = Consent(POLICY)
    return str(
        {
            "banner.html": lambda: pages.banner(view(undecided)),
            "confirmation.html": lambda: pages.banner(view(undecided.deny_all(), saved=True)),
            "placeholder.html": lambda: pages.placeholder(view(undecided), "youtube"),
        }[template]()
    )


@pytest.mark.parametrize(
    ("template", "block", "gone", "kept"),
    [
        ("banner.html", "heading", "Are you OK with cookies", 'value="deny-all"'),
        ("banner.html", "intro", "Which of these others", "Are you OK with cookies"),
        ("banner.html", "purposes", "choices-purposes", 'value="grant-all"'),
        ("banner.html", "notes", "You can change your mind", 'value="deny-all"'),
        ("confirmation.html", "message", "You rejected all", "Hide this message"),
        ("placeholder.html", "message", "This content comes from", "Always load YouTube"),
    ],
)
def test_one_block_is_replaced(tmp_path: Path, template: str, block: str, gone: str, kept: str) -> None:
    shipped = rendered(Pages(POLICY), template)
    changed = f"{{% block {block} %}}<b>{{{{ site.name }}}}</b>{{% endblock %}}"
    own = f'{{% extends "consentkit/{template}" %}}{changed}'
    (tmp_path / template).write_text(own, encoding="utf-8")

    found = rendered(Pages(POLICY, templates=tmp_path), template)

    assert kept in shipped
    assert kept in found
    assert gone in shipped
    assert gone not in found
    assert "<b>Tides</b>" in found


#
def test_the_buttons_are_no_block(tmp_path: Path) -> None:
    own = '{% extends "consentkit/banner.html" %}{% block actions %}{% endblock %}'
    (tmp_path / "banner.html").write_text(own, encoding="utf-8")

    found = rendered(Pages(POLICY, templates=tmp_path), "banner.html")

    assert found == rendered(Pages(POLICY), "banner.html")

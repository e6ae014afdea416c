"""The scripts of the documentation, run in a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.browser.conftest import MakeSite

BROWSER = Path(__file__).parents[2] / "docs" / "browser.md"


@pytest.fixture
def client_script() -> bool:
    return True


def test_the_scripts_of_the_page_on_browsers_do_what_they_say(page: Page, make_site: MakeSite) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "log" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(make_site())
    page.evaluate("console.log('begin')")
    for block in re.findall(
        r"^```javascript\n(.*?)^```$", BROWSER.read_text("utf-8"), re.MULTILINE | re.DOTALL
    ):
        page.add_script_tag(content=block)

    page.get_by_role("button", name="Accept all", exact=True).press("Enter")
    page.locator("#choices-saved").wait_for()

    said = said[said.index("begin") + 1 :]
    assert len(said) == 1, said
    assert "analytics" in said[0]

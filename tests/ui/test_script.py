"""The client script: what a page says to it, and what it weighs."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from consentkit.consent.model import Consent
from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy
from consentkit.ui.head import Head
from consentkit.ui.render import Pages
from consentkit.ui.script import ClientScript
from consentkit.ui.view import Place

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src" / "consentkit" / "ui" / "static"


@pytest.fixture
def policy() -> Policy:
    return parse_policy(
        """
        [site]
        name = 'Tides & "Sands" </script>'
        controller = { name = "Harbour Office", contact = "tides@harbour.example" }
        languages = ["en", "fr"]
        [categories.analytics]
        use = ["matomo"]
        """
    )


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.found.append(dict(attrs))


def scripts(markup: str) -> list[dict[str, str | None]]:
    parser = _Scripts()
    parser.feed(markup)
    return parser.found


def place(nonce: str | None = None, script_nonce: str | None = None) -> Place:
    return Place(language="en", prefix="/app/cookies", path="/", nonce=nonce, script_nonce=script_nonce)


def minified(name: str, folder: Path) -> bytes:
    if not (ROOT / "node_modules" / ".bin" / "terser").exists():
        if os.environ.get("CI") == "true":
            pytest.fail("terser is not installed")
        pytest.skip("terser is not installed (npm ci)")  # no tool; under CI=true a failure
    subprocess.run([ROOT / "scripts" / "minify", STATIC / name, folder / name], check=True)  # noqa: S603
    return (folder / name).read_bytes()


# design, section 9
def test_the_client_script_weighs_at_most_three_kilobytes(tmp_path: Path) -> None:
    assert len(gzip.compress(minified("client.js", tmp_path), 9, mtime=0)) <= 3_000


def test_the_script_of_pages_for_everybody_that_blocks_drawing_is_tiny(tmp_path: Path) -> None:
    assert len(gzip.compress(minified("early.js", tmp_path), 9, mtime=0)) <= 300


def test_a_page_for_one_visitor_says_what_is_allowed(policy: Policy) -> None:
    pages = Pages(policy, head=Head(client=ClientScript()))
    consent = Consent(policy).grant("analytics")

    [script] = scripts(str(pages.head(place(), consent)))

    assert script["type"] == "module"
    assert script["src"] is not None
    assert script["src"].removeprefix("/app/cookies/assets/") in pages.assets
    assert json.loads(script["data-state"] or "") == {
        "needs_prompt": False,
        "choices": {"analytics": "granted", "matomo": None},
        "allowed": ["analytics", "essential", "matomo"],
        "gpc": False,
    }
    assert "data-reload" not in script
    assert "nonce" not in script


def test_a_page_for_everybody_says_nothing_of_anybody(policy: Policy) -> None:
    pages = Pages(policy, head=Head(client=ClientScript(), shared=True))

    [early], [client] = scripts(str(pages.first(place()))), scripts(str(pages.head(place())))

    assert "data-state" not in client
    assert early["data-notice"] == pages.notice
    assert early["src"] is not None
    assert early["src"].removeprefix("/app/cookies/assets/") in pages.assets


def test_what_it_may_have_to_say_is_in_the_language_of_the_page(policy: Policy) -> None:
    pages = Pages(policy, head=Head(client=ClientScript()))
    french = Place(language="fr", prefix="/cookies", path="/")

    [script] = scripts(str(pages.head(french)))

    assert script["data-saving"] == policy.texts["fr"].ui["saving"]
    assert (script["data-failed"] or "").startswith(policy.texts["fr"].ui["error_heading"])


@pytest.mark.parametrize(
    ("nonces", "nonce"),
    [
        ({"nonce": "abc"}, "abc"),
        ({"nonce": "abc", "script_nonce": "xyz"}, "xyz"),
        ({"script_nonce": "xyz"}, "xyz"),
    ],
)
def test_it_carries_the_nonce_of_scripts(policy: Policy, nonces: dict[str, str], nonce: str) -> None:
    pages = Pages(policy, head=Head(client=ClientScript(reloads=True)))

    [script] = scripts(str(pages.head(place(**nonces))))

    assert script["nonce"] == nonce
    assert script["data-reload"] == "always"


def test_without_it_there_is_no_script_and_no_file(policy: Policy) -> None:
    pages = Pages(policy)

    assert scripts(str(pages.head(place()))) == []
    assert not any(path.endswith(".js") for path in pages.assets)

"""Every block of code in the documentation is run, parsed or rendered, in the order of its page."""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, load_policy, parse_policy
from consentkit.policy.digest import notice
from consentkit.ui.render import TEMPLATES

ROOT: Final = Path(__file__).parents[2]
# The examples in faults.md are wrong on purpose; tests/policy tries each of them out.
PAGES: Final = sorted({ROOT / "README.md", *(ROOT / "docs").rglob("*.md")} - {ROOT / "docs/faults.md"})
KEY: Final = "5f2c7ae1940bd386" * 4

BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE: Final = re.compile(r"(?:#|\{#) ([\w./-]+\.(?:toml|html))(?: #\})?\n")
# A fragment of consent.toml is completed with the one section that every file has.
SITE: Final = '[site]\nname = "Site"\ncontroller = { name = "Body", contact = "privacy@example.org" }\n'


@dataclass
class Run:
    """One page being tried out, in a folder of its own."""

    page: Path
    names: dict[str, Any] = field(default_factory=dict)
    request: httpx2.Request | None = None

    def block(self, language: str, text: str, line: int) -> None:
        if (match := FILE.match(text)) and language in ("toml", "jinja"):
            path = Path(match[1])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        CHECKS[language](self, text, line)

    def python(self, text: str, line: int) -> None:
        # So many empty lines that a traceback points into the page.
        code = compile("\n" * line + text, self.page, "exec", dont_inherit=True)
        exec(code, self.names)  # noqa: S102 - running the documentation is the point

    def toml(self, text: str, _line: int) -> None:
        parse_policy(text if "site" in tomllib.loads(text) else f"{SITE}\n{text}")

    def jinja(self, text: str, _line: int) -> None:
        match = FILE.match(text)
        assert match, "name the file in a comment on the first line"
        if Path(match[1]).name in (*TEMPLATES, "document.html"):
            app = ConsentMiddleware(
                Starlette(),
                policy=load_policy("consent.toml"),
                secret_key=KEY,
                templates=Path(match[1]).parent,
            )
            assert "/site.css" in TestClient(app).get("/cookies").text

    def http(self, text: str, _line: int) -> None:
        head, _, body = text.partition("\n\n")
        first, *lines = head.rstrip("\n").split("\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = body.strip().replace("<notice>", notice(self.names["policy"]))
        if first.startswith("HTTP/1.1 "):
            assert self.request is not None, "an answer without a request"
            self.answer(int(first.split()[1]), headers, body)
            return
        method, path, _ = first.split()
        url = f"https://{headers.pop('Host')}{path}"
        self.request = httpx2.Request(method, url, headers=headers, content=body.encode())

    def answer(self, status: int, headers: dict[str, str], body: str) -> None:
        assert self.request is not None
        client = TestClient(self.names["app"], base_url="https://www.example.org", follow_redirects=False)
        response = client.send(self.request)
        assert response.status_code == status
        for name, value in headers.items():
            shown = value.removesuffix("…")
            given = response.headers[name]
            assert given == value or (shown != value and given.startswith(shown)), name
        assert not body or response.json() == json.loads(body)

    def console(self, text: str, _line: int) -> None:
        for line in text.splitlines():
            check_command(shlex.split(line.removeprefix("$ ")))

    def css(self, text: str, _line: int) -> None:
        shipped = (files("consentkit.ui") / "static" / "choices.css").read_text(encoding="utf-8")
        for name in re.findall(r"--consentkit-[a-z-]+", text):
            assert f"var({name}" in shipped, name

    def javascript(self, text: str, _line: int) -> None:
        # tests/browser/test_documentation.py runs them where they belong.
        assert self.page.name == "browser.md"
        assert text.strip()

    def text(self, text: str, _line: int) -> None:
        assert text.strip()


CHECKS: Final[dict[str, Callable[[Run, str, int], None]]] = {
    "console": Run.console,
    "css": Run.css,
    "http": Run.http,
    "javascript": Run.javascript,
    "jinja": Run.jinja,
    "python": Run.python,
    "text": Run.text,
    "toml": Run.toml,
}


def check_command(words: list[str]) -> None:
    """Check that a command can be typed as it stands: target, extra and option exist."""
    command, *arguments = words
    if command == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        for target in (word for word in arguments if "=" not in word):
            assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target
    elif command == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        action, package = arguments
        name, *extras = re.split(r"[\[,\]]", package.rstrip("]"))
        assert (action, name) in {("install", "consentkit"), ("install", "fastapi")}
        assert set(extras) <= project["optional-dependencies"].keys()
    elif command == "uvicorn":
        known = {option for parameter in uvicorn.main.params for option in parameter.opts}
        assert {word.partition("=")[0] for word in arguments if word.startswith("--")} <= known
    elif command == ".venv/bin/python":
        assert (ROOT / arguments[0]).is_file()
    else:
        assert command in ("curl", "export", "git", "cd"), command


def blocks(page: Path) -> Iterator[tuple[str, str, int]]:
    text = page.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        yield match[1], match[2], text.count("\n", 0, match.start(2))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_a_page_does_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One test for a page and not for a block: later blocks use the names of earlier ones.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONSENT_SECRET_KEY", KEY)
    run = Run(page, {"__name__": page.stem})
    found = list(blocks(page))
    # Templates are files that the code before them opens.
    for language, text, line in sorted(found, key=lambda block: block[0] not in ("toml", "jinja")):
        assert language in CHECKS, (
            f"{page.name}:{line}: nothing checks {language or 'a block without a language'}"
        )
        run.block(language, text, line)


def test_no_fence_is_left_open() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert len(re.findall(r"^```", text, re.MULTILINE)) == 2 * len(list(blocks(page))), page.name


def test_the_site_of_the_readme_asks_and_gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONSENT_SECRET_KEY", KEY)
    run = Run(ROOT / "README.md", {"__name__": "app"})
    for language, text, line in sorted(blocks(run.page), key=lambda block: block[0] == "python"):
        run.block(language, text, line)
    visitor = TestClient(run.names["app"], base_url="https://www.example.org")
    undecided = visitor.get("/").text
    form = {"decision": "grant-all", "notice": notice(run.names["policy"]), "next": "/"}
    granted = visitor.post("/cookies", data=form, headers={"Sec-Fetch-Site": "same-origin"}).text

    assert 'id="choices"' in undecided
    assert "Cookie settings" in undecided
    assert ' src="https://www.youtube.com/embed/xyz"' not in undecided
    assert 'id="choices-saved"' in granted
    assert ' src="https://www.youtube.com/embed/xyz"' in granted
    assert os.environ["CONSENT_SECRET_KEY"] not in undecided + granted

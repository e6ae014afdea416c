"""A site under the strictest Content-Security-Policy loses nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from tests.browser.steps import submit, until_asked_for

from consentkit import ConsentMiddleware, load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from tests.browser.conftest import Canary, MakeSite

POLICY = (
    "default-src 'none'; script-src 'nonce-{0}' 'strict-dynamic'; style-src 'nonce-{0}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE = """<!doctype html><html lang="en"><head><title>Strict</title>{{ consent_head() }}
{% gate "google-analytics" %}
<script nonce="{{ request.scope.nonce }}" src="https://www.googletagmanager.com/gtag/js?id=G-STRICT"></script>
{% endgate %}
</head><body>{{ consent_banner() }}<main><h1>Strict</h1>
{% gate "youtube" %}<iframe src="https://www.youtube.com/embed/x" title="A film"></iframe>{% endgate %}
</main><footer>{{ consent_link() }}</footer></body></html>"""
NOTE_REFUSALS = """addEventListener("securitypolicyviolation", event => {
    console.log("refused", event.violatedDirective, event.blockedURI, event.lineNumber);
});"""


class StrictHeaders:
    """Gives each response its own nonce, and a policy that allows nothing without it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        nonce = scope["nonce"] = secrets.token_urlsafe(16)

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = (b"content-security-policy", POLICY.format(nonce).encode())
                message = {**message, "headers": [*message["headers"], header]}
            await send(message)

        await self.app(scope, receive, send_strictly)


@pytest.fixture(scope="module")
def strict_site(
    one_page: Callable[[str], Route],
    example_folder: Path,
    secret_key: str,
    serving: Callable[..., Any],
) -> Iterator[str]:
    policy = load_policy(example_folder / "consent.toml")
    consent = Middleware(
        ConsentMiddleware, policy=policy, secret_key=secret_key, nonce=lambda scope: scope["nonce"]
    )
    app = Starlette(routes=[one_page(PAGE)], middleware=[Middleware(StrictHeaders), consent])
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def refused(page: Page) -> list[str]:
    """Return what the page's policy has refused so far; grows as the page is used."""
    said: list[str] = []
    page.add_init_script(NOTE_REFUSALS)
    page.on("console", lambda message: said.append(message.text))
    return said


#
def test_nothing_of_consentkit_is_refused_by_a_strict_policy(
    page: Page, strict_site: str, refused: list[str]
) -> None:
    page.goto(strict_site)
    buttons = page.locator("#choices .choices-button")
    assert buttons.first.evaluate("one => getComputedStyle(one).minHeight") == "44px"
    submit(page, "Manage choices")
    assert (
        page.locator(".choices-category").first.evaluate("one => getComputedStyle(one).borderStyle")
        == "solid"
    )
    submit(page, "Save choices")
    assert page.locator("#choices-saved").is_visible()
    page.goto(strict_site)
    page.wait_for_load_state("networkidle")
    assert refused == []


#
def test_the_policy_of_this_test_refuses_what_has_no_nonce(
    page: Page, strict_site: str, refused: list[str]
) -> None:
    page.goto(strict_site)
    page.evaluate("document.body.append(document.createElement('style'))")
    page.locator("style").last.evaluate("one => one.textContent = 'p { color: red }'")
    assert any(text.startswith("refused style-src") for text in refused)


#
def test_a_granted_script_keeps_its_nonce_and_runs(
    page: Page, strict_site: str, canary: Canary, refused: list[str]
) -> None:
    page.goto(strict_site)
    page.wait_for_load_state("networkidle")
    assert canary.accepted == 0
    submit(page, "Manage choices")
    page.locator('input[name="choice.analytics"][value="granted"]').check()
    submit(page, "Save choices")
    page.goto(strict_site)
    page.wait_for_load_state("networkidle")
    until_asked_for(page, canary, {"www.googletagmanager.com/gtag/js?id=G-STRICT": 1})
    assert "_ga" in {cookie["name"] for cookie in page.context.cookies()}
    assert refused == []


#
def test_two_responses_have_two_nonces(new_visitor: Callable[..., BrowserContext], strict_site: str) -> None:
    context = new_visitor()
    pages = [context.request.get(strict_site) for _ in range(2)]
    one, other = (page.text().partition('nonce="')[2].partition('"')[0] for page in pages)
    assert one != other
    assert {page.headers["cache-control"] for page in pages} == {"private"}


#
@pytest.mark.parametrize("in_the_page", [True, False])
def test_a_policy_in_the_page_that_refuses_inline_rules_leaves_the_question_as_it_should_look(
    page: Page, make_site: MakeSite, *, in_the_page: bool
) -> None:
    meta = """<meta http-equiv="Content-Security-Policy" content="style-src 'self'">"""
    page.goto(make_site(meta if in_the_page else ""))
    page.wait_for_load_state()

    question = page.locator("#choices")
    assert question.evaluate("box => getComputedStyle(box).padding") != "0px"
    # The rules in the page hold where nothing refuses them, before any file has come.
    assert page.evaluate("document.querySelector('style').sheet !== null") is not in_the_page

"""What the client script makes live of closed markup: all of it, in order, once, and nothing more."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.browser.steps import COUNT, FILM, escape, press, until, until_asked_for

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from tests.browser.conftest import Canary, MakeSite

STRICT = (
    "default-src 'none'; script-src 'nonce-{0}' 'strict-dynamic'; style-src 'nonce-{0}'; connect-src 'self'; "
    "frame-src https://www.youtube.com; img-src https://counter.example; form-action 'self'; base-uri 'none'; "  # noqa: E501
    "require-trusted-types-for 'script'; trusted-types consentkit"
)


@pytest.fixture
def client_script() -> bool:
    return True


def grant_all(page: Page) -> None:
    press(page, "Accept all")
    page.locator("#choices-saved").wait_for()


#
def test_scripts_run_in_the_order_of_the_document_once_each(page: Page, make_site: MakeSite) -> None:
    page.goto(
        make_site(
            "<script>window.ran = []; window.tally = name => ran.push(name)</script>"
            "<script>window.count = tally</script>",
            '<body><script src="https://counter.example/slow.js"></script>'
            "<script>count('between')</script>"
            '<script src="https://counter.example/fast.js"></script>'
            "<div><script>count('last')</script></div></body>",
        )
    )
    assert page.evaluate("ran") == []

    grant_all(page)
    until(page, "ran.includes('last')")

    assert page.evaluate("ran") == ["slow", "between", "fast", "last"]
    page.evaluate("document.body.append(document.createElement('p'))")
    page.wait_for_timeout(100)
    assert page.evaluate("ran") == ["slow", "between", "fast", "last"]


#
def test_attributes_come_back_as_they_were_written(page: Page, make_site: MakeSite) -> None:
    written = (
        '<script type="module" src="https://counter.example/module.js" crossorigin="anonymous" '
        'referrerpolicy="no-referrer" data-site="7" async></script>'
    )
    page.goto(make_site(written))

    grant_all(page)
    until(page, "window.ran")

    opened = page.locator("script[data-site]")
    assert opened.evaluate("script => [...script.attributes].map(({name, value}) => `${name}=${value}`).sort()") == [  # noqa: E501
        "async=", "crossorigin=anonymous", "data-site=7", "referrerpolicy=no-referrer",
        "src=https://counter.example/module.js", "type=module",
    ]  # fmt: skip


#
def test_a_script_with_the_wrong_content_is_refused_by_its_integrity(page: Page, make_site: MakeSite) -> None:
    page.goto(
        make_site(
            '<script src="https://counter.example/fast.js" crossorigin integrity="sha256-'
            'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="></script><script>count(window.after = 1)</script>'
        )
    )
    page.evaluate("window.count = what => { window.ran = what }")

    grant_all(page)
    until(page, "window.after")

    assert page.evaluate("window.ran") == 1


def test_images_styles_and_frames_come_back(page: Page, canary: Canary, make_site: MakeSite) -> None:
    page.goto(
        make_site(
            '<link rel="stylesheet" href="https://counter.example/sheet.css">'
            "<style>@import url(https://counter.example/more.css); h1 { color: rgb(1, 2, 3) }</style>",
            '<body><h1>High</h1><img alt="" src="https://counter.example/a.png" '
            'srcset="https://counter.example/b.png 2x"><svg width="9" height="9">'
            '<image xlink:href="https://counter.example/c.png" width="9" height="9"/></svg></body>',
        )
    )
    assert canary.accepted == 0

    grant_all(page)
    wanted = {"/sheet.css", "/more.css", "/c.png"}
    until(page, lambda: {path.removeprefix("counter.example") for path in canary.seen} > wanted)

    asked = {path.removeprefix("counter.example") for path in canary.seen}
    assert {"/sheet.css", "/more.css", "/c.png"} < asked
    assert asked & {"/a.png", "/b.png"}
    assert page.locator("h1").evaluate("h1 => getComputedStyle(h1).color") == "rgb(1, 2, 3)"
    assert page.locator("[data-consent]").count() == 0


class Strictly:
    """Gives each response a nonce and the strictest policy that lets the client work."""

    policy = STRICT

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["nonce"] = secrets.token_urlsafe(16)

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                header = (b"content-security-policy", self.policy.format(scope["nonce"]).encode())
                message = {**message, "headers": [*message["headers"], header]}
            await send(message)

        await self.app(scope, receive, send_strictly)


NOTE_REFUSALS = """window.refused = [];
addEventListener("securitypolicyviolation", event => {
    refused.push([event.violatedDirective, event.blockedURI]);
});"""


#
def test_under_strict_policies_and_trusted_types_nothing_is_refused(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    async def strict(request: Request) -> Response:
        nonce = request.scope["nonce"]
        return Response(
            f'<!doctype html><html lang="en"><head><title>T</title>'
            f'<script nonce="{nonce}" src="https://counter.example/count.js"></script>'
            f'<script nonce="{nonce}">window.count = () => {{}}; count(window.opened = true)</script></head>'
            f'<body><iframe src="https://www.youtube.com/embed/x" title="A film"></iframe></body></html>',
            media_type="text/html",
        )

    page.add_init_script(NOTE_REFUSALS)
    site = make_site(
        routes=(Route("/strict", strict),), wrap=Strictly, nonce=lambda scope: scope.get("nonce")
    )
    page.goto(f"{site}/strict")
    assert canary.accepted == 0

    page.get_by_role("link", name="Cookie settings").last.click()
    page.get_by_role("dialog").wait_for()
    escape(page)
    grant_all(page)
    until(page, "window.opened")
    until_asked_for(page, canary, {COUNT: 1, FILM: 1})
    assert page.evaluate("refused") == []


#
def test_no_step_from_a_question_to_a_withdrawal_is_refused_by_trusted_types(
    page: Page, make_site: MakeSite
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.add_init_script("""addEventListener("securitypolicyviolation", event => {
        console.log("refused", event.violatedDirective, event.sample);
    });""")
    policy = {"Content-Security-Policy": "require-trusted-types-for 'script'; trusted-types consentkit"}
    head = "<script>window.count = () => {}</script><script>count(window.opened = true)</script>"
    page.goto(make_site(head, headers=policy))

    page.get_by_role("button", name="Always load YouTube").press("Enter")
    page.locator(".choices-embed").wait_for(state="detached")
    page.context.set_offline(True)
    page.get_by_role("button", name="Accept all", exact=True).press("Enter")
    page.get_by_text("Your choice was not saved.").wait_for()
    page.context.set_offline(False)
    grant_all(page)
    until(page, "window.opened")
    for button in ("Save choices", "Reject all"):
        page.get_by_role("link", name="Cookie settings").last.click()
        page.get_by_role("dialog").get_by_role("button", name=button).press("Enter")
        page.locator("#choices-saved").wait_for()
        escape(page)
    until(page, "!window.opened")
    page.get_by_text("You rejected all optional cookies.").wait_for()

    assert [line for line in said if not line.startswith("Failed to load resource")] == []
    page.evaluate("() => { try { document.body.innerHTML = '<p>' } catch {} }")
    # The test can fail.
    until(page, lambda: any(line.startswith("refused require-trusted-types-for") for line in said))


#
@pytest.mark.parametrize("types", ["trusted-types 'none'", "trusted-types other"])
def test_where_trusted_types_leave_no_room_for_ours_forms_and_links_do_it(
    page: Page, canary: Canary, make_site: MakeSite, types: str
) -> None:
    headers = {"Content-Security-Policy": f"require-trusted-types-for 'script'; {types}"}
    page.goto(make_site('<script src="https://counter.example/count.js"></script>', headers=headers))
    page.evaluate("window.untouched = true")

    page.get_by_role("link", name="Cookie settings").last.click()
    page.wait_for_url("**/cookies?next=/")
    page.go_back()
    page.evaluate("window.untouched = true")
    grant_all(page)

    assert page.evaluate("window.untouched") is None
    until_asked_for(page, canary, {COUNT: 1, FILM: 1})


# Sanitizers let data-* attributes of strangers through.
@pytest.mark.parametrize(
    "markup",
    [
        '<img alt="" data-consent="analytics" data-consent-onerror="attacked()" data-consent-src="/nothing.png">',  # noqa: E501
        '<iframe data-consent="analytics" data-consent-srcdoc="&lt;script&gt;top.attacked()&lt;/script&gt;"></iframe>',  # noqa: E501
        '<iframe data-consent="analytics" data-consent-src="javascript:top.attacked()"></iframe>',
        '<iframe data-consent="analytics" data-consent-src=" jav&#10;ascript:top.attacked()"></iframe>',
        '<iframe data-consent="analytics" data-consent-src="data:text/html,<script>top.attacked()</script>"></iframe>',  # noqa: E501
        '<p data-consent="analytics" data-consent-style="position:fixed;inset:0">Over everything</p>',
        '<meta data-consent="analytics" data-consent-http-equiv="refresh" data-consent-content="0;url=/other">',  # noqa: E501
        '<iframe src="/other" data-consent="analytics" data-consent-src="https://evil.example/"></iframe>',
        '<svg><a><animate attributeName="href" data-consent="analytics" data-consent-values="#;javascript:attacked()"></animate></a></svg>',  # noqa: E501
    ],
)
def test_markup_of_strangers_that_looks_like_ours_gains_nothing(
    page: Page, canary: Canary, make_site: MakeSite, markup: str
) -> None:
    page.goto(make_site("", f"<body><div id=comment>{markup}</div></body>"))
    before = page.locator("#comment").inner_html()
    page.evaluate("window.attacked = () => { window.hit = true }")

    grant_all(page)
    page.wait_for_timeout(300)

    assert page.url.partition("?")[0].endswith("/")
    assert page.evaluate("window.hit") is None
    assert page.locator("#comment").inner_html() == before
    assert "evil.example/" not in canary.seen


# 'strict-dynamic' trusts what a trusted script puts in.
def test_where_scripts_need_a_nonce_one_without_is_not_opened(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    body = '<body><p id="injected"></p></body>'
    injected = '<script type="text/plain" data-consent="analytics" data-consent-src="https://evil.example/x.js"></script>'
    site = make_site("", body + injected, wrap=Strictly, nonce=lambda scope: scope.get("nonce"))
    page.goto(site)

    grant_all(page)
    page.wait_for_timeout(300)

    assert canary.accepted == 0

"""One page for each way in which markup or a header makes a browser connect, in a real browser.

The application knows nothing of consent. Every construct has a host of its own, so that a contact names it.
With everything denied nobody is contacted, scripts on or off; with everything granted nearly all are, which
shows that the pages are as dangerous as they look.
"""

# ruff: noqa: E501 # a page stands on one line

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from playwright.sync_api import Error
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route
from tests.browser.steps import until

from consentkit import ConsentMiddleware, parse_policy
from consentkit.testing import consent_cookies

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext
    from tests.browser.conftest import Canary

POLICY = parse_policy(
    """
    [site]
    name = "Tide Tables"
    controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

    [categories.marketing]

    [services.trackers]
    category = "marketing"
    provider = "Trackers Ltd"
    hosts = ["*.gated.example"]
    markers = ["startTracking("]
    """
)


class Construct(NamedTuple):
    """One page; ``{u}`` is the address of its host, ``{h}`` the host alone.

    Attributes:
        html: what stands in the body, or in the head if it begins there.
        scripts: whether it is live with scripts on, and with scripts off.
        headers: of the response.
    """

    html: str
    scripts: tuple[bool, bool] = (True, True)
    headers: Mapping[str, str] = MappingProxyType({})


ONLY_WITH, ONLY_WITHOUT, NEVER = (True, False), (False, True), (False, False)
NAMELESS = NEVER  # on a page without TLS the canary does not hear whom they mean
CONSTRUCTS = {
    "script": Construct("<script src={u}/a.js></script>", ONLY_WITH),
    "script-module": Construct("<script type=module src='{u}/a.js'></script>", ONLY_WITH),
    "script-upper-case": Construct("<SCRIPT SRC=HTTPS://{h}/a.js></SCRIPT>", ONLY_WITH),
    "script-inline": Construct("<script>new Image().src = '{u}/p.gif'</script>", ONLY_WITH),
    "script-json-slashes": Construct("<script>new Image().src = '{s}'</script>", ONLY_WITH),
    "script-marker": Construct(
        "<script>function startTracking(a) {{ new Image().src = 'https://' + a + '.gated.example' }}\n"
        "startTracking('script-marker')</script>",
        ONLY_WITH,
    ),
    "script-in-svg": Construct("<svg><script href={u}/a.js></script></svg>", ONLY_WITH),
    "handler": Construct("<img src='data:,' alt='' onerror=\"new Image().src = '{u}/p.gif'\">", ONLY_WITH),
    "iframe": Construct("<iframe src={u}/></iframe>"),
    "iframe-hidden": Construct("<iframe src={u}/ width=0 height=0 hidden></iframe>"),
    "iframe-sandbox": Construct("<iframe sandbox src={u}/></iframe>"),
    "iframe-srcdoc": Construct("<iframe srcdoc='<img src={u}/p.gif>'></iframe>"),
    "iframe-srcdoc-escaped": Construct("<iframe srcdoc='&lt;img src=&quot;{u}/p.gif&quot;&gt;'></iframe>"),
    "iframe-data": Construct("<iframe src='data:text/html,<img src={u}/p.gif>'></iframe>"),
    "img": Construct("<img src={u}/p.gif alt=''>"),
    "img-single-quotes": Construct("<img alt='' src='{u}/p.gif'>"),
    "img-no-space": Construct("<img alt=''src='{u}/p.gif'>"),
    "img-slashes": Construct("<img/alt=''/src='{u}/p.gif'/>"),
    "img-relative-scheme": Construct("<img src=//{h}/p.gif alt=''>", NAMELESS),
    "img-backslashes": Construct("<img src='\\\\{h}\\p.gif' alt=''>", NAMELESS),
    "img-line-ends": Construct("<img src='ht\ntps://{h}/p.gif' alt=''>"),
    "img-spaces": Construct("<img src='  {u}/p.gif ' alt=''>"),
    "img-references": Construct("<img src='https&colon;&sol;&#x2f;{r}/p.gif' alt=''>"),
    "img-credentials": Construct("<img src='https://www.example.org@{h}/p.gif' alt=''>", NEVER),  # Chromium refuses credentials
    "img-percent": Construct("<img src='https://{p}/p.gif' alt=''>"),
    "img-full-width": Construct("<img src='https://{w}/p.gif' alt=''>"),
    "img-srcset": Construct("<img src=/own.png srcset='{u}/p.gif 1x, {u}/q.gif 2x' alt=''>"),
    "img-after-comment": Construct("<!--><img src={u}/p.gif alt=''>"),
    "img-after-bad-comment": Construct("<!-- x --!><img src={u}/p.gif alt=''>"),
    "img-after-script": Construct("<script>'</script><img src={u}/p.gif alt=''>"),
    "img-in-select": Construct("<select><option>1</select><img src={u}/p.gif alt=''>"),
    "img-in-svg-title": Construct("<svg><title><img src={u}/p.gif alt=''></title></svg>"),
    "img-in-table": Construct("<table><img src={u}/p.gif alt=''></table>"),
    "picture": Construct("<picture><source srcset={u}/p.webp><img src=/own.png alt=''></picture>"),
    "input-image": Construct("<input type=image src={u}/p.gif alt=x>"),
    "noscript": Construct("<noscript><img src={u}/p.gif alt=''></noscript>", ONLY_WITHOUT),
    "noscript-iframe": Construct("<noscript><iframe src={u}/></iframe></noscript>", ONLY_WITHOUT),
    "noscript-in-head": Construct("<head><noscript><link rel=stylesheet href={u}/a.css></noscript>", ONLY_WITHOUT),
    "template": Construct("<template><img src={u}/p.gif alt=''></template>", NEVER),
    "stylesheet": Construct("<link rel=stylesheet href={u}/a.css>"),
    "stylesheet-print": Construct("<link rel=stylesheet media=print href={u}/a.css>"),
    "preload": Construct("<head><link rel=preload as=image href={u}/p.gif>"),
    "modulepreload": Construct("<head><link rel=modulepreload href={u}/a.js>", ONLY_WITH),
    "preconnect": Construct("<head><link rel=preconnect href={u}>", NEVER),  # headless does not warm up
    "prefetch": Construct("<head><link rel=prefetch href={u}/p>"),
    "icon": Construct("<head><link rel=icon href={u}/icon.png>", NEVER),  # headless shows none
    "style-url": Construct("<style>body {{ background: url( '{u}/p.gif' ) }}</style>"),
    "style-import": Construct("<style>@import \"{u}/a.css\"; p {{ color: red }}</style>"),
    "style-import-url": Construct("<style>@import url({u}/a.css);</style>"),
    "style-escaped": Construct("<style>body {{ background: url(https://{e}/p.gif) }}</style>"),
    "style-attribute": Construct("<p style='background: url({u}/p.gif)'>x</p>"),
    "background": Construct("<table background={u}/p.gif><tr><td>x</table>"),
    "video": Construct("<video src={u}/v.mp4 autoplay muted></video>"),
    "video-poster": Construct("<video poster={u}/p.gif></video>"),
    "video-source": Construct("<video autoplay muted><source src={u}/v.mp4></video>"),
    "audio": Construct("<audio src={u}/a.mp3 preload=auto></audio>"),
    "object": Construct("<object data={u}/></object>"),
    "embed": Construct("<embed src={u}/>"),
    "svg-image": Construct("<svg><image href={u}/p.gif /></svg>"),
    "svg-image-xlink": Construct("<svg><image xlink:href={u}/p.gif /></svg>"),
    "svg-filter": Construct("<svg width=9 height=9><filter id=f><feImage href={u}/p.gif /></filter><rect filter='url(#f)' width=9 height=9 /></svg>"),
    "meta-refresh": Construct("<head><meta http-equiv=refresh content='0; URL={u}/'>"),
    "base": Construct("<head><base href={u}/></head><img src=p.gif alt=''>"),
    "speculation-rules": Construct('<script type=speculationrules>{{"prefetch": [{{"urls": ["{u}/"], "eagerness": "immediate"}}]}}</script>', NEVER),
    "link-header": Construct("<p>x", headers={"Link": "<{u}/p.gif>; rel=preload; as=image"}),
    "link-header-preconnect": Construct("<p>x", headers={"Link": '</own>; rel=canonical, <{u}>; rel="preconnect"'}, scripts=NEVER),
    "refresh-header": Construct("<p>x", headers={"Refresh": "0; url={u}/"}),
    "data-consent": Construct("<div data-consent=marketing><img src={u}/p.gif alt=''><p><img src={u}/q.gif alt=''></div>"),
}  # fmt: skip


def filled(text: str, name: str) -> str:
    """Put the host of a construct into its page."""
    host = f"{name}.gated.example"
    return text.format(
        u=f"https://{host}",
        h=host,
        s=f"https:\\/\\/{host}\\/p.gif",
        r=host.replace("g", "&#103;").replace(".", "&period;"),
        p=host.replace("g", "%67"),
        w=host.replace("g", "\uff47"),
        e=host.replace("g", "\\67 "),
    )


async def construct(request: Request) -> Response:
    """Send one page, in pieces of 700 bytes where the address says so."""
    name = request.path_params["name"]
    if name not in CONSTRUCTS:  # the browser asks for an icon
        return Response(status_code=404)
    html = filled(CONSTRUCTS[name].html, name)
    start = "<!doctype html><html lang=en><meta charset=utf-8><title>x</title>"
    page = start + ("" if html.startswith("<head>") else "<body>") + html + "<p>The end.</p>"
    headers = {key: filled(value, name) for key, value in CONSTRUCTS[name].headers.items()}
    if "pieces" not in request.query_params:
        return HTMLResponse(page, headers=headers)
    body = page.encode()
    pieces = (body[at : at + 7] for at in range(0, len(body), 7))
    return StreamingResponse(pieces, media_type="text/html", headers=headers)


async def own(request: Request) -> Response:
    return Response(b"", media_type="image/png")


@pytest.fixture(scope="module")
def pages(secret_key: str, serving: Callable[..., Any]) -> Iterator[str]:
    """Yield the address of the site."""
    consent = Middleware(ConsentMiddleware, policy=POLICY, secret_key=secret_key)
    routes = [Route("/own.png", own), Route("/{name}", construct)]
    with serving(Starlette(routes=routes, middleware=[consent])) as port:
        yield f"http://127.0.0.1:{port}"


def visit_all(visitor: BrowserContext, pages: str, query: str = "") -> None:
    """Open every page, and wait until whatever follows a page has had its time."""
    page = visitor.new_page()
    for name in CONSTRUCTS:
        address = f"{pages}/{name}{query}"
        try:
            page.goto(address, wait_until="commit")
        except Error as error:
            # The page before refreshes itself to somewhere else, and did so only now.
            if "interrupted" not in str(error):
                raise
            page.goto(address, wait_until="commit")
        page.wait_for_timeout(150)
    page.wait_for_timeout(500)


def contacted(canary: Canary) -> set[str]:
    return {host.partition(".")[0] for host in canary.hosts if host.endswith(".gated.example")}


def was_contacted(canary: Canary, name: str) -> bool:
    return name in contacted(canary)


#
@pytest.mark.parametrize("query", ["", "?pieces=1"])
@pytest.mark.parametrize("scripts", [True, False])
def test_with_everything_denied_no_page_connects_to_anybody(
    new_visitor: Callable[..., BrowserContext], pages: str, canary: Canary, scripts: bool, query: str
) -> None:
    visit_all(new_visitor(java_script_enabled=scripts), pages, query)

    assert contacted(canary) == set()
    assert canary.accepted == 0


#
@pytest.mark.parametrize("scripts", [True, False])
def test_with_everything_granted_the_same_pages_connect(
    new_visitor: Callable[..., BrowserContext], pages: str, canary: Canary, secret_key: str, scripts: bool
) -> None:
    visitor = new_visitor(java_script_enabled=scripts)
    value = consent_cookies(POLICY, secret_key, granted=["marketing"])["consent"]
    visitor.add_cookies([{"name": "consent", "value": value, "url": pages}])
    visit_all(visitor, pages)
    expected = {name for name, one in CONSTRUCTS.items() if one.scripts[0 if scripts else 1]}
    page = visitor.new_page()
    for name in sorted(expected - contacted(canary)):  # what takes the browser longer
        page.goto(f"{pages}/{name}")
        until(page, partial(was_contacted, canary, name))

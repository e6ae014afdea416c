"""What Chromium does with gated markup: it connects to nobody. Ungated, the same markup does."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

import pytest

from consentkit.gate.html import gate_fragment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

BOTH, SCRIPTS_ONLY, NO_SCRIPTS, NEITHER = "both", "scripts only", "no scripts", "neither"

# name → markup, and whether an ungated one connects with scripts on, off or both. {c} is an address
# at the canary, different for each construct.
CONSTRUCTS: dict[str, tuple[str, str]] = {
    "script": ('<script src="{c}"></script>', SCRIPTS_ONLY),
    "script-unquoted": ("<SCRIPT ASYNC SRC={c}></SCRIPT>", SCRIPTS_ONLY),
    "script-module": ("<script type=module src='{c}'></script>", SCRIPTS_ONLY),
    "script-inline": ("<script>new Image().src = '{c}'</script>", SCRIPTS_ONLY),
    "script-import": ("<script type=module>import '{c}'</script>", SCRIPTS_ONLY),
    "script-svg": ("<svg><script href={c} /></svg>", SCRIPTS_ONLY),
    "handler": ("<img src=data:, onerror=\"new Image().src='{c}'\">", SCRIPTS_ONLY),
    "handler-svg": ("<svg onload=\"new Image().src='{c}'\"></svg>", SCRIPTS_ONLY),
    "iframe": ("<iframe src='{c}'></iframe>", BOTH),
    "iframe-sandbox": ("<iframe sandbox src='{c}'></iframe>", BOTH),
    "iframe-srcdoc": ("<iframe srcdoc='<img src={c}>'></iframe>", BOTH),
    "img": ("<img src={c}>", BOTH),
    "img-slash": ("<img/src={c}>", BOTH),
    "img-references": ("<img src=&#{c0};{c1}>", BOTH),
    "img-srcset": ("<img srcset='{c} 1x'>", BOTH),
    "picture": ("<picture><source srcset={c}><img></picture>", BOTH),
    "input-image": ("<input type=image src={c}>", BOTH),
    "video": ("<video src={c}></video>", BOTH),
    "video-poster": ("<video poster={c}></video>", BOTH),
    "audio-source": ("<audio preload=auto><source src={c}></audio>", BOTH),
    "embed": ("<embed src={c}>", BOTH),
    "object": ("<object data={c}></object>", BOTH),
    "stylesheet": ("<link rel=stylesheet href={c}>", BOTH),
    "stylesheet-print": ("<link rel=stylesheet media=print href={c}>", BOTH),
    "preconnect": ("<link rel=preconnect href={c}>", NEITHER),  # a Chromium under Playwright opens none
    "preload": ("<link rel=preload as=image href={c}>", BOTH),
    "preload-srcset": ("<link rel=preload as=image imagesrcset='{c} 1x'>", BOTH),
    "prefetch": ("<link rel=prefetch href={c}>", BOTH),
    "modulepreload": ("<link rel=modulepreload href={c}>", SCRIPTS_ONLY),
    "icon": ("<link rel=icon href={c}>", NEITHER),  # headless Chromium has no tab to put it on
    "style-import": ("<style>@import '{c}';</style>", BOTH),
    "style-import-typed": ("<STYLE TYPE=text/css>@import url({c});</STYLE>", BOTH),
    "style-rule": ("<p class=style-rule>x</p><style>.style-rule {{ background: url({c}) }}</style>", BOTH),
    "style-svg": ("<svg><style>.svg-rule {{ background: url({c}) }}</style></svg><p class=svg-rule>x", BOTH),
    "style-attribute": ("<p style='background: url({c})'>x</p>", BOTH),
    "style-escaped": ("<p style='background: u\\72l({c})'>x</p>", BOTH),
    "style-image-set": ("<p style='background: image-set(\"{c}\" 1x)'>x</p>", BOTH),
    "background": ("<table background={c}><tr><td>x</table>", BOTH),
    "svg-image": ("<svg><image href={c} width=9 height=9 /></svg>", BOTH),
    "svg-xlink": ("<svg><image xlink:href={c} width=9 height=9 /></svg>", BOTH),
    "svg-feimage": (
        "<svg><filter id=f><feImage href={c} /></filter><rect filter=url(#f) width=9 height=9 /></svg>",
        BOTH,
    ),
    "svg-set": ("<svg><image width=9 height=9><set attributeName=href to={c} /></image></svg>", BOTH),
    "svg-style-content": ("<svg><style><img src={c}></style></svg>", BOTH),
    "svg-title-content": ("<svg><title><p><img src={c}></title></svg>", BOTH),
    "svg-script-content": ("<svg><script type=application/json><img src={c}></script></svg>", BOTH),
    "svg-cdata": ("<svg><![CDATA[ > <!-- ]]><p><img src={c}> --></svg>", BOTH),
    "math-style-content": ("<math><style><img src={c}></style></math>", BOTH),
    "noscript-pixel": ("<noscript><img src={c} width=1 height=1></noscript>", NO_SCRIPTS),
    "noscript-iframe": ("<noscript><iframe src={c} hidden></iframe></noscript>", NO_SCRIPTS),
    "noscript-style": ("<noscript><style>@import '{c}';</style></noscript>", NO_SCRIPTS),
    "select": ("<select><style></select><img src={c}></style></select>", NEITHER),
    "template-shadow": ("<div><template shadowrootmode=open><img src={c}></template></div>", BOTH),
    "comment-abrupt": ("<!--><img src={c}>-->", BOTH),
    "unfinished": ("<b></b><img src={c} alt=", BOTH),
    "meta-refresh": ("<meta http-equiv=refresh content='0;url={c}'>", BOTH),
}


# One navigates away, the other swallows what follows it.
ALONE = {"meta-refresh", "unfinished"}


class Server(socketserver.ThreadingTCPServer):
    """One request a connection, on a free port; keeps what was asked for.

    Counts at the socket: a preconnect sends no request.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: Callable[[str], bytes]) -> None:
        self.answer = answer
        self.connections = 0
        self.paths: set[str] = set()
        self.changed = threading.Condition()
        super().__init__(("127.0.0.1", 0), Connection)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def saw(self, paths: set[str]) -> bool:
        """Wait until all of ``paths`` were asked for; only a failing test waits for long."""
        with self.changed:
            return self.changed.wait_for(lambda: paths <= self.paths, timeout=20)

    def saw_connection(self) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.connections > 0, timeout=20)


class Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast("Server", self.server)
        with server.changed:
            server.connections += 1
            server.changed.notify_all()
        words = self.rfile.readline().decode("latin-1").split()
        if len(words) < 2:
            return
        while self.rfile.readline().strip():
            pass
        with server.changed:
            server.paths.add(words[1].removeprefix("/"))
            server.changed.notify_all()
        with suppress(ConnectionError):
            self.wfile.write(server.answer(words[1]))


def answer(body: str, media_type: str) -> bytes:
    content = body.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(content)}\r\n"
    return f"{head}Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n".encode() + content


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def canary() -> Iterator[Server]:
    """Yield the third party: nobody may come here."""
    with serving(Server(lambda _path: answer("", "text/plain"))) as server:
        yield server


def markup(name: str, canary: Server) -> str:
    address = f"{canary.origin}/{name}"
    return CONSTRUCTS[name][0].format(c=address, c0=ord("h"), c1=address[1:])


@contextmanager
def visit(chromium: Browser, body: str, *, scripts: bool) -> Iterator[Page]:
    """Open a page with ``body`` in full view, and wait until it is quiet."""

    def site(path: str) -> bytes:
        if path == "/slow.js":
            # The parser waits for this script, and meanwhile the preload scanner reads the whole page.
            threading.Event().wait(0.3)
            return answer("", "text/javascript")
        return answer(PAGE.format(body=body), "text/html; charset=utf-8")

    view: ViewportSize = {"width": 1200, "height": 9000}
    with serving(Server(site)) as server:
        context = chromium.new_context(java_script_enabled=scripts, viewport=view)
        try:
            page = context.new_page()
            page.goto(server.origin, wait_until="networkidle")
            yield page
        finally:
            context.close()


PAGE = """<!doctype html><html lang=en><title>A page</title><link rel=icon href=data:,>
<script src=/slow.js></script><p>Before.</p>{body}<p id=after title="">After.</p>"""


def connecting(*, scripts: bool) -> set[str]:
    """Return the constructs that connect when they are not gated and share a page."""
    states = {BOTH, SCRIPTS_ONLY if scripts else NO_SCRIPTS}
    return {name for name, (_, state) in CONSTRUCTS.items() if state in states} - ALONE


#
@pytest.mark.parametrize("scripts", [True, False])
def test_constructs_connect_to_nobody_inside_a_closed_gate(
    chromium: Browser, canary: Server, *, scripts: bool
) -> None:
    body = "".join(gate_fragment(markup(name, canary), "ads").html for name in CONSTRUCTS)

    with visit(chromium, body, scripts=scripts) as page:
        # With scripts on, the content of <noscript> is text; the unfinished tag is text in any case.
        texts = {name for name in CONSTRUCTS if scripts and name.startswith("noscript")} | {"unfinished"}
        assert page.locator("[data-consent=ads]").count() >= len(CONSTRUCTS) - len(texts)
        assert page.locator("#after").count() == 1
    assert canary.paths == set()
    assert canary.connections == 0


def test_the_same_constructs_connect_outside_a_gate(chromium: Browser, canary: Server) -> None:
    expected = connecting(scripts=True)
    body = "".join(markup(name, canary) for name in CONSTRUCTS if name not in ALONE)

    with visit(chromium, body, scripts=True):
        assert canary.saw(expected), expected - canary.paths
    assert canary.paths == expected


def test_the_same_constructs_connect_outside_a_gate_without_scripts(
    chromium: Browser, canary: Server
) -> None:
    expected = connecting(scripts=False)
    body = "".join(markup(name, canary) for name in CONSTRUCTS if name not in ALONE)

    with visit(chromium, body, scripts=False):
        assert canary.saw(expected), expected - canary.paths
    assert canary.paths == expected


@pytest.mark.parametrize("name", sorted(ALONE))
def test_a_construct_that_wants_a_page_for_itself_connects_outside_a_gate(
    chromium: Browser, canary: Server, name: str
) -> None:
    with visit(chromium, markup(name, canary), scripts=True):
        assert canary.saw_connection()


@pytest.mark.parametrize("name", sorted(ALONE))
@pytest.mark.parametrize("scripts", [True, False])
def test_a_construct_that_wants_a_page_for_itself_connects_to_nobody_inside_a_closed_gate(
    chromium: Browser, canary: Server, name: str, *, scripts: bool
) -> None:
    with visit(chromium, gate_fragment(markup(name, canary), "ads").html, scripts=scripts) as page:
        assert page.locator("#after").count() == 1
    assert canary.connections == 0

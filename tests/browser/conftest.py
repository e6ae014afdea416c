"""The running example, and the third parties it declares, played by one canary that counts every connection.

Chromium is told that every host but the site's own is the canary, so whatever a page contacts, by whatever
means, arrives there as a TCP connection.
"""

from __future__ import annotations

import runpy
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Route
from starlette.templating import Jinja2Templates
from tests.browser.vendors import VENDORS

from consentkit import ConsentMiddleware, load_policy, parse_policy
from consentkit.starlette import ConsentExtension

if TYPE_CHECKING:
    from conftest import LaunchChromium
    from playwright.sync_api import Browser, BrowserContext, Page
    from starlette.types import ASGIApp

MakeSite = Callable[..., str]

EXAMPLE = Path(__file__).parents[2] / "examples" / "publication"
KEY = "kQ3v9Zt1mW7xB5nD8rJ2pL6sC0fH4gYa"
# Chromium itself looks here for updates and accounts, whatever page is open.
TIDES = """
[site]
name = "Tides"
controller = { name = "Harbour Office", contact = "tides@harbour.example" }

[categories.analytics]
use = ["google-analytics"]
storage = [
    { name = "seen-*", kind = "local-storage", expires_after = "until-deleted" },
    { name = "tide-[0-9]?", kind = "local-storage", expires_after = "until-deleted" },
    { name = "visit", kind = "session-storage", expires_after = "session" },
    { name = "counts", kind = "indexed-db", expires_after = "until-deleted" },
    { name = "pages", kind = "cache-storage", expires_after = "until-deleted" },
]

[categories.third-party]
use = ["youtube"]

[services.counter]
category = "analytics"
provider = "Counter Ltd"
hosts = ["counter.example"]
markers = ["count("]
"""
TIDES_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tides</title>{}</head>{}</html>'
)
FILM = '<iframe src="https://www.youtube.com/embed/x" width="560" height="315" title="A film"></iframe>'
TIDES_BODY = f'<body><main><h1>High tide</h1>{FILM}<p id="end">The end.</p></main></body>'
DAYS = [
    f'<p style="margin: 6em 0">Day {day}. <a href="/other?day={day}">Its tides</a></p>' for day in range(8)
]
# Nothing else of its own is styled, so that what there is to see comes from the theme.
THEMED_PAGE = TIDES_PAGE.format(
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
    "<style>body { background: Canvas }</style>",  # axe takes a page without a background for a white one
    f"""<body><header><a href="#end">Skip to the end</a> <a href="/other">Map</a></header>
    <main><h1>High tide</h1><div style="overflow: hidden">{FILM}</div>
    <form action="/other"><label>Harbour <input name="harbour"></label> <button>Look up</button></form>
    {"".join(DAYS)}
    <p id="end">The end.</p></main></body>""",
)
BROWSERS_OWN = ("accounts.google.com", "content-autofill.googleapis.com", "update.googleapis.com")
SECURE_HOST = "www.inspectorate.example"

# What an analytics script does with the visitor's cookies: as far up the domain as it gets.
ANALYTICS = """
const labels = location.hostname.split(".");
const domain = /[a-z]/.test(labels.at(-1)) ? "; domain=" + labels.slice(-2).join(".") : "";
for (const name of ["_ga", "_ga_EXAMPLE"]) {
  document.cookie = name + "=GA1.1.2; path=/; max-age=63072000" + domain;
}
"""
ANSWERS = {
    "/slow.js": ("text/javascript", "count('slow')"),
    "/fast.js": ("text/javascript", "count('fast')"),
    "/module.js": ("text/javascript", "window.ran = import.meta.url; export {}"),
    "/beating.js": ("text/javascript", "setInterval(() => fetch('https://counter.example/beat'), 100)"),
    "/gtag/js": ("text/javascript", ANALYTICS),
    "/gtm.js": ("text/javascript", ""),
    "/widgets.js": ("text/javascript", ""),
    **VENDORS,
    "/ns.html": ("text/html", "<!doctype html><title>Tag manager</title>"),
    "/embed/": ("text/html", "<!doctype html><html lang=en><title>Film</title><h1>A film</h1>"),
}


class Canary(socketserver.ThreadingTCPServer):
    """Every third party at once, behind TLS.

    Attributes:
        accepted: connections, counted at the socket: a preconnect sends no request.
        hosts: whom the browser meant, from its TLS greeting.
        requests: host and path of each request.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.tls = tls
        tls.sni_callback = self._greeted
        self.accepted = 0
        self.hosts: set[str] = set()
        self.requests: list[str] = []
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), CanaryConnection)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def seen(self) -> Counter[str]:
        """How often each host and path was asked for."""
        with self._lock:
            return Counter(self.requests)

    def accept(self) -> None:
        with self._lock:
            self.accepted += 1

    def note(self, request: str) -> None:
        with self._lock:
            self.requests.append(request)

    def forget(self) -> None:
        with self._lock:
            self.accepted = 0
            self.hosts.clear()
            self.requests.clear()

    def _greeted(self, _connection: object, host: str | None, _tls: object) -> None:
        with self._lock:
            self.hosts.add(host or "")


class CanaryConnection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        canary = cast("Canary", self.server)
        canary.accept()
        with suppress(OSError), canary.tls.wrap_socket(self.request, server_side=True) as connection:
            head = connection.makefile("rb")
            words = head.readline().decode("latin-1").split()
            if len(words) < 2:  # a connection that was opened ahead of need
                return
            lines = iter(head.readline, b"\r\n")
            host = next(line for line in lines if line.lower().startswith(b"host:"))[5:].decode().strip()
            for _ in lines:
                pass
            canary.note(host + words[1])
            if "slow" in words[1]:
                time.sleep(0.3)
            connection.sendall(answer(words[1]))


def answer(path: str) -> bytes:
    kind, body = next((ANSWERS[start] for start in ANSWERS if path.startswith(start)), ("text/plain", ""))
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
    )
    return (head + body).encode()


@dataclass(frozen=True)
class Certificate:
    file: Path
    key: Path


@contextmanager
def served(app: ASGIApp, certificate: Certificate | None = None) -> Iterator[int]:
    """Run an app under uvicorn on a free port, with TLS if there is a certificate."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", lifespan="off")
    if certificate is not None:
        config.ssl_certfile, config.ssl_keyfile = certificate.file, certificate.key
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate for nobody in particular; Chromium is told not to mind."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")  # no tool; under CI=true a failure
    folder = tmp_path_factory.mktemp("tls")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"]
    files = ["-keyout", str(made.key), "-out", str(made.file)]
    command = [openssl, "req", "-x509", "-subj", "/CN=canary", *kind, *files]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - nothing in it is input
    return made


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[int]]:
    """Return the way to run an app under uvicorn; it yields the port."""
    return served


@pytest.fixture(scope="session")
def one_page(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Route]:
    """Return the route "/" of a site whose only page is rendered from a template with gates."""

    def route(template: str) -> Route:
        folder = tmp_path_factory.mktemp("templates")
        (folder / "page.html").write_text(template, encoding="utf-8")
        templates = Jinja2Templates(folder)
        templates.env.add_extension(ConsentExtension)

        async def page(request: Request) -> HTMLResponse:
            return templates.TemplateResponse(request, "page.html")

        return Route("/", page)

    return route


@pytest.fixture
def declared() -> str:
    """Return what the site of ``make_site`` declares; modules that need something else say so."""
    return TIDES


@pytest.fixture
def body() -> str:
    """Return what is on its pages by default."""
    return TIDES_BODY


@pytest.fixture
def make_site(secret_key: str, tmp_path: Path, declared: str, body: str) -> Iterator[MakeSite]:
    """Yield a way to a site with the pages "/" and "/other", given head and body; it returns the address."""
    with ExitStack() as stack:

        def make(
            head: str = "",
            body: str = body,
            *,
            headers: dict[str, str] | None = None,
            routes: tuple[BaseRoute, ...] = (),
            policy_text: str = declared,
            wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app,
            **options: Any,  # noqa: ANN401 - whatever the middleware takes
        ) -> str:
            async def page(_request: Request) -> HTMLResponse:
                return HTMLResponse(TIDES_PAGE.format(head, body), headers=headers)

            (tmp_path / "consent.toml").write_text(policy_text, encoding="utf-8")
            policy = load_policy(tmp_path / "consent.toml")
            consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, **options)
            paths = [*routes, Route("/", page), Route("/other", page)]
            app = wrap(Starlette(routes=paths, middleware=[consent]))
            return f"http://127.0.0.1:{stack.enter_context(served(app))}"

        yield make


@pytest.fixture(scope="session")
def themed_site(secret_key: str) -> Iterator[Callable[[str, str], str]]:
    """Yield a way to a site in a ready theme and a position; it returns the address, the same each time."""

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(THEMED_PAGE)

    with ExitStack() as stack:

        @cache
        def address(theme: str, position: str) -> str:
            policy = parse_policy(f'{TIDES}\n[theme]\nuse = "{theme}"\nposition = "{position}"')
            consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)
            app = Starlette(routes=[Route("/", page), Route("/other", page)], middleware=[consent])
            return f"http://127.0.0.1:{stack.enter_context(served(app))}"

        yield address


@pytest.fixture(scope="session")
def secret_key() -> str:
    return KEY


@pytest.fixture(scope="session")
def example_folder() -> Path:
    return EXAMPLE


@pytest.fixture(scope="session")
def example() -> ASGIApp:
    """Return the app that ``make demo`` serves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONSENT_SECRET_KEY", KEY)
        return cast("ASGIApp", runpy.run_path(str(EXAMPLE / "app.py"))["app"])


@pytest.fixture(scope="session")
def site(example: ASGIApp) -> Iterator[str]:
    """Yield the address of the example on plain http, as ``make demo`` serves it."""
    with served(example) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def secure_port(example: ASGIApp, certificate: Certificate) -> Iterator[int]:
    with served(example, certificate) as port:
        yield port


@pytest.fixture(scope="session")
def secure_site(closed_world: Browser) -> str:
    """Return the address of the same site on https, which only ``closed_world`` can reach."""
    return f"https://{SECURE_HOST}"


@pytest.fixture(scope="session")
def all_third_parties(certificate: Certificate) -> Iterator[Canary]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.file, certificate.key)
    with Canary(tls) as canary:
        thread = threading.Thread(target=canary.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield canary
        finally:
            canary.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def closed_world(launch_chromium: LaunchChromium, all_third_parties: Canary, secure_port: int) -> Browser:
    """Return a Chromium in which every host is the canary, except the site's own."""
    return launch_chromium(*closed_world_flags(all_third_parties, secure_port))


@pytest.fixture
def world_with_page_cache(
    launch_chromium: LaunchChromium, all_third_parties: Canary, secure_port: int
) -> Iterator[Browser]:
    """Yield the same with its back/forward cache, which Playwright switches off."""
    flags = closed_world_flags(all_third_parties, secure_port)
    browser = launch_chromium(*flags, without=["--disable-back-forward-cache"])
    yield browser
    browser.close()


def closed_world_flags(canary: Canary, secure_port: int) -> list[str]:
    rules = [
        *(f"MAP {host} ~NOTFOUND" for host in BROWSERS_OWN),
        f"MAP {SECURE_HOST} 127.0.0.1:{secure_port}",
        f"MAP * 127.0.0.1:{canary.port}",
        "EXCLUDE 127.0.0.1",
    ]
    return [f"--host-resolver-rules={', '.join(rules)}", "--ignore-certificate-errors"]


@pytest.fixture
def canary(all_third_parties: Canary) -> Canary:
    """Return the third parties, which nobody has contacted yet."""
    all_third_parties.forget()
    return all_third_parties


@pytest.fixture
def client_script() -> bool:
    """Return whether the client script arrives; modules that are about it say so.

    Everything else has to work where it is blocked, as by an extension.
    """
    return False


@pytest.fixture
def new_visitor(closed_world: Browser, client_script: bool) -> Iterator[Callable[..., BrowserContext]]:
    """Yield a way to a fresh profile, with the options of ``Browser.new_context``."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:  # noqa: ANN401 - whatever Playwright takes
        contexts.append(closed_world.new_context(**options))
        contexts[-1].set_default_timeout(10_000)  # only a failing test waits for anything that long
        if not client_script:
            contexts[-1].route("**/client.js", lambda route: route.fulfill(content_type="text/javascript"))
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_visitor: Callable[..., BrowserContext], canary: Canary) -> Page:
    """Return a tab of somebody who has never been here; the canary has forgotten everybody else."""
    return new_visitor().new_page()

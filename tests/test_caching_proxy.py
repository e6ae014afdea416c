"""A real nginx that keeps whatever it may, in front of a site: nobody gets another visitor's page."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from consentkit import ConsentMiddleware, Policy
from consentkit.starlette import consent_from
from consentkit.testing import consent_cookies

# What a site in a hurry writes: what says nothing of caches is kept for ten minutes.
NGINX = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/fastcgi;
  proxy_temp_path {folder}/proxy;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  proxy_cache_path {folder}/cache keys_zone=pages:1m;
  server {{
    listen unix:{folder}/nginx.sock;
    location / {{
      proxy_pass http://unix:{folder}/site.sock;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_cache pages;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 301 404 10m;
      proxy_cache_revalidate on;
      add_header X-Cache $upstream_cache_status always;
    }}
  }}
}}
"""

DATED = "Sat, 03 Jun 2023 08:00:00 GMT"
STORY = """<!DOCTYPE html>
<html lang="en"><head><title>Tides</title></head>
<body><h1>Tides</h1><iframe src="https://video.example/1" title="A film"></iframe></body></html>
"""
LIVE = ' src="https://video.example/1"'
ASKED = 'id="choices"'

#: How each visitor's page of the story looks: whether the film is live, whether the banner asks.
LOOKS = {"A": (True, False), "B": (False, False), "C": (False, True)}


class UnixConnection(http.client.HTTPConnection):
    """A connection over a socket in the file system: no two tests can want the same one."""

    def __init__(self, path: str) -> None:
        super().__init__("www.harbour.example", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def cached(self) -> str | None:
        return self.headers["X-Cache"]

    @property
    def looks(self) -> tuple[bool, bool]:
        return LIVE in self.text, ASKED in self.text


@dataclass(frozen=True)
class Site:
    """A running site behind its nginx.

    Attributes:
        folder: where the sockets are.
        cookies: the Cookie header of each visitor.
    """

    folder: str
    cookies: dict[str, str]

    def ask(
        self,
        visitor: str,
        path: str,
        *,
        method: str = "GET",
        body: str | None = None,
        past: bool = False,
        **headers: str,
    ) -> Answer:
        """Ask for a path through nginx, or past it, as a browser that opens a page would."""
        sent = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Dest": "document", "Accept-Encoding": "gzip"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if cookie := self.cookies.get(visitor):
            sent["Cookie"] = cookie
        connection = UnixConnection(f"{self.folder}/{'site' if past else 'nginx'}.sock")
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


async def story(request: Request) -> Response:
    """Serve the page; ``?set=<header>:<value>`` adds a header to it, and the tag is the application's own."""
    headers = {"ETag": '"tides-1"', "Last-Modified": DATED}
    for pair in request.query_params.getlist("set"):
        name, _, value = pair.partition(":")
        headers[name] = value
    if '"tides-1"' in request.headers.get("if-none-match", "") or "if-modified-since" in request.headers:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(STORY, headers=headers)


async def sets_a_cookie(_request: Request) -> Response:
    answer = HTMLResponse(STORY, headers={"Cache-Control": "public, max-age=600"})
    answer.set_cookie("session", "s3cr3t")
    return answer


async def asks(request: Request) -> Response:
    allowed = consent_from(request).allows("analytics")
    return JSONResponse({"counted": allowed}, headers={"Cache-Control": "public, s-maxage=600"})


async def asks_nobody(_request: Request) -> Response:
    return JSONResponse({"high": "06:12"}, headers={"Cache-Control": "public, max-age=600", "ETag": '"t"'})


@contextmanager
def served(app: Starlette, folder: str) -> Iterator[None]:
    server = uvicorn.Server(
        uvicorn.Config(app, uds=f"{folder}/site.sock", log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def proxied(folder: str) -> Iterator[None]:
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if nginx is None:
        pytest.skip("nginx is not installed")  # no tool; under CI=true a failure
    configuration = Path(folder) / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(NGINX.format(folder=folder, user=user), encoding="utf-8")
    command = [nginx, "-c", str(configuration), "-p", folder, "-e", f"{folder}/error.log"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the nginx of this system, with our file
    try:
        wait_for(lambda: answers(f"{folder}/nginx.sock") or process.poll() is not None)
        assert process.poll() is None, (Path(folder) / "error.log").read_text(encoding="utf-8")
        yield
    finally:
        process.terminate()
        process.wait(20)


def answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def wait_for(ready: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < limit, "it does not start"
        time.sleep(0.02)


@contextmanager
def running(policy: Policy, secret_key: str, cache: str = "personal") -> Iterator[Site]:
    app = Starlette(
        routes=[
            Route("/story", story),
            Route("/story/{rest}", story),
            Route("/login", sets_a_cookie),
            Route("/asks", asks),
            Route("/tides.json", asks_nobody),
        ],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, cache=cache)],
    )
    everything = consent_cookies(policy, secret_key, granted=["analytics", "third-party"])
    nothing = consent_cookies(policy, secret_key)
    cookies = {"A": f"consent={everything['consent']}", "B": f"consent={nothing['consent']}", "C": ""}
    # A socket's path may have 107 characters, fewer than some systems' folders for tests.
    with tempfile.TemporaryDirectory(prefix="ck-") as folder, served(app, folder), proxied(folder):
        yield Site(folder, cookies)


@pytest.fixture
def site(policy: Policy, secret_key: str) -> Iterator[Site]:
    """A site whose pages are each for their visitor."""
    with running(policy, secret_key) as site:
        yield site


@pytest.fixture
def shared(policy: Policy, secret_key: str) -> Iterator[Site]:
    """A site whose pages are the same for everybody."""
    with running(policy, secret_key, cache="shared") as site:
        yield site


def with_header(*headers: str) -> str:
    return "/story?" + urlencode([("set", header) for header in headers])


# ---- pages for one visitor


#
@pytest.mark.parametrize(
    "path",
    [
        "/story",
        with_header("Cache-Control:public, max-age=600"),
        with_header("Cache-Control:s-maxage=600"),
        with_header("Expires:Thu, 01 Jan 2099 00:00:00 GMT"),
        with_header("X-Accel-Expires:600"),
        with_header("X-Accel-Expires:@4102444800", "Cache-Control:public"),
        with_header("CDN-Cache-Control:max-age=600", "Vary:Accept-Language"),
        "/login",
    ],
)
def test_nobody_gets_another_visitor_s_page(site: Site, path: str) -> None:
    for visitor in "ABCABCCBA":
        answer = site.ask(visitor, path)
        assert answer.looks == LOOKS[visitor]
        assert answer.cached == "MISS"
        assert "private" in answer.headers["Cache-Control"]
        assert answer.headers["Vary"].endswith("Cookie, Sec-GPC")


#
def test_a_signal_gets_a_page_of_its_own(site: Site) -> None:
    plain = site.ask("A", "/story")
    signalled = site.ask("A", "/story", Sec_GPC="1")

    assert plain.looks == (True, False)
    assert signalled.looks == (False, False)
    assert site.ask("A", "/story").looks == (True, False)
    assert signalled.headers["ETag"] != plain.headers["ETag"]


#
def test_the_headers_alone_tell_a_cache_as_much_as_the_page_does(site: Site) -> None:
    path = with_header("Cache-Control:public, max-age=600")
    for visitor in "ABC":
        head = site.ask(visitor, path, method="HEAD")
        page = site.ask(visitor, path)

        assert head.body == b""
        assert head.headers["ETag"] == page.headers["ETag"]
        assert "private" in head.headers["Cache-Control"]
        assert page.looks == LOOKS[visitor]
        assert (head.cached, page.cached) == ("MISS", "MISS")


#
@pytest.mark.parametrize("past", [False, True])
def test_a_copy_is_confirmed_to_who_has_it_and_to_nobody_else(site: Site, past: bool) -> None:
    tags = {visitor: site.ask(visitor, "/story", past=past).headers["ETag"] for visitor in "ABC"}
    assert len(set(tags.values())) == 3

    for visitor in "ABC":
        for tag in tags.values():
            answer = site.ask(visitor, "/story", past=past, If_None_Match=tag)
            if tag != tags[visitor]:
                assert (answer.status, answer.looks) == (200, LOOKS[visitor])
            elif past:
                # An nginx that keeps pages asks for whole ones; past it the question gets through.
                assert (answer.status, answer.body) == (304, b"")


#
@pytest.mark.parametrize("past", [False, True])
@pytest.mark.parametrize(
    "condition",
    [{"If_None_Match": '"tides-1"'}, {"If_None_Match": 'W/"tides-1"'}, {"If_Modified_Since": DATED}],
)
def test_a_copy_from_before_there_was_a_gate_is_never_confirmed(
    site: Site, condition: dict[str, str], past: bool
) -> None:
    for visitor in "ABC":
        answer = site.ask(visitor, "/story", past=past, **condition)
        assert (answer.status, answer.looks) == (200, LOOKS[visitor])


#
def test_a_withdrawal_shows_at_once_although_a_copy_was_kept(site: Site) -> None:
    before = site.ask("A", "/story")
    form = urlencode({"decision": "deny-all", "next": "/story"})
    said = site.ask(
        "A",
        "/cookies",
        method="POST",
        body=form,
        Content_Type="application/x-www-form-urlencoded",
        Sec_Fetch_Site="same-origin",
    )
    assert (said.status, said.headers["Cache-Control"]) == (303, "no-store")
    saved = next(value for value in said.headers.get_all("Set-Cookie", []) if value.startswith("consent="))
    site.cookies["A"] = saved.partition(";")[0]

    after = site.ask("A", "/story", If_None_Match=before.headers["ETag"])
    assert before.looks == (True, False)
    assert (after.status, after.looks) == (200, (False, False))


#
def test_what_the_application_asks_is_kept_for_nobody_else(site: Site) -> None:
    for visitor in "ABCBA":
        answer = site.ask(visitor, "/asks")
        assert answer.text == ('{"counted":true}' if visitor == "A" else '{"counted":false}')
        assert answer.cached == "MISS"


def test_the_cookies_page_and_its_state_are_kept_by_nobody(site: Site) -> None:
    for path in ("/cookies", "/cookies/state"):
        bodies = {site.ask(visitor, path).body for visitor in "ABC"}
        assert len(bodies) == 3
        assert {site.ask(visitor, path).cached for visitor in "ABC"} == {"MISS"}


# ---- what does not depend on the visitor


def test_what_does_not_depend_on_consent_is_kept_for_all_with_the_same_bytes(site: Site) -> None:
    first, *others = [site.ask(visitor, "/tides.json") for visitor in "ABCA"]

    assert first.cached == "MISS"
    assert {answer.cached for answer in others} == {"HIT"}
    assert {answer.body for answer in others} == {first.body} == {b'{"high":"06:12"}'}
    assert first.headers["Cache-Control"] == "public, max-age=600"
    assert "Vary" not in first.headers
    assert first.headers["ETag"] == '"t"'


def test_the_stylesheet_is_kept_for_all(site: Site) -> None:
    address = site.ask("C", "/story").text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    first, second = site.ask("C", address), site.ask("A", address)

    assert (first.cached, second.cached) == ("MISS", "HIT")
    assert first.body == second.body


def test_the_cache_in_these_tests_does_keep_what_it_may(site: Site) -> None:
    """Nothing above would mean anything otherwise."""
    assert [site.ask(visitor, "/nothing-here").cached for visitor in "AB"] == ["MISS", "HIT"]


# ---- one page for everybody


#
def test_a_page_for_everybody_is_kept_and_is_the_same_for_all(shared: Site) -> None:
    path = with_header("Cache-Control:public, max-age=600")
    first, *others = [shared.ask(visitor, path) for visitor in "ABCA"]

    assert first.cached == "MISS"
    assert {answer.cached for answer in others} == {"HIT"}
    assert {answer.body for answer in others} == {first.body}
    assert first.looks == (False, True)
    assert "Vary" not in first.headers
    assert first.headers["Cache-Control"] == "public, max-age=600"
    assert {shared.ask(visitor, path, past=True).body for visitor in "ABC"} == {first.body}


#
def test_a_page_for_everybody_sets_no_consent_cookie(shared: Site) -> None:
    for visitor in "ABC":
        cookies = shared.ask(visitor, "/story").headers.get_all("Set-Cookie", [])
        assert not [cookie for cookie in cookies if "consent" in cookie]


def test_a_kept_page_for_everybody_is_confirmed_when_its_time_is_over(shared: Site) -> None:
    path = with_header("Cache-Control:public, max-age=1")
    first = shared.ask("A", path)
    time.sleep(2.1)
    again = shared.ask("B", path)

    assert (first.cached, again.cached) == ("MISS", "REVALIDATED")
    assert again.body == first.body
    assert again.headers["ETag"] == first.headers["ETag"]


#
def test_what_the_application_asks_stays_private_beside_pages_for_everybody(shared: Site) -> None:
    for visitor in "ABCBA":
        answer = shared.ask(visitor, "/asks")
        assert answer.text == ('{"counted":true}' if visitor == "A" else '{"counted":false}')
        assert answer.cached == "MISS"

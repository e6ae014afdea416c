"""A small site for the benchmarks: its policy, what its visitors send, and apps that answer them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Final

from itsdangerous import TimestampSigner
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consentkit import Consent, ConsentMiddleware, parse_policy
from consentkit.consent.cookie import ConsentCookie
from consentkit.policy.model import CONSENT_COOKIE_NAMES
from consentkit.starlette import consent_from

KEY: Final = "5d0cf7a1b2e84936a7d10b44c2f98e6350b1d2c3e4f5a697"

POLICY: Final = parse_policy(
    """
    [site]
    name = "Benchmark site"
    languages = ["en"]
    controller = { name = "Benchmark site", contact = "privacy@example.org" }

    [categories.essential]
    cookies = [{ name = "session", expires_after = "session", purpose = "Keeps you signed in." }]

    [categories.functional]
    cookies = [{ name = "theme", expires_after = "1 year", purpose = "Remembers your colours." }]

    [categories.analytics]
    use = ["google-analytics", "matomo"]

    [categories.marketing]
    use = ["youtube", "meta-pixel"]
    """
)

_CODEC: Final = ConsentCookie(POLICY, KEY)

_BODY: Final = b"<!doctype html><title>Example</title><p>Example"
_HEADERS: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-length", str(len(_BODY)).encode()),
    (b"content-language", b"en"),
    (b"etag", b'"5d0cf7a1"'),
)

#: What an app does with the visitor before it answers.
Look = Callable[[Scope], object]


def site(look: Look, *, page: bool = True) -> ASGIApp:
    """Return the application, in which ``look`` is called first; what it answers may be no page."""
    headers = _HEADERS if page else ((b"content-type", b"application/json"), *_HEADERS[1:])

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        look(scope)
        # A new list as from any framework: SessionMiddleware adds to the one it is given.
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": _BODY})

    return app


def setting_cookies(app: ASGIApp) -> ASGIApp:
    """Let ``app`` set five cookies: one essential, two that the visitor granted, two denied."""
    cookies = [
        (b"set-cookie", f"{name}=1760000000.{name}; Path=/; Max-Age=31536000; Secure; SameSite=Lax".encode())
        for name in ("session", "_ga", "_pk_id.1", "theme", "_fbp")
    ]

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += cookies
            await send(message)

        await app(scope, receive, send_with_cookies)

    return wrapped


def look_at_nothing(scope: Scope) -> object:
    """Neither consent nor session is wanted."""
    return scope


def look_at_request(scope: Scope) -> object:
    """Do what both of the following begin with."""
    return HTTPConnection(scope)


def look_at_session(scope: Scope) -> object:
    """Read one value of the session, as an endpoint does."""
    return HTTPConnection(scope).session.get("user")


def look_at_consent(scope: Scope) -> object:
    """Ask for one category, as an endpoint does."""
    return consent_from(HTTPConnection(scope)).allows("analytics")


def with_consent(app: ASGIApp) -> ASGIApp:
    """Put consentkit around ``app``; what pages cost is measured by themselves."""
    return ConsentMiddleware(app, policy=POLICY, secret_key=KEY, gate_html=False, inject_banner=False)


def as_installed(app: ASGIApp) -> ASGIApp:
    """Put consentkit around ``app`` with no option changed, so that it looks for pages."""
    return ConsentMiddleware(app, policy=POLICY, secret_key=KEY)


def with_session(app: ASGIApp) -> ASGIApp:
    """Put Starlette's sessions around ``app``."""
    return SessionMiddleware(app, secret_key=KEY)


def consent_value(number: int) -> str:
    """Return the cookie of visitor ``number``, who has answered for three categories and has an id."""
    consent = Consent(POLICY, consent_id=f"{number:022d}").deny_all().grant("analytics")
    return _CODEC.value(_CODEC.seal(consent))


def session_value() -> str:
    """Return a session with a user and a token in it, as SessionMiddleware writes it."""
    session = {"user": 4711, "csrf": "q0Yb6wB7zU2mS9f1J4kQdXrTn8vLhG3c", "seen": ["/reports", "/news"]}
    return TimestampSigner(KEY).sign(b64encode(json.dumps(session).encode())).decode()


def scope_of(number: int, *, optional: bool = False) -> Scope:
    """Return a request of visitor ``number`` as a browser and a server make it.

    Args:
        number: of the visitor.
        optional: whether it brings two optional cookies as well, one granted and one denied.
    """
    cookies = {"session": session_value(), CONSENT_COOKIE_NAMES[0]: consent_value(number)}
    if optional:
        cookies |= {"theme": "dark", "_ga": "GA1.1.1234567890.1760000000"}
    headers = {
        "host": "www.example.org",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "accept-language": "en-GB,en;q=0.5",
        "accept-encoding": "gzip, deflate, br, zstd",
        "referer": "https://www.example.org/reports",
        "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "sec-fetch-dest": "document",
        "sec-fetch-mode": "navigate",
        "sec-fetch-site": "same-origin",
    }
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("192.0.2.7", 50_000),
        "scheme": "https",
        "method": "GET",
        "root_path": "",
        "path": "/reports/phase-two",
        "raw_path": b"/reports/phase-two",
        "query_string": b"page=2",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

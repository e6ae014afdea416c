"""One declared site, and one exchange with an ASGI application down to its messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

import pytest
from starlette.types import ASGIApp, Message, Scope

from consentkit import Policy, parse_policy

SITE = """
[site]
name = "Tide Tables"
controller = {{ name = "Harbour Office", contact = "privacy@harbour.example" }}
languages = {languages}

[consent]
gpc = {gpc}

[categories.essential]
essential = true
cookies = [{{ name = "session", purpose = "Keeps you signed in.", expires_after = "session" }}]

[categories.analytics]
cookies = [{{ name = "_visits_*", expires_after = "13 months" }}]

[services.counter]
category = "analytics"
provider = "Counting Ltd"
hosts = ["counter.example"]
cookies = [
    {{ name = "_ct", expires_after = "1 year" }},
    {{ name = "_shared", expires_after = "1 year" }},
    {{ name = "__Host-ct", expires_after = "1 year" }},
    {{ name = "_elsewhere", expires_after = "1 year", domain = "counter.example" }},
]

[services.panel]
category = "analytics"
provider = "Panel Ltd"
hosts = ["panel.example"]
cookies = [{{ name = "_shared", expires_after = "1 year" }}]

[categories.third-party]

[services.video]
category = "third-party"
provider = "Video Company"
hosts = ["video.example"]
cookies = [{{ name = "_v", expires_after = "1 year", path = "/videos" }}]
"""


@pytest.fixture
def declare() -> Callable[..., Policy]:
    """Declare the site with other languages, or with another reading of the signal."""

    def declare(languages: Sequence[str] = ("en",), gpc: Sequence[str] = ("third-party",)) -> Policy:
        return parse_policy(SITE.format(languages=list(languages), gpc=list(gpc)))

    return declare


@pytest.fixture
def policy(declare: Callable[..., Policy]) -> Policy:
    return declare()


@pytest.fixture
def secret_key() -> str:
    return "3f1c9a5e7b2d8064" * 4


@pytest.fixture
def exchange() -> Callable[..., list[Message]]:
    """Call an ASGI application once and return what it sent, the very same objects."""

    def exchange(
        app: ASGIApp,
        path: str = "/",
        *,
        headers: Iterable[tuple[bytes, bytes]] = (),
        events: Iterable[Message] = ({"type": "http.request", "body": b""},),
        **scope: object,
    ) -> list[Message]:
        sent: list[Message] = []
        waiting = iter(events)

        async def receive() -> Message:
            return next(waiting, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            sent.append(message)

        whole: Scope = {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": list(headers),
            **scope,
        }

        async def call() -> None:
            await app(whole, receive, send)

        asyncio.run(call())
        return sent

    return exchange

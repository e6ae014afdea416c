"""Cookies whose names browsers and applications read differently, down to what Starlette makes of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from consentkit import Consent, ConsentMiddleware, Policy
from consentkit.consent.cookie import ConsentCookie

Exchange = Callable[..., list[Message]]

LINES = [
    b"\x0b_ct=1",
    b"_ct\x0c=1",
    b"session=s; \xa0_ct=1",
    b"\x85_ct\x1f=1; session=s",
    b"\xc2\xa0_ct=1",
    b"=_ct=1",
    b"session=s; = _ct=1",
]


def granting(policy: Policy, secret_key: str, name: str) -> bytes:
    cookie = ConsentCookie(policy, secret_key)
    return b"consent=" + cookie.value(cookie.seal(Consent(policy).grant(name))).encode()


#
@pytest.mark.parametrize("line", LINES)
def test_no_spelling_of_a_denied_cookie_reaches_the_application(
    policy: Policy, secret_key: str, exchange: Exchange, line: bytes
) -> None:
    seen: list[dict[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(Request(scope).cookies)

    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key)
    granted = granting(policy, secret_key, "analytics")
    exchange(wrapped, headers=[(b"cookie", line)])
    exchange(wrapped, headers=[(b"cookie", b"a=1"), (b"cookie", line), (b"cookie", b"b=1")])
    exchange(wrapped, headers=[(b"cookie", line + b"; " + granted)])

    denied, in_two, allowed = seen
    assert "_ct" not in "".join([*denied, *denied.values(), *in_two, *in_two.values()])
    assert denied.get("session") == ("s" if b"session" in line else None)
    assert "_ct" in "".join([*allowed, *allowed.values()])


#
@pytest.mark.parametrize(
    "header", [b"\xa0_ct=1; Path=/", b"_ct\x85=1", b"\x0b_ct=1", b"=_ct=1", b" = _ct=1; HttpOnly", b"==_ct=1"]
)
def test_no_spelling_of_a_denied_cookie_reaches_the_browser(
    policy: Policy, secret_key: str, exchange: Exchange, header: bytes
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"set-cookie", header), (b"set-cookie", b"session=1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key)
    granted = [(b"cookie", granting(policy, secret_key, "analytics"))]

    def set_by(message: Message) -> list[bytes]:
        return [value for key, value in message["headers"] if key == b"set-cookie"]

    assert set_by(exchange(wrapped)[0]) == [b"session=1"]
    assert set_by(exchange(wrapped, headers=granted)[0]) == [header, b"session=1"]


# a name with blanks around it is not guarded by browsers, so anybody below the domain may set it.
@pytest.mark.parametrize("blank", [b"\xa0", b"\x0b", b"="])
def test_a_look_alike_of_the_consent_cookie_says_nothing(
    policy: Policy, secret_key: str, exchange: Exchange, blank: bytes
) -> None:
    seen: list[dict[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(Request(scope).cookies)

    planted = blank + granting(policy, secret_key, "analytics") + b"; _ct=1"
    exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key), headers=[(b"cookie", planted)])

    assert "_ct" not in seen[0]

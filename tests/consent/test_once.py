"""The permission to load one embed once: genuine, current, for one embed on one page, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.consent.once import (
    LIFETIME,
    SALT,
    OnceCookie,
    embed_id,
    is_embed_id,
    is_on_page,
    name_part,
    part,
)
from consentkit.consent.signer import CookieSigner

KEY = "3f1c9a5e7b2d8064" * 4
EMBED = embed_id("youtube", "https://www.youtube.com/embed/x", "/page")
NOW = 1_800_000_000


def codec(now: float = NOW, key: str | list[str] = KEY) -> OnceCookie:
    return OnceCookie(key, clock=lambda: now)


def sent(header: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"cookie", header.partition(b";")[0])]


#
@pytest.mark.parametrize(("secure", "name"), [(True, b"__Host-consent-once"), (False, b"consent-once")])
def test_the_cookie_is_bound_to_its_host_and_lives_for_a_minute(secure: bool, name: bytes) -> None:
    header = codec().set_cookie(EMBED, secure=secure)
    attributes = b"; Path=/; Max-Age=60; HttpOnly; SameSite=Lax" + (b"; Secure" if secure else b"")

    assert header.startswith(name + b"=1.")
    assert header.endswith(attributes)
    assert codec().read(sent(header), secure=secure) == EMBED
    assert codec().read(sent(header), secure=not secure) is None
    assert codec().deletion(secure=secure) == name + b"=" + attributes.replace(b"=60", b"=0")


#
@pytest.mark.parametrize(
    ("age", "loads"), [(-2, False), (0, True), (LIFETIME - 1, True), (LIFETIME + 1, False), (10**8, False)]
)
def test_the_permission_ends_whatever_the_browser_keeps(age: int, loads: bool) -> None:
    header = codec(NOW - age).set_cookie(EMBED, secure=True)

    assert (codec().read(sent(header), secure=True) == EMBED) is loads


#
def test_a_value_that_another_key_or_purpose_signed_is_nothing() -> None:
    header = codec(key="a5e7b2d80643f1c9" * 4).set_cookie(EMBED, secure=True)

    assert codec().read(sent(header), secure=True) is None
    assert codec(key=["a5e7b2d80643f1c9" * 4, KEY]).read(sent(header), secure=True) == EMBED


#
def test_a_signature_for_another_cookie_opens_nothing() -> None:
    payload = f"1.{NOW:08x}.{EMBED}"
    values = {
        salt: CookieSigner([KEY.encode()], salt).sign(payload) for salt in (b"consentkit.cookie.v1", SALT)
    }
    opened = [
        salt
        for salt, value in values.items()
        if codec().read([(b"cookie", b"consent-once=" + value)], secure=False) == EMBED
    ]

    assert opened == [b"consentkit.once.v1"]


#
def test_two_values_are_none() -> None:
    one = codec().set_cookie(EMBED, secure=True)
    other = codec().set_cookie("b" * 28, secure=True)

    assert codec().read([*sent(one), *sent(other)], secure=True) is None


#
@pytest.mark.parametrize("planted", [b"__Host-consent-once=x; " * 5, b"a=b; " * 4_000])
def test_more_than_a_browser_sends_is_nothing(planted: bytes) -> None:
    one = codec().set_cookie(EMBED, secure=True).partition(b";")[0]

    assert codec().read([(b"cookie", planted + one)], secure=True) is None


#
@given(st.binary(max_size=120), st.integers(0, 120))
def test_nothing_that_is_not_ours_raises_or_loads(noise: bytes, at: int) -> None:
    header = codec().set_cookie(EMBED, secure=True).partition(b";")[0]
    for value in (b"__Host-consent-once=" + noise, header[:at] + noise + header[at:]):
        found = codec().read([(b"cookie", value)], secure=True)
        pairs = [[part.strip() for part in pair.split(b"=", 1)] for pair in value.split(b";")]
        assert found is None or header.split(b"=", 1) in pairs


@given(st.text(), st.text(), st.text())
def test_an_id_has_its_form_and_stands_for_service_source_and_page(name: str, source: str, path: str) -> None:
    assert is_embed_id(embed_id(name, source, path))
    assert embed_id(name, source, path) != embed_id(name + "x", source, path)
    assert embed_id(name, source, path) != embed_id(name, source + "x", path)
    assert embed_id(name, source, path) != embed_id(name, source, path + "x")


#
@given(st.text(), st.text(), st.text(), st.text())
def test_an_id_tells_its_service_and_its_page_and_no_other(
    name: str, source: str, path: str, other: str
) -> None:
    embed = embed_id(name, source, path)

    assert name_part(embed) == part(name)
    assert is_on_page(embed, path)
    assert is_on_page(embed, other) is (other == path)
    assert (name_part(embed) == part(other)) is (other == name)


@pytest.mark.parametrize("text", ["", "a" * 27, "a" * 29, "a" * 27 + "=", "a" * 27 + "\n", "é" * 28])
def test_what_has_not_the_form_of_an_id_is_none(text: str) -> None:
    assert not is_embed_id(text)

"""Secret keys: random ones are taken, guessable ones are refused with the way to a better one."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.consent.cookie import ConsentCookie
from consentkit.consent.keys import MIN_LENGTH, check_keys
from consentkit.errors import SecretKeyError
from consentkit.policy.model import Policy


@pytest.mark.parametrize(
    "make",
    [
        lambda: secrets.token_hex(32),
        lambda: secrets.token_hex(16),
        lambda: secrets.token_urlsafe(32),
        lambda: secrets.token_bytes(32),
        lambda: "".join(secrets.choice(string.digits) for _ in range(64)),
        lambda: "".join(secrets.choice(string.ascii_lowercase) for _ in range(32)),
    ],
    ids=["64 hex digits", "32 hex digits", "base64", "bytes", "64 digits", "32 letters"],
)
def test_a_random_key_is_never_refused(make: Callable[[], str | bytes]) -> None:
    for _ in range(500):
        key = make()
        assert check_keys(key) == [key.encode() if isinstance(key, str) else key]


def test_a_list_keeps_its_order_as_bytes() -> None:
    old, new = secrets.token_hex(32), secrets.token_bytes(32)

    assert check_keys([old, new]) == [old.encode(), new]
    assert check_keys((old,)) == [old.encode()]


@pytest.mark.parametrize("key", [None, "", b"", [], (), 0])
def test_a_missing_key_is_refused(key: object) -> None:
    with pytest.raises(SecretKeyError, match="secret_key"):
        check_keys(cast("str", key))


@pytest.mark.parametrize("keys", [[None], [5], [secrets.token_hex(32), None], [["nested"]]])
def test_a_list_with_something_else_in_it_is_refused(keys: object) -> None:
    with pytest.raises(SecretKeyError, match="neither text nor bytes"):
        check_keys(cast("str", keys))


def test_a_key_of_31_bytes_is_refused_and_one_of_32_is_not() -> None:
    key = secrets.token_bytes(MIN_LENGTH)

    assert check_keys(key) == [key]
    with pytest.raises(SecretKeyError, match="31 bytes; at least 32"):
        check_keys(key[:31])


def test_the_length_is_counted_in_bytes() -> None:
    assert check_keys("äöüßéèêëàâñçÿøåœ")


def test_one_bad_key_in_a_list_is_refused() -> None:
    with pytest.raises(SecretKeyError):
        check_keys([secrets.token_hex(32), "short"])


@pytest.mark.parametrize(
    "key",
    [
        "changeme" * 4,
        "change-me-change-me-change-me-change-me",
        "SECRET_KEY_SECRET_KEY_SECRET_KEY_1234567890",
        "your-secret-key-here-your-secret-key-here",
        "django-insecure-secret-key-django-insecure",
        b"password-password-password-password-2026",
        "consentkit test key consentkit test key",
    ],
)
def test_words_that_everybody_knows_are_refused(key: str | bytes) -> None:
    with pytest.raises(SecretKeyError, match="everybody knows"):
        check_keys(key)


@pytest.mark.parametrize(
    "key",
    [
        "secret-8f0e2b7c41d95a36e8071c4fb2d93a65",
        b"my" + bytes.fromhex("9ae1c05f93b8d7028ef0a4bc1dc9867ff28b03e9d1af98c6b21590eda783"),
    ],
)
def test_a_random_key_may_contain_such_a_word(key: str | bytes) -> None:
    assert check_keys(key)


@pytest.mark.parametrize(
    "key",
    [
        "0" * 64,
        "ab" * 16,
        b"\x00" * 32,
        "12345678901234567890123456789012",
        "0123456789abcdef" * 4,
        "abcdefghijklmnopqrstuvwxyz012345",
        "zyxwvutsrqponmlkjihgfedcba987654",
        string.ascii_letters,
        bytes(range(64)),
    ],
)
def test_a_simple_pattern_is_refused(key: str | bytes) -> None:
    with pytest.raises(SecretKeyError, match="simple pattern"):
        check_keys(key)


@pytest.mark.parametrize("key", ["\udcff" * 40, "\ud800" * 41, "\udc80" + secrets.token_hex(32)])
def test_an_environment_variable_that_is_not_utf_8_raises_nothing_else(key: str) -> None:
    with suppress(SecretKeyError):
        check_keys(key)


@given(st.text(max_size=7) | st.binary(max_size=31))
def test_a_refusal_says_how_to_make_a_key(key: str | bytes) -> None:
    with pytest.raises(SecretKeyError) as caught:
        check_keys(key)

    assert "secrets.token_hex(32)" in str(caught.value)
    assert "CONSENT_SECRET_KEY" in str(caught.value)


@pytest.mark.parametrize("key", ["hunter2-hunter2", "correct-horse", "changeme" * 4, "qz" * 20])
def test_a_refused_key_is_not_in_the_message(key: str) -> None:
    with pytest.raises(SecretKeyError) as caught:
        check_keys(key)

    assert key not in str(caught.value)
    assert key not in repr(caught.value)


def test_a_codec_refuses_a_bad_key_when_it_is_made(policy: Policy) -> None:
    with pytest.raises(SecretKeyError):
        ConsentCookie(policy, "short")

"""The signature is that of itsdangerous, and of nothing else."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer

from consentkit.consent.signer import CookieSigner

KEYS = st.binary(min_size=1, max_size=200)
SALT = b"a salt"


@given(st.lists(KEYS, min_size=1, max_size=3), st.binary(max_size=300))
def test_it_signs_as_itsdangerous_does(keys: list[bytes], value: bytes) -> None:
    theirs = Signer(keys, salt=SALT, key_derivation="hmac", digest_method=sha256)
    ours = CookieSigner(keys, SALT)

    assert ours.sign(value) == theirs.sign(value)
    assert ours.get_signature(value) == theirs.get_signature(value)
    assert theirs.unsign(ours.sign(value)) == value
    assert ours.is_genuine(value, theirs.get_signature(value))


@given(KEYS, st.binary(max_size=300), st.binary(max_size=60))
def test_no_other_text_is_a_signature(key: bytes, value: bytes, other: bytes) -> None:
    signer = CookieSigner([key], SALT)
    genuine = signer.get_signature(value)

    assert signer.is_genuine(value, other) is (other == genuine)
    assert not signer.is_genuine(value, genuine + b"=")
    assert not signer.is_genuine(value, genuine[:-1])
    assert not signer.is_genuine(value + b"x", genuine)

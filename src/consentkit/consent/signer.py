"""Signing what a cookie holds. The only module that knows itsdangerous."""

from __future__ import annotations

import hmac
from binascii import b2a_base64
from hashlib import sha256
from typing import Final

from itsdangerous import Signer, want_bytes

_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


class CookieSigner(Signer):
    """itsdangerous' signer with each key derived, and its HMAC begun, once and not for every value.

    Signatures are compared as they are written, so that a value has one genuine spelling: decoders
    of base64 do not mind its two spare bits.

    Args:
        keys: oldest first; the last one signs.
        salt: what the signature is for, so that no cookie can take the place of another.
    """

    def __init__(self, keys: list[bytes], salt: bytes) -> None:
        super().__init__(keys, salt=salt, key_derivation="hmac", digest_method=sha256)
        # Newest first: it has signed most of what comes in.
        self._begun = [hmac.new(self.derive_key(key), digestmod=sha256) for key in reversed(keys)]

    def get_signature(self, value: str | bytes) -> bytes:
        """Return the signature of ``value`` under the newest key."""
        return _signature(self._begun[0], want_bytes(value))

    def is_genuine(self, value: bytes, sig: bytes) -> bool:
        """Return whether ``sig`` is the signature of ``value`` under any of the keys.

        ``verify_signature``, for bytes alone and for the one spelling of a signature.
        """
        for begun in self._begun:  # noqa: SIM110 # any() takes longer than the comparison
            if hmac.compare_digest(sig, _signature(begun, value)):
                return True
        return False


def _signature(begun: hmac.HMAC, value: bytes) -> bytes:
    mac = begun.copy()
    mac.update(value)
    # itsdangerous' base64_encode takes as long as the HMAC.
    return b2a_base64(mac.digest(), newline=False).rstrip(b"=").translate(_URL_SAFE)

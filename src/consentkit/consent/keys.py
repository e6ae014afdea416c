"""Which secret keys are good enough to sign with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from ..errors import SecretKeyError

#: Bytes; the length of the SHA-256 digest that the signature is made with (RFC 2104, section 3).
MIN_LENGTH: Final = 32
#: A random key of 32 bytes or 64 hexadecimal digits practically never has fewer different
#: characters, nor fewer different steps from one to the next ("abcdef…" has one).
MIN_DISTINCT: Final = 8

_WELL_KNOWN: Final = re.compile(
    "(?:secret|changeme|change|password|key|test|example|consentkit|default|django|insecure|your|my|here|the)+"
)
_CURE: Final = (
    'Make one with: python -c "import secrets; print(secrets.token_hex(32))" '
    "and keep it outside the code, for example in the environment variable CONSENT_SECRET_KEY."
)


def check_keys(secret_key: str | bytes | Sequence[str | bytes]) -> list[bytes]:
    """Return the signing keys as bytes, oldest first.

    Args:
        secret_key: one key, or several for rotation: oldest first, the last one signs.

    Raises:
        SecretKeyError: there is no key, or one is shorter than 32 bytes, made of words that
            everybody knows, or too monotonous to be random. The message never holds the key.
    """
    # What os.environ.get returns for a variable that is not set is the likeliest mistake.
    keys = [secret_key] if isinstance(secret_key, str | bytes) else list(secret_key or ())
    if not keys:
        raise SecretKeyError(f"secret_key is empty. {_CURE}")
    checked = []
    for key in keys:
        if not isinstance(key, str | bytes):
            raise SecretKeyError(f"secret_key holds something that is neither text nor bytes. {_CURE}")
        # An environment variable that is not UTF-8 arrives with surrogates in it.
        raw = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
        if len(raw) < MIN_LENGTH:
            raise SecretKeyError(
                f"secret_key has {len(raw)} bytes; at least {MIN_LENGTH} are needed. {_CURE}"
            )
        letters = re.sub(r"[^a-z]", "", raw.decode("utf-8", "replace").lower())
        # Among 32 random bytes there may be two letters that happen to be "my".
        if 2 * len(letters) >= len(raw) and _WELL_KNOWN.fullmatch(letters):
            raise SecretKeyError(f"secret_key is made of words that everybody knows. {_CURE}")
        steps = {after - before for before, after in pairwise(raw)}
        if min(len(set(raw)), len(steps)) < MIN_DISTINCT:
            raise SecretKeyError(f"secret_key follows a simple pattern and can be guessed. {_CURE}")
        checked.append(raw)
    return checked

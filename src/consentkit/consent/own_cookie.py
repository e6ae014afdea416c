"""How consentkit writes its own cookies.

By hand: ``http.cookies`` quotes and escapes what it does not expect. On https the name has the
prefix ``__Host-``, so that no other host can plant the cookie.
"""

from __future__ import annotations


def own_cookie(
    names: tuple[str, str], value: str, age: int, *, secure: bool, readable: bool = False
) -> bytes:
    """Return a ``Set-Cookie`` value.

    Args:
        names: the cookie's names on https and on plain http.
        value: printable ASCII without a semicolon.
        age: seconds that the browser keeps it; 0 deletes it.
        secure: whether the request came over https.
        readable: whether scripts may read it.
    """
    header = f"{names[0 if secure else 1]}={value}; Path=/; Max-Age={age}"
    header += "" if readable else "; HttpOnly"
    return f"{header}; SameSite=Lax{'; Secure' if secure else ''}".encode("ascii")

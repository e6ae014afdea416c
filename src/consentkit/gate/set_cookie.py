"""One ``Set-Cookie`` header as a browser reads it: the name, and whether it deletes.

Follows RFC 6265bis, section 5.6, down to what it does with nonsense; never raises.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from .cookies import name_sent_back

#: Characters of an attribute's value beyond which browsers ignore the attribute (RFC 6265bis, section 5.6).
MAX_ATTRIBUTE: Final = 1_024
#: Bytes of the attributes of a cookie up to which their meaning is remembered.
MAX_REMEMBERED: Final = 512
#: Seconds by which an application's "now" may lie ahead of ours and still mean a deletion.
SLACK: Final = 2

_MAX_AGE: Final = re.compile(rb"-?[0-9]+")
# RFC 6265bis, section 5.1.1: what stands between the tokens of a date, and the four tokens that count.
_TOKENS: Final = re.compile(rb"[^\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME: Final = re.compile(rb"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[^0-9].*)?", re.DOTALL)
_DAY: Final = re.compile(rb"([0-9]{1,2})(?:[^0-9].*)?", re.DOTALL)
_YEAR: Final = re.compile(rb"([0-9]{2,4})(?:[^0-9].*)?", re.DOTALL)
_MONTHS: Final = (
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
)  # fmt: skip


def cookie_name(header: bytes) -> bytes:
    """Return the name of the cookie that a ``Set-Cookie`` sets: the one by which it comes back."""
    pair = header.partition(b";")[0]
    name, equals, _ = pair.partition(b"=")
    name = name.strip(b" \t")
    return name if name and equals else name_sent_back(pair) if equals else b""


def is_deletion(header: bytes, now: float) -> bool:
    """Return whether a ``Set-Cookie`` takes a cookie away.

    A cookie that names no time lives until the browser is closed and is no deletion.

    Args:
        header: the value of the header.
        now: the time in UTC seconds.
    """
    age, expires = _times_of(header)
    return age <= 0 if age is not None else expires is not None and expires <= now + SLACK


def lifetime(header: bytes, now: float) -> float | None:
    """Return for how many seconds a cookie is set; ``None`` until the browser is closed."""
    age, expires = _times_of(header)
    return age if age is not None or expires is None else expires - now


def _times_of(header: bytes) -> tuple[float | None, float | None]:
    attributes = header.partition(b";")[2]
    return _remembered(attributes) if len(attributes) <= MAX_REMEMBERED else _times(attributes)


def _times(attributes: bytes) -> tuple[float | None, float | None]:
    """Return ``Max-Age`` and ``Expires``: the last of each, without what cannot be read.

    ``Max-Age`` counts before ``Expires``.
    """
    age: float | None = None
    expires: float | None = None
    for attribute in attributes.split(b";"):
        key, _, value = attribute.partition(b"=")
        value = value.strip(b" \t")
        if len(value) > MAX_ATTRIBUTE:
            continue
        name = key.strip(b" \t").lower()
        if name == b"max-age" and _MAX_AGE.fullmatch(value):
            # A number of a thousand digits is for ever, and "-" alone is no number.
            age = float(value) if len(value) < 16 else float("-inf" if value[:1] == b"-" else "inf")
            age = 0.0 if not value.strip(b"-0") else age
        elif name == b"expires":
            date = cookie_date(value)
            expires = date if date is not None else expires
    return age, expires


# Applications set their cookies with the same few attributes. What they mean does not change with time.
_remembered = lru_cache(256)(_times)


def cookie_date(text: bytes) -> float | None:
    """Return the moment that an ``Expires`` names, in UTC seconds, or ``None`` where it names none."""
    time = day = month = year = None
    for token in _TOKENS.findall(text):
        if time is None and (match := _TIME.fullmatch(token)):
            time = tuple(map(int, match.groups()))
        elif day is None and (match := _DAY.fullmatch(token)):
            day = int(match[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (match := _YEAR.fullmatch(token)):
            year = int(match[1])
    if time is None or day is None or month is None or year is None:
        return None
    return _moment(_full_year(year), month, day, time)


def _full_year(year: int) -> int:
    if year < 70:
        return year + 2000
    return year + 1900 if year < 100 else year


def _moment(year: int, month: int, day: int, time: tuple[int, ...]) -> float | None:
    try:
        moment = datetime(year, month, day, time[0], time[1], time[2], tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp() if year >= 1601 else None

"""Text for the tokenizer in which every byte of a page can be found again.

What HTML calls markup is ASCII, and in nearly every encoding of the web a byte below 128 that
looks like markup is markup. So bytes are read as Latin-1, whatever they are, and written back as
they were; text that cannot be decoded survives. The exceptions are the encodings in which
``<`` may be a part of something else.
"""

from __future__ import annotations

import codecs
import re
from typing import Final, Protocol

_UTF_16: Final = {"utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
# Labels of the encoding standard for UTF-16; "unicode" and the like are those of old servers.
_UTF_16_LABELS: Final = {
    "csunicode": "utf-16le",
    "iso-10646-ucs-2": "utf-16le",
    "ucs-2": "utf-16le",
    "unicode": "utf-16le",
    "unicodefeff": "utf-16le",
    "unicodefffe": "utf-16be",
}
_ISO_2022_JP: Final = frozenset({"iso-2022-jp", "csiso2022jp"})
_META_CHARSET: Final = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
#: Bytes in which browsers look for a ``<meta charset>`` (HTML, "prescan a byte stream").
_PRESCAN: Final = 1_024
_SHIFT: Final = re.compile(r"\x1b(?:\$[@B]|\([BIJ])")
_ASIDE: Final = 0xE000


class Charset(Protocol):
    """Bytes to text and back, piece by piece.

    Attributes:
        codec: what letters beyond ASCII in the text are really written in.
        is_plain: whether the text is the bytes, one by one.
    """

    codec: str
    is_plain: bool

    def read(self, data: bytes) -> str:
        """Return the text of the next piece."""
        ...

    def write(self, text: str) -> bytes:
        """Return the bytes that ``text`` was read from."""
        ...

    def foreign(self, text: str) -> str:
        """Return text of our own such that ``write`` makes this page's bytes of it."""
        ...

    def rest(self) -> bytes:
        """Return what the last piece left unfinished."""
        ...


def charset_of(content_type: str | None, head: bytes) -> Charset:
    """Return how to read a page: by its byte order mark, then its ``Content-Type``, then its ``<meta>``.

    Args:
        content_type: the ``charset`` parameter of the response, if there is one.
        head: the first bytes of the body.
    """
    if head.startswith(codecs.BOM_UTF8):
        return _AsciiBased("utf-8")
    if head.startswith(codecs.BOM_UTF16_LE):
        return _Utf16("utf-16-le")
    if head.startswith(codecs.BOM_UTF16_BE):
        return _Utf16("utf-16-be")
    label = (content_type or "").strip().lower()
    label = _UTF_16_LABELS.get(label, label)
    if label in _UTF_16:
        return _Utf16(_UTF_16[label])
    if not label:
        meta = _META_CHARSET.search(head[:_PRESCAN])
        label = meta[1].decode("ascii", "replace").lower() if meta else ""
    if label in _ISO_2022_JP:
        return _Iso2022Jp()
    return _AsciiBased(label)


class _AsciiBased:
    """UTF-8, windows-1252, Shift_JIS, GBK and the rest."""

    is_plain = True

    def __init__(self, label: str) -> None:
        # In an encoding that Python does not have, or has in another form, what is not ASCII is written as
        # character references.
        self.codec = label if _keeps_ascii(label) else "ascii"

    def read(self, data: bytes) -> str:
        return data.decode("latin-1")

    def write(self, text: str) -> bytes:
        return text.encode("latin-1")

    def foreign(self, text: str) -> str:
        return text.encode(self.codec, "xmlcharrefreplace").decode("latin-1")

    def rest(self) -> bytes:
        return b""


def _keeps_ascii(codec: str) -> bool:
    """Whether ASCII stands for itself and nothing else stands as ASCII, unlike in UTF-7 and EBCDIC."""
    try:
        markup, letter = "<&>".encode(codec), "é".encode(codec, "xmlcharrefreplace")
    except (LookupError, ValueError):
        return False
    return markup == b"<&>" and (letter == b"&#233;" or not letter.isascii())


class _Utf16:
    """UTF-16; half a pair of surrogates survives, and so does half a code unit at the end."""

    is_plain = False

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self._pending = b""

    def read(self, data: bytes) -> str:
        data = self._pending + data
        whole = len(data) - len(data) % 2
        # A pair that is cut in two must be read together, or its halves would be written as they are.
        high = whole >= 2 and 0xD8 <= data[whole - (1 if self.codec == "utf-16-le" else 2)] <= 0xDB
        whole -= 2 if high else 0
        self._pending = data[whole:]
        return data[:whole].decode(self.codec, "surrogatepass")

    def write(self, text: str) -> bytes:
        return text.encode(self.codec, "surrogatepass")

    def foreign(self, text: str) -> str:
        return text

    def rest(self) -> bytes:
        rest, self._pending = self._pending, b""
        return rest


class _Iso2022Jp:
    """ISO-2022-JP, where ``<`` between two escapes may be half of a character: such bytes step aside."""

    codec = "iso-2022-jp"
    is_plain = False

    def __init__(self) -> None:
        self._shifted = False
        self._pending = ""

    def read(self, data: bytes) -> str:
        text = self._pending + data.decode("latin-1")
        # An escape takes three bytes; one that is cut is read with the next piece.
        cut = text.rfind("\x1b", max(0, len(text) - 2))
        self._pending = text[cut:] if cut >= 0 else ""
        text = text[:cut] if cut >= 0 else text
        parts: list[str] = []
        done = 0
        for shift in _SHIFT.finditer(text):
            parts.append(self._aside(text[done : shift.start()]))
            self._shifted = shift[0][1] == "$" or shift[0] == "\x1b(I"
            # The escape itself is no markup, and its "(" or "$" is none either.
            parts.append(shift[0])
            done = shift.end()
        parts.append(self._aside(text[done:]))
        return "".join(parts)

    def write(self, text: str) -> bytes:
        return bytes(code - _ASIDE if code >= _ASIDE else code for code in map(ord, text))

    def foreign(self, text: str) -> str:
        return text.encode("ascii", "xmlcharrefreplace").decode("ascii")

    def rest(self) -> bytes:
        rest, self._pending = self._pending, ""
        return rest.encode("latin-1")

    def _aside(self, text: str) -> str:
        return "".join(chr(ord(char) + _ASIDE) for char in text) if self._shifted else text

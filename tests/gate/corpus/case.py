"""``Case``: one page that is hard to gate, and what must become of it.

A page says itself what may change: only what stands between ``⟦`` and ``⟧``. Everything else must
leave byte for byte. A page without these marks must leave as a whole as it came.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

from consentkit import parse_policy

#: What the site of the corpus declares. In a page, ``x.gated.example`` stands for a tracker's host.
POLICY: Final = parse_policy(
    """
    [site]
    name = "Tide Tables"
    controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

    [categories.marketing]

    [services.tracker]
    category = "marketing"
    provider = "Trackers Ltd"
    hosts = ["gated.example", "*.gated.example"]
    markers = ["startTracking("]

    [services.maps]
    category = "marketing"
    provider = "Maps Ltd"
    scripts = ["https://shared.example/maps/*.js"]
    embeds = ["https://shared.example/maps/embed*"]
    """
)

_MARKS: Final = re.compile("[⟦⟧]")
_BEFORE: Final = "<!doctype html>\r\n<title>Tides</title>\r<p class=A >Before.\n"
_AFTER: Final = "\n<p title='it&apos;s'  CLASS=x\r\n>After &amp; on, at x.gated.example.\r"


class When(Enum):
    """With scripts on or off, when does Chromium contact the host of an ungated page?"""

    ALWAYS = (True, True)
    WITH_SCRIPTS = (True, False)
    WITHOUT_SCRIPTS = (False, True)
    NEVER = (False, False)  # another browser does, or an older one


class Case(NamedTuple):
    """One page.

    Attributes:
        html: what is tricky, with its marks.
        when: when Chromium fetches; means nothing for a page without marks.
        bare: whether ``html`` is the whole page, and does not stand in the middle of one.
        charset: the ``charset`` of the ``Content-Type``.
        codec: what the page is really written in.
        completed: whether what is left open inside of a changed element is closed.
    """

    html: str
    when: When = When.ALWAYS
    bare: bool = False
    charset: str | None = "utf-8"
    codec: str = "utf-8"
    completed: bool = False

    @property
    def _parts(self) -> list[bytes]:
        html = self.html if self.bare else f"{_BEFORE}{self.html}{_AFTER}"
        return [part.encode(self.codec, "surrogateescape") for part in _MARKS.split(html)]

    @property
    def page(self) -> bytes:
        """The bytes that an application sends."""
        return b"".join(self._parts)

    @property
    def stays(self) -> list[bytes]:
        """What must leave byte for byte, in order."""
        return self._parts[::2]

    @property
    def changes(self) -> list[bytes]:
        """What must not leave as it came, in between."""
        return self._parts[1::2]

"""The links that belong on every page, and what stands beside them."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ..policy.model import Category
from .hrefs import cookies_page_url
from .view import Place
from .wording import Wording

#: The id of the place on the cookies page that explains the signal, and what is sold or shared.
SIGNAL = "choices-signal"

# A link with a target the client script leaves to the browser, which goes to the very place on the page.
_LINK = Markup('<a class="choices-link" href="{}"{} lang="{}" dir="{}">{}</a>')
_TO_THE_PLACE = Markup(' target="_self"')
_STATUS = Markup('<span class="choices-honoured"{} lang="{}" dir="{}">{}</span>')
# The script takes away what has one of these names once it is allowed.
_UNTIL_ALLOWED = Markup(' data-choices="{}"')


def links(
    place: Place, words: Wording, refused: Sequence[Category], *, settings: bool, sells: bool
) -> list[Markup]:
    """Return what belongs on a page.

    Args:
        place: the page.
        words: its language.
        refused: what the signal refuses there; it says that it was honoured (R-48).
        settings: whether the link to the cookies page is among them.
        sells: whether personal information is sold or shared, so that there has to be a link to the
            opt-out (R-83).
    """
    language = (words.language, words.direction)
    url = cookies_page_url(place.prefix, place.path)
    found: list[Markup] = []
    if settings:
        found.append(_LINK.format(url, "", *language, words.text("cookie_settings")))
    if sells:
        there = f"{url}#{SIGNAL}"
        found.append(_LINK.format(there, _TO_THE_PLACE, *language, words.text("privacy_choices")))
    if refused:
        # With several it is not known which of them the visitor accepts last: then the next page knows.
        until = _UNTIL_ALLOWED.format(refused[0].id) if len(refused) == 1 else ""
        found.append(_STATUS.format(until, *language, words.text("gpc_status")))
    return found

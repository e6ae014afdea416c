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
# The script takes away what has one of these names once that is allowed; with "+" between them, once all are.
_STATUS = Markup('<span class="choices-honoured" data-choices="{}" lang="{}" dir="{}">{}</span>')
# In a page for everybody the scripts show it where there is a signal, and without them it stays hidden.
_IF_SIGNALLED = Markup('<span class="choices-gpc" hidden>{}</span>')


def links(place: Place, words: Wording, *, settings: bool, sells: bool) -> list[Markup]:
    """Return the links that belong on a page.

    Args:
        place: the page.
        words: its language.
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
    return found


def status(words: Wording, refused: Sequence[Category], *, shared: bool) -> list[Markup]:
    """Return what says that the signal was honoured (R-48), where it refuses something.

    Args:
        words: the language of the page.
        refused: what the signal refuses there, or can refuse.
        shared: whether the page is for everybody, so that a script finds out whether there is a signal.
    """
    if not refused:
        return []
    # It is true as long as the signal refuses any of them.
    until = "+".join(category.id for category in refused)
    found = _STATUS.format(until, words.language, words.direction, words.text("gpc_status"))
    return [_IF_SIGNALLED.format(found) if shared else found]

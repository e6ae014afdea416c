"""Pages of the corpus that the gate is known to let through, each with the reason."""

from __future__ import annotations

from typing import Final

_MARKERS: Final = "markers are looked for in scripts, onload and onerror alone"
_STRINGS: Final = "strings of CSS are paired without regard to escapes, comments and line ends"
_FIRST_LOOK: Final = "the first look misses what the judge would see"
_IN_SVG: Final = "in SVG, references in scripts and styles are resolved, and the gate reads them as text"

HOLES: Final[dict[str, str]] = {
    "handler-focus-marker": _MARKERS,
    "handler-pageshow-marker": _MARKERS,
    "handler-animation-marker": _MARKERS,
    "handler-address-marker": _MARKERS,
    "svg-script-reference": _IN_SVG,
    "svg-script-marker-reference": _IN_SVG,
    "style-in-svg-reference": _IN_SVG,
    "svg-mask-escape": _FIRST_LOOK,
    "style-attribute-form-feed": _FIRST_LOOK,
    "style-quote-percent": _STRINGS,
    "style-apostrophes-percent": _STRINGS,
    "style-broken-string-percent": _STRINGS,
    "no-microdata": "a link without rel is taken for one that fetches",
}

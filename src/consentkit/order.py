"""Whether the middlewares of a Starlette application stand where they can work together.

What sets cookies outside of consentkit is never seen by it, and what compresses inside hides pages
from it. Neither breaks anything that a developer would notice.
"""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette

#: By the name of the class: what has to be outside of ours, and what has to be inside.
COMPRESSING: Final = frozenset({"BrotliMiddleware", "CompressionMiddleware", "GZipMiddleware"})
SETTING_COOKIES: Final = frozenset(
    {"CSRFMiddleware", "CSRFProtectMiddleware", "LocaleMiddleware", "SessionMiddleware"}
)


_OUTSIDE: Final = (
    "{} stands outside of ConsentMiddleware, so no cookie that it sets is judged: add it before "
    "ConsentMiddleware with add_middleware, or after it in the list."
)
_INSIDE: Final = (
    "{} stands inside of ConsentMiddleware, where it could hide pages, and is kept from compressing them: "
    "add it after ConsentMiddleware with add_middleware, or before it in the list."
)


def misplaced(app: object, ours: type) -> list[str]:
    """Return a sentence for each middleware of ``app`` that stands on the wrong side of ``ours``."""
    if not isinstance(app, Starlette):
        return []
    kinds: list[object] = [middleware.cls for middleware in app.user_middleware]
    if ours not in kinds:  # wrapped around the whole application, it is outside of all of them
        return []
    names = [getattr(kind, "__name__", "") for kind in kinds]
    place = kinds.index(ours)  # the first in the list is the outermost
    outside = [name for name in names[:place] if name in SETTING_COOKIES]
    inside = [name for name in names[place + 1 :] if name in COMPRESSING]
    return [*map(_OUTSIDE.format, outside), *map(_INSIDE.format, inside)]

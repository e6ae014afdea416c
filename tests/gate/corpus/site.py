"""``site``: an application that serves the corpus, and knows nothing of consent.

Each page has a host of its own where its host can be told apart, so that a contact names the page.
Such pages can stand in frames side by side; the others must be opened one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from .case import Case
from .pages import CASES

_OWN_LABEL: Final = re.compile("(?<![a-z0-9-])x(?=[.\uff61&])", re.IGNORECASE)


def _named(name: str) -> Case:
    """Return a page with its name in place of the first label of its host."""
    case = CASES[name]
    return case._replace(html=_OWN_LABEL.sub(name, case.html))


#: Pages whose host cannot be told from those of others.
ALONE: Final = [name for name in CASES if f"{name}." not in _named(name).html.replace("&", ".")]


def site(middleware: Sequence[Middleware] = ()) -> Starlette:
    """Return the application: ``/<name>`` is a page, ``/?names=…`` one with several in frames."""
    return Starlette(routes=[Route("/", _frames), Route("/{name}", _page)], middleware=middleware)


def among(names: Iterable[str], hosts: Iterable[str]) -> set[str]:
    """Return the names of the pages that contacted one of the hosts."""
    hosts = list(hosts)
    return {
        name for name in names if any(host.startswith(f"{name}.") or f".{name}." in host for host in hosts)
    }


async def _page(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in CASES:
        return Response(b"", status_code=404)
    case = _named(name)
    kind = "text/html" if case.charset is None else f"text/html; charset={case.charset}"
    return Response(case.page, headers={"content-type": kind})


async def _frames(request: Request) -> Response:
    names = request.query_params["names"].split(",")
    inside = "".join(f"<iframe src={name}></iframe>" for name in names)
    return HTMLResponse(f"<!doctype html><title>x</title>{inside}")

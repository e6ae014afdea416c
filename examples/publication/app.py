"""A public body's publication page that asks before it measures, plays a film or shows a share button.

``make demo`` serves it. What the site uses and why is declared in ``consent.toml``; the banner, the
cookies page and the gates in the templates all follow from that file.
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from consentkit import ConsentMiddleware, load_policy
from consentkit.starlette import ConsentExtension, consent_from

HERE = Path(__file__).parent
PAGES = frozenset({"index", "report", "research", "part-one", "press-release", "privacy"})
TEXT_SIZES = frozenset({"normal", "large"})
THIRTY_DAYS = 30 * 24 * 60 * 60  # seconds, as declared in consent.toml

templates = Jinja2Templates(HERE / "templates")
templates.env.add_extension(ConsentExtension)


async def page(request: Request) -> Response:
    """Show one page, in the size of text that was asked for."""
    name = request.path_params.get("name", "index")
    if name not in PAGES:
        raise HTTPException(404)
    remember = consent_from(request).allows("functional")
    asked = request.query_params.get("text-size")
    # Looking into a cookie needs the same permission as writing it.
    size = asked or (request.cookies.get("text-size") if remember else None)
    response = templates.TemplateResponse(request, f"{name}.html", {"text_size": size})
    if remember and asked in TEXT_SIZES:
        response.set_cookie("text-size", asked, max_age=THIRTY_DAYS, httponly=True, samesite="lax")
    return response


async def not_found(request: Request, error: Exception) -> Response:
    """Answer 404 on a page that has the banner and the link to the cookies page like any other."""
    return templates.TemplateResponse(request, "not-found.html", status_code=404)


def make_app(secret_key: str) -> Starlette:
    """Return the site; raise ``SecretKeyError`` for a key that is no good."""
    consent = Middleware(
        ConsentMiddleware,
        policy=load_policy(HERE / "consent.toml"),
        secret_key=secret_key,
        templates=HERE / "templates" / "consent",  # puts the cookies page into the site's own frame
    )
    site = Starlette(
        routes=[
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Route("/", page),
            Route("/{name}", page),
        ],
        middleware=[consent],
        exception_handlers={404: not_found},
    )
    # Starlette makes its middleware at the first request; a bad key had better stop the start.
    site.middleware_stack = site.build_middleware_stack()
    return site


app = make_app(os.environ.get("CONSENT_SECRET_KEY", ""))

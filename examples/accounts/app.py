"""A site with accounts: nothing that its members need waits for consent, and nothing else goes without.

Neither the templates nor the endpoints mention consent. The site keeps a session, shows notices once,
protects its forms, signs members in with another site's account and remembers a language, all of it
before anybody has chosen anything. It also counts visits in a cookie on every page; the middleware
holds that cookie back until the visitor allows it. ``README.md`` says how to run it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl

from authlib.integrations.starlette_client import (  # type: ignore[import-untyped]
    OAuth,
    OAuthError,
    StarletteOAuth2App,
)
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates
from starlette.types import Scope

from consentkit import ConsentMiddleware, load_policy

HERE = Path(__file__).parent
GREETINGS = {"en": "Welcome", "de": "Willkommen"}
YEAR = 365 * 24 * 60 * 60  # seconds, as declared in consent.toml
NINETY_DAYS = 90 * 24 * 60 * 60
# Where members who have an account there are sent; a test puts a small provider in its place.
PROVIDER = "https://id.example"

templates = Jinja2Templates(HERE / "templates")


def language_of(scope: Scope) -> str | None:
    """Return the language that the visitor has picked, for our pages and for the cookies page."""
    picked = HTTPConnection(scope).cookies.get("language")
    return picked if picked in GREETINGS else None


def flash(request: Request, notice: str) -> None:
    """Have the next page show a notice."""
    request.session["notices"] = [*request.session.get("notices", []), notice]


async def checked_form(request: Request) -> dict[str, str]:
    """Return the form of a request, if a page of this site made it for this visitor."""
    form = dict(parse_qsl((await request.body()).decode("ascii", "replace")))
    expected, given = request.cookies.get("csrf_token", ""), form.get("csrf_token", "")
    if not expected or not secrets.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(403, "This form was not made for you. Load the page again.")
    return form


async def home(request: Request) -> Response:
    """Greet the visitor, show what is to be told, and count the visit."""
    language = language_of(request.scope) or "en"
    token = request.cookies.get("csrf_token") or secrets.token_urlsafe()
    count = request.cookies.get("visits", "")
    context = {
        "greeting": GREETINGS[language],
        "language": language,
        "member": request.session.get("member"),
        "notices": request.session.pop("notices", []),
        "csrf_token": token,
    }
    response = templates.TemplateResponse(request, "home.html", context)
    response.set_cookie("csrf_token", token, httponly=True, samesite="lax")
    visits = int(count) + 1 if count.isascii() and count.isdigit() and len(count) < 10 else 1
    response.set_cookie("visits", str(visits), max_age=NINETY_DAYS, httponly=True, samesite="lax")
    return response


async def sign_in(request: Request) -> Response:
    """Sign a member in by name. A real site asks for more than that."""
    form = await checked_form(request)
    request.session["member"] = form.get("name", "")[:100]
    flash(request, "You are signed in.")
    return RedirectResponse("/", 303)


async def sign_out(request: Request) -> Response:
    """Forget the member."""
    await checked_form(request)
    request.session.clear()
    flash(request, "You are signed out.")
    return RedirectResponse("/", 303)


async def pick_language(request: Request) -> Response:
    """Remember the language that the visitor picks."""
    form = await checked_form(request)
    language = form.get("language", "")
    if language not in GREETINGS:
        raise HTTPException(422, "There is no such language here.")
    response = RedirectResponse("/", 303)
    response.set_cookie("language", language, max_age=YEAR, httponly=True, samesite="lax")
    return response


async def leave_for_provider(request: Request) -> Response:
    """Send the visitor to the provider; the session remembers the state that must come back."""
    provider: StarletteOAuth2App = request.app.state.provider
    answer: Response = await provider.authorize_redirect(request, request.url_for("return_from_provider"))
    return answer


async def return_from_provider(request: Request) -> Response:
    """Sign in the member whom the provider names."""
    provider: StarletteOAuth2App = request.app.state.provider
    try:
        token = await provider.authorize_access_token(request)
    except OAuthError as error:
        raise HTTPException(400, "The sign-in did not start here. Try again.") from error
    member = await provider.userinfo(token=token)
    request.session["member"] = member["name"]
    flash(request, "You are signed in.")
    return RedirectResponse("/", 303)


def provider_client(**options: object) -> StarletteOAuth2App:
    """Return Authlib's client of the provider."""
    return OAuth().register(
        "provider",
        client_id="weir-lane",
        client_secret=os.environ.get("PROVIDER_SECRET", ""),
        authorize_url=f"{PROVIDER}/authorize",
        access_token_url=f"{PROVIDER}/token",
        userinfo_endpoint=f"{PROVIDER}/userinfo",
        client_kwargs={"scope": "profile", "code_challenge_method": "S256", **options},
    )


def make_app(secret_key: str, session_key: str) -> Starlette:
    """Return the site; raise ``SecretKeyError`` or ``ValueError`` for a key that is no good."""
    if len(session_key) < 32:
        raise ValueError("SESSION_SECRET_KEY needs at least 32 characters")
    site = Starlette(
        routes=[
            Route("/", home),
            Route("/sign-in", sign_in, methods=["POST"]),
            Route("/sign-out", sign_out, methods=["POST"]),
            Route("/language", pick_language, methods=["POST"]),
            Route("/provider", leave_for_provider),
            Route("/provider/back", return_from_provider),
        ],
        middleware=[
            # Outside of everything that sets cookies, so the first in the list.
            Middleware(
                ConsentMiddleware,
                policy=load_policy(HERE / "consent.toml"),
                secret_key=secret_key,
                language=language_of,
            ),
            Middleware(SessionMiddleware, secret_key=session_key, max_age=None),
        ],
    )
    site.state.provider = provider_client()
    # Starlette makes its middleware at the first request; a bad key had better stop the start.
    site.middleware_stack = site.build_middleware_stack()
    return site


app = make_app(os.environ.get("CONSENT_SECRET_KEY", ""), os.environ.get("SESSION_SECRET_KEY", ""))

"""A JSON API that knows what its visitors allow: FastAPI, no templates.

Run it with ``uvicorn app:app --app-dir examples/fastapi_api``. A client asks ``GET /cookies/state``
what was chosen and sends a choice with ``POST /cookies``; the API documentation is at ``/docs``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from fastapi import Cookie, FastAPI, HTTPException, Response
from pydantic import BaseModel

from consentkit import ConsentMiddleware, load_policy
from consentkit.fastapi import ConsentDep, requires_consent

HERE = Path(__file__).parent
BOOKS = {
    "rivers": ["The Weir Keeper", "A Year on the Estuary"],
    "gardens": ["Walls of Pears", "The Patient Hedge"],
    "maps": ["Contour and Coast", "Where the Road Was"],
}
BESTSELLERS = ["The Weir Keeper", "Walls of Pears", "Contour and Coast"]
THIRTY_DAYS = 30 * 24 * 60 * 60  # seconds, as declared in consent.toml


class Recommendations(BaseModel):
    """Books, and whether they were chosen for this visitor."""

    books: list[str]
    personal: bool


class Search(BaseModel):
    """What was searched for, to be counted."""

    words: str


app = FastAPI(title="Lending Library")
app.add_middleware(
    ConsentMiddleware,
    policy=load_policy(HERE / "consent.toml"),
    secret_key=os.environ.get("CONSENT_SECRET_KEY", ""),
)


@app.get("/books/{subject}")
async def books(subject: str, response: Response, consent: ConsentDep) -> list[str]:
    """List the books on a subject, and remember the subject for a visitor who allows it."""
    if subject not in BOOKS:
        raise HTTPException(404, "There is no such subject.")
    if consent.allows("personalisation"):
        response.set_cookie("last-subject", subject, max_age=THIRTY_DAYS, httponly=True, samesite="lax")
    return BOOKS[subject]


@app.get("/recommendations")
async def recommendations(
    consent: ConsentDep, last_subject: Annotated[str, Cookie(alias="last-subject")] = ""
) -> Recommendations:
    """Recommend books: the same to everybody, unless the visitor allows more."""
    if consent.allows("personalisation") and last_subject in BOOKS:
        return Recommendations(books=BOOKS[last_subject], personal=True)
    return Recommendations(books=BESTSELLERS, personal=False)


@app.post("/searches", status_code=204, dependencies=[requires_consent("analytics")])
async def count_search(search: Search) -> None:
    """Count a search. Without consent to analytics the answer is 403 and nothing is read."""


# Starlette makes its middleware at the first request; a bad secret key had better stop the start.
app.middleware_stack = app.build_middleware_stack()

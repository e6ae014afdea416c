"""Refusals for programs: problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse, Response


def problem(
    code: str, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: str
) -> Response:
    """Return the answer to a request that was refused.

    Args:
        code: stable, kebab-case.
        status: the HTTP status, 4xx.
        detail: one sentence for a developer.
        headers: response headers beside the content type and length.
        members: further members of the document.
    """
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **members,
    }
    return JSONResponse(document, status, headers=headers, media_type="application/problem+json")

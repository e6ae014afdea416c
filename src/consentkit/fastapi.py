"""For FastAPI: the visitor's consent as a dependency."""

from __future__ import annotations

from typing import Annotated

try:
    from fastapi import Depends
    from fastapi.params import Depends as Dependency
    from fastapi.requests import HTTPConnection
except ModuleNotFoundError as error:
    raise ImportError("consentkit.fastapi needs FastAPI: pip install fastapi") from error

from .consent.model import Consent
from .starlette import consent_from, consent_value, require_consent, save_consent

__all__ = ["ConsentDep", "consent_from", "consent_value", "requires_consent", "save_consent"]


def _consent(connection: HTTPConnection) -> Consent:
    return consent_from(connection)


#: The visitor's consent as the type of a parameter: ``async def page(consent: ConsentDep)``.
ConsentDep = Annotated[Consent, Depends(_consent)]


def requires_consent(name: str) -> Dependency:
    """Return a dependency that lets only visitors in who allow ``name``.

    ``@api.post("/collect", dependencies=[requires_consent("analytics")])`` answers 403 with
    ``application/problem+json`` to everybody else.

    Args:
        name: a category or service of the policy; one that is not declared raises
            ``UnknownNameError`` at the first request.
    """

    def check(connection: HTTPConnection) -> None:
        require_consent(connection, name)

    return Dependency(check)

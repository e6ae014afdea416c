"""Everything consentkit raises on purpose.

The tree::

    ConsentKitError
    ├── PolicyError                  consent.toml has faults; ``.faults`` lists them all
    ├── SecretKeyError               the secret key is missing, short or well known
    ├── UnknownNameError             no category or service has this name; ``.suggestion``
    ├── MiddlewareNotInstalledError  the request did not pass through ConsentMiddleware
    ├── ResponseStartedError         a choice was saved after the headers had left
    ├── ConsentRequiredError         a route needs a consent that was not given; answered with 403
    └── DecisionError                a decision request was refused; ``.code``, ``.status``

Hostile input from visitors never raises out of the package: a bad cookie means
"no choice yet" and a bad request gets an answer. ``DecisionError`` is caught by
the decision endpoint and turned into that answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

# How alike two names have to be, from 0 to 1, for one to be meant by the other.
_CLOSE: Final = 0.6


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to ``name``, or ``None`` when none is close."""
    matches = get_close_matches(name, list(known), n=1, cutoff=_CLOSE)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str], most: int = 1) -> str:
    """Return the beginning of a cure that names at most so many close known names, or nothing."""
    close = [f'"{match}"' for match in get_close_matches(name, list(known), n=most, cutoff=_CLOSE)]
    return f"Did you mean {' or '.join(close)}? " if close else ""


class ConsentKitError(Exception):
    """Root of the tree; catch it to catch everything that consentkit raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        """Make a copy, also in another process, without calling the constructor.

        Python would call it with the message, which is not what the errors below take.
        """
        kind = type(self)
        return kind.__new__, (kind, *self.args), self.__dict__


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a ``consent.toml``.

    Attributes:
        id: stable identifier, such as ``CK003``; documented in ``docs/faults.md``.
        path: where it is, as a dotted key path (``categories.analytics.use[0]``) or
            ``line 3, column 7`` when the file is not TOML; empty for the file as a whole.
        message: what is wrong, in one sentence.
        cure: what to write instead: allowed values, a suggestion, an example.
    """

    id: str
    path: str
    message: str
    cure: str

    def __str__(self) -> str:
        """Render as ``CK003 categories.analytics.uses: unknown key. Did you mean …``."""
        place = f" {self.path}" if self.path else ""
        return f"{self.id}{place}: {self.message} {self.cure}".rstrip()


class PolicyError(ConsentKitError):
    """A ``consent.toml`` cannot be used.

    Attributes:
        source: the file, as it was named by the caller.
        faults: every fault found, in the order of the file where that is known.
    """

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__("\n".join([f"{source} has {count}:", *(f"  {fault}" for fault in self.faults)]))


class SecretKeyError(ConsentKitError, ValueError):
    """The secret key is missing, shorter than 32 bytes, or a word that everybody knows."""


class UnknownNameError(ConsentKitError, LookupError):
    """A category or service was named that the policy does not declare.

    Attributes:
        name: the name that was asked for.
        suggestion: the closest declared name, or ``None``.
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        self.name = name
        self.suggestion = suggest(str(name), names)  # a template may give anything
        hint = f" Did you mean {self.suggestion!r}?" if self.suggestion else ""
        super().__init__(
            f"The policy declares no category or service {name!r}.{hint} Declared: {', '.join(names)}."
        )


class MiddlewareNotInstalledError(ConsentKitError, LookupError):
    """The request never passed through ``ConsentMiddleware``."""


class ResponseStartedError(ConsentKitError, RuntimeError):
    """A choice was saved when the response headers had already been sent."""


class ConsentRequiredError(ConsentKitError):
    """The visitor does not allow what a route needs; ``ConsentMiddleware`` answers with 403.

    Attributes:
        name: the category or service that is needed.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"This needs the visitor's consent to {name!r}.")


class DecisionError(ConsentKitError):
    """A decision request was refused and changed nothing.

    Attributes:
        code: stable, kebab-case; the visitor's browser gets it in the answer.
        status: the HTTP status of the answer, always 4xx.
    """

    def __init__(self, code: str, status: int, detail: str) -> None:
        self.code = code
        self.status = status
        super().__init__(detail)

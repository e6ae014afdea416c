"""``consent.toml`` → ``Policy``, or one ``PolicyError`` with all its faults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ..errors import Fault, PolicyError
from .model import Policy

#: Bytes; a hand-written policy has a few thousand.
MAX_SIZE: Final = 1_048_576
#: Characters of a path, message or cure that are shown; the longest regular one lists the catalogue.
MAX_SHOWN: Final = 1_000

_EXAMPLE: Final = (
    'Begin with: [site] name = "My site", controller = { name = "…", contact = "…" }; '
    'then [categories.analytics] use = ["matomo"].'
)


def load_policy(path: str | os.PathLike[str]) -> Policy:
    """Read a ``consent.toml`` file.

    Raises:
        PolicyError: the file cannot be used; ``.faults`` lists everything that is wrong with it.
    """
    source = os.fspath(path)
    try:
        with Path(source).open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
        if len(raw) > MAX_SIZE:
            raise PolicyError(
                source, [Fault("CK001", "", "The file is larger than 1 MiB.", "Check the path.")]
            )
        # Some editors put a byte order mark before the text.
        text = raw.decode("utf-8-sig")
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or type(error).__name__}."
        raise PolicyError(
            source, [Fault("CK001", "", message, "Check the path and its permissions.")]
        ) from None
    except ValueError:
        fault = Fault("CK001", "", "The file is not UTF-8 text, or its path is none.", "Save it as UTF-8.")
        raise PolicyError(source, [fault]) from None
    return parse_policy(text, source)


def parse_policy(text: str, source: str = "consent.toml") -> Policy:
    """Read the text of a ``consent.toml``.

    Args:
        text: the TOML.
        source: what to call it in messages.

    Raises:
        PolicyError: the text cannot be used; ``.faults`` lists everything that is wrong with it.
    """
    from .assembly import assemble  # noqa: PLC0415 # see there

    policy, faults = assemble(_parse(text, source))
    if policy is None:
        raise PolicyError(source, [_one_line(fault) for fault in faults])
    return policy


def _one_line(fault: Fault) -> Fault:
    """Return ``fault`` fit for a line of a terminal or a log, whatever the file has for keys and values."""
    words = (fault.path, fault.message, fault.cure)
    shown = [word if word.isprintable() else word.encode("unicode_escape").decode() for word in words]
    return Fault(fault.id, *(word if len(word) <= MAX_SHOWN else f"{word[:MAX_SHOWN]}…" for word in shown))


def _parse(text: str, source: str) -> Mapping[str, object]:
    if not text.strip():
        raise PolicyError(source, [Fault("CK002", "", "The file is empty.", _EXAMPLE)])
    try:
        text.encode("utf-8")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        # What is not closed is only noticed at the end, which tomllib does not number.
        end = f"line {text.count(chr(10)) + 1}, column {len(text) - text.rfind(chr(10))}"
        path = place.rstrip(")") if place.startswith("line") else end
        fault = Fault(
            "CK002", path, f"This is not TOML: {message}.", "Correct it there or on the line before."
        )
    except (ValueError, RecursionError):
        # tomllib lets these through for numbers of thousands of digits, lone surrogates and
        # tables nested hundreds deep.
        fault = Fault("CK002", "", "This is no TOML that can be read.", "Remove absurd numbers and nesting.")
    raise PolicyError(source, [fault])

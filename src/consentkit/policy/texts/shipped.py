"""The languages that come with the package, read from the TOML files beside this module."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from .tags import by_name, current, serving
from .wording import Texts

_SUFFIX: Final = ".toml"


@cache
def available_languages() -> tuple[str, ...]:
    """Return the tags of the shipped languages, sorted: ``("bg", "cs", "cy", …)``."""
    names = (entry.name for entry in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def load_texts(language: str) -> Texts:
    """Return the shipped texts for ``language``, or for the language it is a variant of.

    ``en-GB`` gets the texts of ``en``, whose ``language`` stays ``en``, and ``zh-TW`` those of ``zh-Hant``.
    Tags are compared without regard to case.

    Raises:
        LookupError: neither the language nor one that serves it is shipped.
    """
    shipped = serving(current(language), by_name(available_languages()))
    if shipped is None:
        shipped_list = ", ".join(available_languages())
        raise LookupError(f"There are no texts for the language {language!r}. Shipped: {shipped_list}.")
    return _read(shipped)


@cache
def _read(language: str) -> Texts:
    # The name comes from the listing of the directory, so no caller can name another file.
    source = files(__package__).joinpath(language + _SUFFIX).read_text(encoding="utf-8")
    tables = tomllib.loads(source)
    texts = Texts(language=language, name=tables["name"], direction=tables["direction"])
    return texts.with_overrides(tables)

"""Facts about well-known services, one TOML file each, so that nobody has to collect them again.

A file's stem is the id of the service. ``category`` is where it normally belongs; a site
puts it where it wants with ``use``. ``provider`` is the company that answers to visitors in
the European Economic Area. ``hosts`` and the URL globs say what a page loads from or talks
to for the service; a URL glob is narrower than a host and wins over another entry's host. An
item with a ``domain`` is stored under that domain and not under the site's own, so no header
of the site can hold it back or delete it, and a cookie of the site may have the same name.
``index.toml`` lists the names that no site may call essential.

Entries are read one by one, when they are asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any, Final

_INDEX: Final = "index"
_SUFFIX: Final = ".toml"


@cache
def catalogue_ids() -> tuple[str, ...]:
    """Return the ids of all services in the catalogue, sorted."""
    names = (entry.name for entry in files(__name__).iterdir())
    stems = {name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)}
    return tuple(sorted(stems - {_INDEX}))


def catalogue_entry(service_id: str) -> Mapping[str, Any]:
    """Return what the catalogue says about one service, as it stands in its TOML file.

    Args:
        service_id: one of ``catalogue_ids()``.

    Returns:
        A copy that the caller may change.

    Raises:
        KeyError: the catalogue has no such service.
    """
    # The id comes from consent.toml and becomes a file name: only listed ids get that far.
    if service_id not in catalogue_ids():
        raise KeyError(service_id)
    return deepcopy(_read(service_id))


@cache
def known_optional() -> tuple[str, ...]:
    """Return globs of the cookies of analytics and advertising tools, which are never essential.

    They are matched with case, as cookie names are.
    """
    return tuple(_read(_INDEX)["known_optional"])


@cache
def _read(stem: str) -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath(stem + _SUFFIX).read_text(encoding="utf-8"))

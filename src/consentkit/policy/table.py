"""``Table``: what every table of ``consent.toml`` has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table in which nothing is converted and no unknown key passes."""

    # Built when the first file is read: most of the time that an import takes would go into this.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

"""``Texts``: the strings of one language, and how values are put into them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Literal, cast

from ..duration import Duration
from .plurals import plural_category

# Not str.format: an operator's text, or a value that a visitor chose, must not be able to
# read attributes ("{a.__class__}"). A brace that is not around a bare name means itself.
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")

#: Labels that other strings may quote, as in “{cookie_settings}”, so that a site that renames the
#: link does not send its visitors looking for the old name.
LABELS: Final = frozenset(
    {"accept", "accept_all", "cookie_settings", "manage", "reject", "reject_all", "save"}
)

# Between the parts of a list, where it is not ", ": CLDR, listPattern-type-unit.
_SEPARATORS: Final = {"ar": "، ", "fa": "، ", "ja": "、", "zh-Hans": "、", "zh-Hant": "、"}

_FLAT: Final = ("ui", "kinds", "countries", "lifetimes", "errors")
_NESTED: Final = ("durations", "categories")


def placeholders(text: str) -> frozenset[str]:
    """Return the names that stand in braces in ``text``, such as ``site`` in ``Cookies on {site}``."""
    return frozenset(_PLACEHOLDER.findall(text))


def substitute(text: str, values: Mapping[str, object]) -> str:
    """Put ``values`` into the ``{placeholders}`` of ``text``, each of them once.

    A value is inserted as it is, even when it looks like a placeholder itself. A placeholder
    without a value stays as it is. Nothing is escaped for HTML.
    """

    def fill(match: re.Match[str]) -> str:
        return str(values[match[1]]) if match[1] in values else match[0]

    return _PLACEHOLDER.sub(fill, text)


def _empty() -> Mapping[str, str]:
    return MappingProxyType({})


def _empty_nested() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType({})


def _flat(shipped: Mapping[str, str], own: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({**shipped, **own})


def _nested(
    shipped: Mapping[str, Mapping[str, str]], own: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Mapping[str, str]]:
    merged = {key: _flat(shipped.get(key, {}), own.get(key, {})) for key in {**shipped, **own}}
    return MappingProxyType(merged)


@dataclass(frozen=True)
class Texts:
    """The strings of one language; immutable.

    Attributes:
        language: the language tag, such as ``cy``; the value for the ``lang`` attribute.
        name: what the language is called in itself.
        direction: ``ltr`` or ``rtl``; the value for the ``dir`` attribute.
        ui: strings of the banner, the cookies page and the confirmation.
        kinds: names of the kinds of storage, by ``Kind`` value.
        countries: names of countries, by ISO 3166 code.
        lifetimes: names of the two lifetimes without a length, ``session`` and ``until-deleted``.
        errors: sentences for refused decision requests, by ``DecisionError`` code.
        durations: unit to its forms; each form is under a plural category or an exact number.
        categories: ``name`` and ``purpose`` of the standard categories, by id.
    """

    language: str
    name: str
    direction: Literal["ltr", "rtl"] = "ltr"
    ui: Mapping[str, str] = field(default_factory=_empty, repr=False)
    kinds: Mapping[str, str] = field(default_factory=_empty, repr=False)
    countries: Mapping[str, str] = field(default_factory=_empty, repr=False)
    lifetimes: Mapping[str, str] = field(default_factory=_empty, repr=False)
    errors: Mapping[str, str] = field(default_factory=_empty, repr=False)
    durations: Mapping[str, Mapping[str, str]] = field(default_factory=_empty_nested, repr=False)
    categories: Mapping[str, Mapping[str, str]] = field(default_factory=_empty_nested, repr=False)

    def text(self, key: str, /, **values: object) -> str:
        """Return the interface string ``key`` with its placeholders filled.

        ``LABELS`` are filled from this language; everything else comes from ``values``. The result is
        plain text: the caller escapes it for where it goes.

        Raises:
            KeyError: there is no such string.
        """
        return substitute(self.ui[key], {**self._labels, **values})

    @cached_property
    def _labels(self) -> Mapping[str, str]:
        return {key: self.ui[key] for key in LABELS & self.ui.keys()}

    @property
    def separator(self) -> str:
        """What stands between the parts of a list, as in ``Analytics, Marketing``."""
        return _SEPARATORS.get(self.language, ", ")

    def error(self, code: str) -> str:
        """Return the sentence for a refused decision request; ``KeyError`` for an unknown code."""
        return self.errors[code]

    def kind(self, kind: str) -> str:
        """Return the name of a kind of storage; ``KeyError`` for an unknown one."""
        return self.kinds[kind]

    def country(self, code: str) -> str:
        """Return the name of a country, or its ISO 3166 code where no name is known."""
        return self.countries.get(code, code)

    def lifetime(self, value: Duration | Literal["session", "until-deleted"]) -> str:
        """Return how long something is kept, in words."""
        return self.duration(value) if isinstance(value, Duration) else self.lifetimes[value]

    def duration(self, value: Duration) -> str:
        """Return ``value`` in words and in its own unit: "13 months" never turns into days.

        The form is that of the exact number, else of its plural category, else ``other``.
        """
        forms = self.durations[value.unit]
        names = (str(value.amount), plural_category(self.language, value.amount), "other")
        return substitute(next(forms[name] for name in names if name in forms), {"n": value.amount})

    def with_overrides(self, overrides: Mapping[str, Any]) -> Texts:
        """Return a copy with a site's own wording laid over this one, string by string.

        Args:
            overrides: a ``[texts.<language>]`` table: ``ui``, ``kinds``, ``lifetimes``,
                ``errors``, ``durations`` and ``categories``, shaped like a shipped file. Which
                keys and placeholders may occur is for the policy loader to judge; see
                ``placeholders``. Other tables are ignored.
        """
        flat = {table: _flat(getattr(self, table), overrides.get(table, {})) for table in _FLAT}
        nested = {table: _nested(getattr(self, table), overrides.get(table, {})) for table in _NESTED}
        return replace(self, **cast("dict[str, Any]", {**flat, **nested}))

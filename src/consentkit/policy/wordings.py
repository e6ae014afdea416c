"""The interface texts of a site: the shipped ones with its own ``[texts.<language>]`` laid over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ..errors import Fault, did_you_mean
from .texts import Texts, available_languages, load_texts, placeholders
from .texts.wording import LABELS

_FLAT: Final = ("ui", "kinds", "countries", "lifetimes", "errors")
_NESTED: Final = ("durations", "categories")
_HEAD: Final = ("name", "direction")


def build_texts(languages: tuple[str, ...], own: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Texts]:
    """Return the texts for every language of the site; call it on tables without faults only."""
    return {
        language: _base(language, own.get(language, {})).with_overrides(own.get(language, {}))
        for language in languages
    }


def _base(language: str, own: Mapping[str, Any]) -> Texts:
    try:
        shipped = load_texts(language)
    except LookupError:
        shipped = Texts(language=language, name=language)
    return replace(shipped, **{key: own[key] for key in _HEAD if key in own})


def check_texts(languages: tuple[str, ...], own: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """Yield every fault in the site's own texts, and every language that lacks some."""
    for language, table in own.items():
        yield from _check_table(f"texts.{language}", table)
        if languages and language not in languages:
            cure = f"The site's languages: {', '.join(languages)}. Add it to site.languages or remove this."
            yield Fault("CK020", f"texts.{language}", f"{language!r} is no language of the site.", cure)
    for index, language in enumerate(languages):
        missing = sorted(_missing(language, own.get(language, {})))
        if missing:
            shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            shipped = ", ".join(available_languages())
            cure = f"Shipped: {shipped}. For another, give all texts under [texts.{language}]."
            yield Fault("CK020", f"site.languages[{index}]", f"{language!r} lacks texts: {shown}.", cure)


def _missing(language: str, own: Mapping[str, Any]) -> Iterator[str]:
    try:
        load_texts(language)
    except LookupError:
        reference = load_texts("en")
        for section in (section for section in _FLAT if section != "countries"):
            given = _table(own, section)
            yield from (f"{section}.{key}" for key in getattr(reference, section) if key not in given)
        units = _table(own, "durations")
        yield from (f"durations.{unit}" for unit in reference.durations if unit not in units)
        for category, texts in reference.categories.items():
            given = _table(_table(own, "categories"), category)
            yield from (f"categories.{category}.{key}" for key in texts if key not in given)


def _table(own: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = own.get(key)
    return table if isinstance(table, dict) else {}


def _check_head(path: str, key: str, value: object) -> Iterator[Fault]:
    if key == "direction" and value not in ("ltr", "rtl"):
        yield Fault("CK006", path, "This value is not one of those allowed.", "Allowed: 'ltr' or 'rtl'.")
    elif not isinstance(value, str) or not value.strip():
        yield Fault("CK005", path, "This is not a text.", "Write a text in quotation marks.")


def _check_table(path: str, table: Mapping[str, Any]) -> Iterator[Fault]:
    reference = load_texts("en")
    for section, entries in table.items():
        place = f"{path}.{section}"
        if section in _HEAD:
            yield from _check_head(place, section, entries)
        elif section not in (*_FLAT, *_NESTED):
            yield _unknown(place, section, (*_HEAD, *_FLAT, *_NESTED))
        elif not isinstance(entries, dict):
            yield Fault("CK005", place, "This is not a table.", f"Write [{place}].")
        elif section == "countries":
            # Any country may be named: services of the site's own can be anywhere.
            yield from _check_strings(place, entries, dict.fromkeys(entries, ""))
        elif section in _FLAT:
            yield from _check_strings(place, entries, getattr(reference, section))
        elif section == "durations":
            yield from _check_durations(place, entries, reference)
        else:
            for category, texts in entries.items():
                yield from _check_strings(f"{place}.{category}", texts, {"name": "", "purpose": ""})


def _check_durations(path: str, entries: Mapping[str, Any], reference: Texts) -> Iterator[Fault]:
    for unit, forms in entries.items():
        if unit not in reference.durations:
            yield _unknown(f"{path}.{unit}", unit, tuple(reference.durations))
        elif not isinstance(forms, dict) or "other" not in forms:
            yield Fault(
                "CK005", f"{path}.{unit}", "This has no general form.", 'Write { 1 = "…", other = "…" }.'
            )
        else:
            # A form is chosen by the exact number.
            numbers = (form for form in forms if form.isascii() and form.isdigit())
            known = dict.fromkeys((*numbers, "other"), "{n}")
            yield from _check_strings(f"{path}.{unit}", forms, known)


def _check_strings(path: str, texts: object, reference: Mapping[str, str]) -> Iterator[Fault]:
    if not isinstance(texts, dict):
        yield Fault("CK005", path, "This is not a table.", f"Write [{path}].")
        return
    for key, text in texts.items():
        if key not in reference:
            yield _unknown(f"{path}.{key}", key, tuple(reference))
        elif not isinstance(text, str) or not text.strip():
            yield Fault("CK005", f"{path}.{key}", "This is not a text.", "Write a text in quotation marks.")
        elif strange := placeholders(text) - placeholders(reference[key]) - LABELS:
            allowed = ", ".join(f"{{{name}}}" for name in sorted(placeholders(reference[key]))) or "none"
            named = ", ".join(f"{{{name}}}" for name in sorted(strange))
            yield Fault(
                "CK021",
                f"{path}.{key}",
                f"Nothing fills {named} here.",
                f"Placeholders of this text: {allowed}.",
            )


def _unknown(path: str, key: str, known: tuple[str, ...]) -> Fault:
    hint = did_you_mean(key, known)
    return Fault("CK003", path, "Unknown key.", f"{hint}Known here: {', '.join(sorted(known))}.")

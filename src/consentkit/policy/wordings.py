"""The interface texts of a site: the shipped ones with its own ``[texts.<language>]`` laid over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ..errors import Fault, did_you_mean
from .texts import Texts, available_languages, load_texts, placeholders
from .texts.plurals import CATEGORIES, plural_categories
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
        yield from _check_table(language, table)
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


def _is_shipped(language: str) -> bool:
    try:
        load_texts(language)
    except LookupError:
        return False
    return True


def _missing(language: str, own: Mapping[str, Any]) -> Iterator[str]:
    if not _is_shipped(language):
        reference = load_texts("en")
        for section in (section for section in _FLAT if section != "countries"):
            given = _table(own, section)
            yield from (f"{section}.{key}" for key in getattr(reference, section) if key not in given)
        for unit in reference.durations:
            yield from _missing_forms(language, unit, _table(_table(own, "durations"), unit))
        for category, texts in reference.categories.items():
            given = _table(_table(own, "categories"), category)
            yield from (f"categories.{category}.{key}" for key in texts if key not in given)


def _missing_forms(language: str, unit: str, given: Mapping[str, Any]) -> Iterator[str]:
    # "other" stands for every category that is not given.
    if "other" not in given:
        categories = plural_categories(language)
        yield from (f"durations.{unit}.{form}" for form in categories if form not in given)


def _table(own: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = own.get(key)
    return table if isinstance(table, dict) else {}


def _check_head(path: str, key: str, value: object) -> Iterator[Fault]:
    if key == "direction" and value not in ("ltr", "rtl"):
        yield Fault("CK006", path, "This value is not one of those allowed.", "Allowed: 'ltr' or 'rtl'.")
    elif not isinstance(value, str) or not value.strip():
        yield Fault("CK005", path, "This is not a text.", "Write a text in quotation marks.")


def _check_table(language: str, table: Mapping[str, Any]) -> Iterator[Fault]:
    path = f"texts.{language}"
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
            yield from _check_durations(language, place, entries, reference)
        else:
            for category, texts in entries.items():
                yield from _check_strings(f"{place}.{category}", texts, {"name": "", "purpose": ""})


def _check_durations(
    language: str, path: str, entries: Mapping[str, Any], reference: Texts
) -> Iterator[Fault]:
    categories = plural_categories(language)
    # Beside the shipped forms, which stay, nothing is left for an "other" that is no category.
    general = () if "other" in categories or _is_shipped(language) else ("other",)
    for unit, forms in entries.items():
        place = f"{path}.{unit}"
        if unit not in reference.durations:
            yield _unknown(place, unit, tuple(reference.durations))
        elif not isinstance(forms, dict):
            sample = ", ".join(f'{form} = "…"' for form in categories)
            yield Fault("CK005", place, "This is not a table of forms.", f"Write {{ {sample} }}.")
        else:
            yield from _check_forms(language, place, forms, (*categories, *general))


def _check_forms(
    language: str, path: str, forms: Mapping[str, Any], known: tuple[str, ...]
) -> Iterator[Fault]:
    for form in forms:
        if form in known or (form.isascii() and form.isdigit()):
            yield from _check_strings(path, {form: forms[form]}, {form: "{n}"})
        else:
            of_another = form in CATEGORIES
            message = f"No number picks this form for {language!r}." if of_another else "Unknown key."
            hint = "" if of_another else did_you_mean(form, known)
            cure = f"{hint}Forms of {language!r}: {', '.join(known)}; or an exact number, such as 12."
            yield Fault("CK003", f"{path}.{form}", message, cure)


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

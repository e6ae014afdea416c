"""Language tags: what each one means, and which others serve whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

# Codes that the registry of BCP 47 deprecates; old systems still send them. For "sh" it names no
# other, but Unicode CLDR does (supplemental metadata, language aliases).
_REPLACED: Final = {"in": "id", "iw": "he", "ji": "yi", "mo": "ro", "sh": "sr-latn"}

# Latin America is UN M49's number 419. In each of these countries Spanish is that of Latin America,
# and so it is in the United States, which M49 counts elsewhere (Unicode CLDR, parent locales).
_LATIN_AMERICA: Final = (
    "ar", "bo", "br", "bz", "cl", "co", "cr", "cu", "do", "ec", "gt",
    "hn", "mx", "ni", "pa", "pe", "pr", "py", "sv", "us", "uy", "ve",
)  # fmt: skip

_WIDER: Final = {
    # The script that Chinese is written in there (Unicode CLDR, likely subtags).
    **{f"zh-{country}": f"zh-hans-{country}" for country in ("cn", "my", "sg")},
    **{f"zh-{country}": f"zh-hant-{country}" for country in ("hk", "mo", "tw")},
    **{f"es-{country}": "es-419" for country in _LATIN_AMERICA},
    # Norwegian is a macrolanguage (registry of BCP 47).
    "nb": "no",
    "nn": "no",
}

# What is written in two ways, the likelier first (Unicode CLDR, likely subtags and language matching).
_WAYS: Final[Mapping[str, tuple[str, ...]]] = {"no": ("nb", "nn"), "zh": ("zh-hans", "zh-hant")}


def current(tag: str) -> str:
    """Return ``tag`` in lower case, with the code in force for a deprecated one."""
    tag = tag.lower()
    language = tag.partition("-")[0]
    return _REPLACED[language] + tag[len(language) :] if language in _REPLACED else tag


def parents(tag: str) -> Iterator[str]:
    """Yield a ``current`` tag and the ever wider tags it falls back to.

    ``zh-hant-tw`` falls back to ``zh-hant`` and ``zh``, and ``zh-tw`` first to what it means,
    ``zh-hant-tw``. A subtag of one character introduces what follows it, and means nothing without
    that; the two are taken off together (RFC 4647 section 3.4).
    """
    while tag:
        yield tag
        tag = _WIDER.get(tag) or _shortened(tag)


def _shortened(tag: str) -> str:
    tag = tag.rpartition("-")[0]
    while len(tag) == 1 or tag[-2:-1] == "-":
        tag = tag[:-2]
    return tag


@lru_cache(maxsize=256)
def by_name(tags: tuple[str, ...]) -> Mapping[str, str]:
    """Return every name that one of ``tags`` answers to, and that one in its own spelling.

    A tag answers to its own name and, where no other has it, to the wider ones short of a whole
    language: ``zh-TW`` to ``zh-hant``, so that ``zh-HK`` finds it; ``pt-BR`` not to ``pt``.
    """
    names: dict[str, str] = {}
    for tag in tags:
        names.setdefault(current(tag), tag)
    for tag in tags:
        for name in parents(current(tag)):
            if "-" in name or name in _WIDER:
                names.setdefault(name, tag)
    return names


def serving(wanted: str, names: Mapping[str, str]) -> str | None:
    """Return the tag that serves ``wanted``, a ``current`` tag, among those of ``by_name``, or ``None``.

    That is its own, else a wider one, else one for the same language as it is written elsewhere.
    """
    for name in parents(wanted):
        if name in names:
            return names[name]
        if name in _WAYS:
            for way in _WAYS[name]:
                if way in names:
                    return names[way]
    return None

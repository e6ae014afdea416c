"""A long page made up for the benchmarks, with the mix of markup that publication sites have."""

from __future__ import annotations

import json
from random import Random
from typing import Final

_TEXT: Final = (
    "the of and report inspection findings service public evidence review local police board which "
    "recommendation people improvement between quality national during process information with "
    "should data from programme were office that standards published experience annual assessment"
)

_HEAD: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Annual assessment</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta property="og:image" content="https://www.example.org/media/cover.jpg">
<link rel="stylesheet" href="/assets/site.css"><link rel="icon" href="/favicon.ico">
<link rel="preload" as="font" href="/assets/sans.woff2" type="font/woff2" crossorigin>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-EXAMPLE"></script>
<script>window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments)}</script>
"""
_VIDEO: Final = (
    '<figure class="video"><iframe width="560" height="315" src="https://www.youtube.com/embed/abc" '
    'title="Film" allow="encrypted-media; picture-in-picture" allowfullscreen></iframe></figure>\n'
)
_ICON: Final = (
    '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
    '<path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm1 15h-2v-6h2v6zm0-8h-2V7h2v2z"/></svg>'
)
_FOOT: Final = "<footer><p>Available under an open licence.</p></footer></body></html>\n"


def publication_page(size: int) -> str:
    """Return a page of at least ``size`` characters, the same one every time.

    A sixth is inline style and script and the rest is menus, running text, pictures, tables and
    cards, with a video here and there.
    """
    random = Random(9)
    parts = [_HEAD, _style(size // 12), _data(random, size // 12), "</head>\n<body class='page'>\n"]
    length = sum(map(len, parts))
    number = 0
    while length < size:
        section = _section(random, number)
        parts.append(section)
        length += len(section)
        number += 1
    return "".join([*parts, _FOOT])


def _sentence(random: Random, words: int) -> str:
    return " ".join(random.choices(_TEXT.split(), k=words)).capitalize() + "."


def _style(size: int) -> str:
    rule = ".card--{}{{margin-block:0 1.5rem;padding:1rem;background:var(--surface) url(/assets/{}.svg)}}\n"
    return "<style>\n" + "".join(rule.format(n, n) for n in range(size // len(rule))) + "</style>\n"


def _data(random: Random, size: int) -> str:
    items = [{"@type": "Report", "name": _sentence(random, 8), "position": n} for n in range(size // 100)]
    return f'<script type="application/ld+json">{json.dumps(items)}</script>\n'


def _section(random: Random, number: int) -> str:
    links = "".join(
        f'<li class="menu__item"><a class="menu__link" href="/reports/{number}/{n}">'
        f"{_ICON if n % 4 == 0 else ''}{_sentence(random, 3)}</a></li>\n"
        for n in range(8)
    )
    text = "".join(
        f"<p>{_sentence(random, 45)} <a href='/evidence/{n}'>{_sentence(random, 4)}</a> "
        f"<em>{_sentence(random, 3)}</em> {_sentence(random, 20)} Costs &amp; benefits&nbsp;&ndash; "
        f"{_sentence(random, 5)}</p>\n"
        for n in range(6)
    )
    picture = (
        f'<img class="card__image" src="/media/{number}-640.jpg" alt="{_sentence(random, 6)}" width="640" '
        f'height="360" loading="lazy" srcset="/media/{number}-640.jpg 640w, /media/{number}-1280.jpg 1280w">'
    )
    rows = "".join(
        f'<tr data-row="{n}"><th scope="row">{_sentence(random, 2)}</th><td>{random.randrange(1000)}</td>'
        f'<td class="number">{random.random():.3f}</td></tr>\n'
        for n in range(6)
    )
    return (
        f'<section id="s{number}" class="section section--wide" aria-labelledby="h{number}">\n'
        f'<h2 id="h{number}">{_sentence(random, 5)}</h2>\n<ul class="menu">{links}</ul>\n{text}'
        f'<div class="card" onclick="show({number})">{picture}</div>\n<table>{rows}</table>\n'
        f"{_VIDEO if number % 10 == 0 else ''}</section>\n"
    )

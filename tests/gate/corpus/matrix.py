"""Every construct in every way of quoting and in every case of letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .case import Case

# Tag, attributes before, the attribute that is live; {} is its value, quoted.
_CONSTRUCTS: Final = {
    "script": "<script src={}>",
    "module": "<script type=module src={}>",
    "iframe": "<iframe width=1 src={}>",
    "frame-lazy": "<iframe data-src={}>",
    "img": "<img src={}>",
    "srcset": "<img srcset={}>",
    "source": "<source srcset={}>",
    "input": "<input type=image src={}>",
    "stylesheet": "<link rel=stylesheet href={}>",
    "preload": "<link rel=preload imagesrcset={}>",
    "prefetch": "<link rel=prefetch href={}>",
    "preconnect": "<link rel=preconnect href={}>",
    "dns-prefetch": "<link rel=dns-prefetch href={}>",
    "modulepreload": "<link rel=modulepreload href={}>",
    "icon": "<link rel=icon href={}>",
    "video": "<video src={}>",
    "poster": "<video poster={}>",
    "audio": "<audio src={}>",
    "track": "<track src={}>",
    "media-source": "<source src={}>",
    "object": "<object data={}>",
    "embed": "<embed src={}>",
    "applet": "<applet codebase={}>",
    "background": "<table background={}>",
    "base": "<base href={}>",
    "svg-image": "<svg><image href={}>",
    "svg-xlink": "<svg><image xlink:href={}>",
    "svg-use": "<svg><use href={}>",
}
_STARTS: Final = ("https://", "//", "HTTPS:\\\\", "&#x2F;&sol;")
_QUOTES: Final = {"unquoted": "", "single": "'", "double": '"'}


def _mixed(text: str) -> str:
    return "".join(char.upper() if number % 2 else char for number, char in enumerate(text))


def _cases() -> Iterator[tuple[str, Case]]:
    for construct, template in _CONSTRUCTS.items():
        for quoting, quote in _QUOTES.items():
            for casing in (str.lower, str.upper, _mixed):
                for number, start in enumerate(_STARTS):
                    # Names of references know upper and lower case.
                    value = f"{quote}{start}{casing('x.gated.example/p')}{quote}"
                    before, tag = template[: template.rfind("<")], template[template.rfind("<") :]
                    html = f"{before}⟦{casing(tag)}⟧<p>x</p>".format(value)
                    yield f"{construct}-{quoting}-{casing.__name__.strip('_')}-{number}", Case(html)


#: Like ``pages.CASES``; a browser is not asked about each of them.
CASES: Final = dict(_cases())

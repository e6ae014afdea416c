"""Pages in which the address of a gated host is written as browsers read it and few people write it."""

from __future__ import annotations

from typing import Final

from .case import Case, When

# How the address may be written within single quotes. {} is what the rest of a test calls "/p.gif".
_WRITTEN: Final = {
    "relative-scheme": "//x.gated.example/p.gif",
    "three-slashes": "https:///x.gated.example/p.gif",
    "many-slashes": "https://////x.gated.example/p.gif",
    "relative-three-slashes": "///x.gated.example/p.gif",
    "no-slashes": "https:x.gated.example/p.gif",
    "no-slashes-percent": "https:x.%67ated.example/p.gif",
    "one-slash": "https:/x.gated.example/p.gif",
    "backslashes": r"https:\\x.gated.example\p.gif",
    "relative-backslashes": r"\\x.gated.example\p.gif",
    "mixed-slashes": r"/\x.gated.example/p.gif",
    "upper-case": "HTTPS://X.GATED.EXAMPLE/P.GIF",
    "space-around": "  \n\thttps://x.gated.example/p.gif \r\n ",
    "control-before": "\x01\x1fhttps://x.gated.example/p.gif",
    "tab-in-scheme": "ht\ttps://x.gated.example/p.gif",
    "tab-in-host": "https://x.gat\ted.exam\tple/p.gif",
    "line-end-in-host": "https://x.gated\n.example/p.gif",
    "crlf-in-host": "https://x.gated\r\n.example/p.gif",
    "crlf-in-slashes": "https:/\r\n/x.gated.example/p.gif",
    "tab-after-backslash": "\\\t\\x.gated.example/p.gif",
    "user": "https://user@x.gated.example/p.gif",
    "password": "https://user:pass@x.gated.example/p.gif",
    "two-ats": "https://own.example@a@x.gated.example/p.gif",
    "long-user-percent": f"https://{'a' * 100}@x.%67ated.example/p.gif",
    "user-space-percent": "https://a b@x.%67ated.example/p.gif",
    "user-quote-percent": 'https://a"b<>@x.%67ated.example/p.gif',
    "user-of-another-host": "https://www.own.example:443@x.gated.example/p.gif",
    "port": "https://x.gated.example:443/p.gif",
    "empty-port": "https://x.gated.example:/p.gif",
    "other-port": "https://x.gated.example:8443/p.gif",
    "trailing-dot": "https://x.gated.example./p.gif",
    "bare-host": "https://gated.example/p.gif",
    "deep-host": "https://a.b.c.x.gated.example/p.gif",
    "odd-host": "https://_a-.x.gated.example/p.gif",
    "no-path": "https://x.gated.example",
    "query-only": "https://x.gated.example?p",
    "fragment-only": "https://x.gated.example#p",
    "percent-letter": "https://x.%67ated.example/p.gif",
    "percent-dot": "https://x.gated%2Eexample/p.gif",
    "percent-all": "https://%78%2e%67%61%74%65%64%2e%65%78%61%6d%70%6c%65/p.gif",
    "percent-full-width": "https://x.%EF%BD%87ated.example/p.gif",
    "full-width": "https://x.\uff47ated.example/p.gif",
    "full-width-dot": "https://x.gated\u3002example/p.gif",
    "half-width-dot": "https://x\uff61gated\uff0eexample/p.gif",
    "circled-letters": "https://x.\u24d6ated.example/p.gif",
    "mathematical-letters": "https://x.\U0001d420ated.example/p.gif",
    "kelvin-like-capital": "https://x.gat\u212fd.example/p.gif",
    "soft-hyphen": "https://x.ga\u00adted.example/p.gif",
    "soft-hyphen-reference": "https://x.ga&shy;ted.example/p.gif",
    "zero-width-space": "https://x.ga\u200bted.example/p.gif",
    "word-joiner": "https://x.ga\u2060ted.example/p.gif",
    "variation-selector": "https://x.g\ufe0fated.example/p.gif",
    "numeric-references": "https&#58;&#47;&#47;x&#46;gated.example/p.gif",
    "hexadecimal-references": "https&#x3a;&#X2F;&#x2f;x&#x2e;gated.example/p.gif",
    "named-references": "https&colon;&sol;&sol;x&period;gated&period;example/p.gif",
    "references-without-semicolon": "https&#58//x.&#103ated.example/p.gif",
    "references-with-zeros": "https://x.&#0000103;ated.example/p.gif",
    "references-tab": "ht&Tab;tps://x.ga&NewLine;ted.example/p.gif",
    "references-backslash": "&bsol;&#92;x.gated.example/p.gif",
    "references-percent": "https://x.&percnt;67ated.example/p.gif",
    "references-at": "https://own.example&commat;x.gated.example/p.gif",
    "references-all": "".join(f"&#{ord(char)};" for char in "https://x.gated.example/p.gif"),
    "references-ampersand-behind": "https://x.gated.example/p.gif?a=1&amp;b=2&copy=3&#38;c",
}  # fmt: skip

# What looks like the host, and is not.
_OTHERS: Final = {
    "as-user": "https://x.gated.example@own.example/p.gif",
    "as-encoded-user": "https://x.gated.example%40@own.example/p.gif",
    "as-path": "https://own.example//x.gated.example/p.gif",
    "as-backslash-path": r"https://own.example\\x.gated.example/p.gif",
    "as-query": "https://own.example?https://x.gated.example/p.gif",
    "as-fragment": "https://own.example#@x.gated.example/p.gif",
    "own-slash": "/p.gif?u=https&colon;//x.gated.example",
    "relative": "x.gated.example/p.gif",
    "encoded-slashes": "%2f%2fx.gated.example/p.gif",
    "entity-for-another-letter": "https://x.gat&eacute;d.example/p.gif",
    "double-encoded": "https://x.%2567ated.example/p.gif",
    "double-references": "https://x.&amp;#103;ated.example/p.gif",
    "longer": "https://x.gated.example.own.example/p.gif",
    "joined": "https://xgated.example/p.gif",
    "hyphen": "https://x-gated.example/p.gif",
    "parent": "https://example/p.gif",
    "address": "https://127.0.0.1/x.gated.example",
    "broken": "https://[x.gated.example]/p.gif",
    "space-in-host": "https://x.gated .example/p.gif",
    "blob": "blob:https://x.gated.example/1",
}  # fmt: skip

# Chromium fetches no parts of a page with credentials; and a page on https reads the last two as relative.
_NEVER: Final = frozenset(
    {
        "user", "password", "two-ats", "long-user-percent", "user-space-percent", "user-quote-percent",
        "user-of-another-host", "references-at", "one-slash", "no-slashes", "no-slashes-percent",
    }
)  # fmt: skip


def _cases() -> dict[str, Case]:
    whens = {name: When.NEVER if name in _NEVER else When.ALWAYS for name in _WRITTEN}
    cases = {
        f"address-{name}": Case(f"⟦<img alt='' src='{address}'>⟧", whens[name])
        for name, address in _WRITTEN.items()
    }
    for name in ("backslashes", "tab-in-host", "percent-letter", "full-width-dot", "named-references"):
        address = _WRITTEN[name]
        script = Case(f"⟦<script src='{address}'>⟧</script>", When.WITH_SCRIPTS)
        cases[f"address-script-{name}"] = script
        cases[f"address-frame-{name}"] = Case(f"⟦<iframe src='{address}'>⟧</iframe>")
        cases[f"address-link-{name}"] = Case(f"⟦<link rel=stylesheet href='{address}'>⟧")
    for name in ("relative-scheme", "percent-letter", "full-width", "two-ats", "numeric-references"):
        # A tab or a line end separates the candidates of a list.
        cases[f"address-list-{name}"] = Case(
            f"⟦<img srcset='/own.png 2x, {_WRITTEN[name]} 1x'>⟧", whens[name]
        )
    return cases | {f"no-address-{name}": Case(f"<img src='{written}'>") for name, written in _OTHERS.items()}


CASES: Final = _cases()

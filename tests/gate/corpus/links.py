"""Pages with links of the head, style sheets, refreshes, ``<base>`` and ``<noscript>``."""

# ruff: noqa: E501 # a page stands on one line

from __future__ import annotations

from typing import Final

from .case import Case, When

WITHOUT: Final = When.WITHOUT_SCRIPTS


def head(html: str, when: When = When.ALWAYS) -> Case:
    """Return a page with ``html`` in its head."""
    return Case(
        f"<!doctype html>\r\n<html lang=en><head>\r\n{html}<title>x</title></head>\n<body>\r<p>x\r\n",
        when,
        bare=True,
    )


CASES: Final = {
    "link-stylesheet": head("⟦<link rel=stylesheet href=https://x.gated.example/css?family=A|B:400>⟧"),
    "link-stylesheet-quotes": head('⟦<LINK HREF="https://x.gated.example/a.css" REL="StyleSheet"/>⟧'),
    "link-stylesheet-print": head("⟦<link rel=stylesheet media=print href=https://x.gated.example/a.css onload=this.media='all'>⟧"),
    "link-stylesheet-alternate": head("⟦<link rel='alternate stylesheet' title=x href=https://x.gated.example/a.css>⟧"),
    "link-stylesheet-in-body": Case("⟦<link rel=stylesheet href=https://x.gated.example/a.css>⟧"),
    "link-two": head("⟦<link rel=preconnect href=https://x.gated.example>⟧<link rel=stylesheet href=/own.css>⟦<link rel=preconnect href=//gated.example crossorigin>⟧"),
    "link-preload": head("⟦<link rel=preload as=image href=https://x.gated.example/p.gif>⟧"),
    "link-preload-font": head("⟦<link rel=preload as=font crossorigin href=https://x.gated.example/f.woff2>⟧"),
    "link-preload-srcset": head("⟦<link rel=preload as=image imagesrcset='/a.png 9x, https://x.gated.example/p.gif' href=/own.png>⟧"),
    "link-prefetch": head("⟦<link rel=prefetch href=https://x.gated.example/p>⟧"),
    "link-preconnect": head("⟦<link rel=preconnect href=https://x.gated.example>⟧"),
    "link-preconnect-spaces": head("⟦<link rel='\n preconnect ' href=' https://x.gated.example '>⟧"),
    "link-dns-prefetch": head("⟦<link rel=dns-prefetch href=//x.gated.example>⟧", When.NEVER),
    "link-dns-prefetch-both": head("⟦<link rel='dns-prefetch preconnect' href=https://x.gated.example>⟧"),
    "link-modulepreload": head("⟦<link rel=modulepreload href=https://x.gated.example/a.js>⟧", When.WITH_SCRIPTS),
    "link-icon": head("⟦<link rel='shortcut icon' href=https://x.gated.example/i.png>⟧", When.NEVER),
    "link-apple-icon": head("⟦<link rel=apple-touch-icon href=https://x.gated.example/i.png>⟧", When.NEVER),
    "link-manifest": head("⟦<link rel=manifest href=https://x.gated.example/m.json>⟧", When.NEVER),
    "link-prerender": head("⟦<link rel=prerender href=https://x.gated.example/>⟧", When.NEVER),
    "link-next": head("⟦<link rel=next href=https://x.gated.example/>⟧", When.NEVER),
    "link-references": head("⟦<link rel=style&#115;heet href=https&colon;//x.gated.example/a.css>⟧"),
    "style-url": Case("<style>body { background: url(⟦https://x.gated.example/p.gif⟧) }</style>"),
    "style-url-quotes": Case("<style>body { background: URL( '⟦https://x.gated.example/p.gif⟧' ) }</style>"),
    "style-url-upper-case": Case('<STYLE TYPE="text/css">BODY{BACKGROUND:URL("⟦HTTPS://X.GATED.EXAMPLE/P.GIF⟧")}</STYLE>'),
    "style-url-without-scheme": Case("<style>p{}body{background:#fff url(⟦//x.gated.example/p.gif⟧)no-repeat}</style>"),
    "style-two-urls": Case("<style>body{background:url(⟦//x.gated.example/p.gif⟧),url(/own.png),url(⟦//gated.example/q.gif⟧)}</style>"),
    "style-import": Case("<style>@import '⟦https://x.gated.example/a.css⟧';\r\np{color:red}</style>"),
    "style-import-url": Case("<style>@import url(⟦https://x.gated.example/a.css⟧) screen;</style>"),
    "style-import-upper-case": Case('<style>@IMPORT"⟦https://x.gated.example/a.css⟧";</style>'),
    "style-image-set": Case("<style>body{background:image-set('⟦https://x.gated.example/p.gif⟧' 1x, '/own.png' 2x)}</style>"),
    "style-font-face": Case("<style>@font-face{font-family:F;src:url(⟦https://x.gated.example/f.woff2⟧)format('woff2')}p{font-family:F}</style>"),
    "style-media": Case("<style media=screen>@media screen{body{background:url(⟦https://x.gated.example/p.gif⟧)}}</style>"),
    "style-variable": Case("<style>:root{--a:url(⟦https://x.gated.example/p.gif⟧)}body{background:var(--a)}</style>"),
    "style-in-html-comment": Case("<style><!--\nbody{background:url(⟦https://x.gated.example/p.gif⟧)}\n--></style>"),
    "style-escape": Case(r"⟦<style>body{background:url(https://x.g\61ted.example/p.gif)}⟧</style>"),
    "style-escape-dot": Case(r"⟦<style>@import 'https://x\2e gated\00002eexample/a.css';⟧</style>"),
    "style-escape-letter": Case(r"⟦<style>body{background:url(https://x.gated.e\xample/p.gif)}⟧</style>"),
    "style-escape-line-end": Case("⟦<style>@import 'https://x.gat\\\ned.example/a.css';⟧</style>"),
    "style-escape-crlf": Case("⟦<style>@import 'https://x.gat\\\r\ned.example/a.css';⟧</style>"),
    "style-tab": Case("⟦<style>@import 'https://x.gat\ted.example/a.css';⟧</style>"),
    "style-percent": Case("⟦<style>@import 'https://x.%67ated.example/a.css';⟧</style>"),
    "style-full-width": Case("⟦<style>@import 'https://x.ｇated.example/a.css';⟧</style>"),
    "style-data": Case("""⟦<style>@import "data:text/css,@import%20'https://x%2Egated.example/a.css'";⟧</style>"""),
    "style-in-svg": Case("<svg>⟦<style>body{background:url(https://x.gated.example/p.gif)}⟧</style></svg>"),
    "style-attribute": Case("⟦<p style='background: url(https://x.gated.example/p.gif)'>⟧x</p>"),
    "style-attribute-double-quotes": Case('⟦<div class=a style="color: red; background-image: URL(&quot;https://x.gated.example/p.gif&quot;)">⟧x</div>'),
    "style-attribute-unquoted": Case("⟦<p style=background:url(//x.gated.example/p.gif)>⟧x</p>"),
    "style-attribute-escape": Case(r"⟦<p style='background:url(https://x.g\61ted.example/p.gif)'>⟧x</p>"),
    "style-attribute-references": Case("⟦<p style='background&colon;url&lpar;https&#58;//x&#x2E;gated.example/p.gif)'>⟧x</p>"),
    "style-attribute-tab": Case("⟦<p style=\"background:url('https://x.gat\ted.example/p.gif')\">⟧x</p>"),
    "style-attribute-percent": Case("⟦<p style=\"background:url('https://x.%67ated.example/p.gif')\">⟧x</p>"),
    "style-attribute-on-svg": Case("<svg width=9 height=9>⟦<rect width=9 height=9 style='mask:url(https://x.gated.example/p.svg)'/>⟧</svg>"),
    "refresh": head("⟦<meta http-equiv=refresh content='0;url=https://x.gated.example/'>⟧"),
    "refresh-quotes": head("""⟦<META CONTENT="0; URL='https://x.gated.example/'" HTTP-EQUIV="Refresh">⟧"""),
    "refresh-without-url": head("⟦<meta http-equiv=refresh content='0 https://x.gated.example/'>⟧"),
    "refresh-comma": head("⟦<meta http-equiv=' refresh' content='0,URL = //x.gated.example/'>⟧", When.NEVER),
    "refresh-fraction": head("⟦<meta http-equiv=REFRESH content='.0;url=https://x.gated.example/'>⟧"),
    "refresh-later": head("⟦<meta http-equiv=refresh content='1200; url=https://x.gated.example/'>⟧", When.NEVER),
    "refresh-data": head("⟦<meta http-equiv=refresh content='0;url=data:text/html,<img src=//x.gated.example>'>⟧", When.NEVER),
    "base": head("⟦<base href=https://x.gated.example/a/>⟧<link rel=stylesheet href=b.css>"),
    "base-upper-case": head("⟦<BASE TARGET=_top HREF='//X.gated.example'>⟧<link rel=icon href=i.png><script src=a.js></script>", When.WITH_SCRIPTS),
    "base-in-body": Case("⟦<base href=https://x.gated.example/>⟧<img src=p.gif>"),
    "noscript": Case("<noscript>⟦<img src=https://x.gated.example/p.gif height=1 width=1>⟧</noscript>", WITHOUT),
    "noscript-upper-case": Case('<NOSCRIPT >⟦<IMG SRC="https://x.gated.example/p.gif"/>⟧</NOSCRIPT\n>', WITHOUT),
    "noscript-iframe": Case('<noscript>⟦<iframe src="https://x.gated.example/ns.html?id=1" height="0" width="0" style="display:none;visibility:hidden">⟧</iframe></noscript>', WITHOUT),
    "noscript-in-head": head("<noscript>⟦<link rel=stylesheet href=https://x.gated.example/a.css>⟧</noscript>", WITHOUT),
    "noscript-in-head-img": head("<noscript>⟦<img src=https://x.gated.example/p.gif>⟧</noscript>", WITHOUT),
    "noscript-style": Case("<noscript><style>@import '⟦https://x.gated.example/a.css⟧';</style></noscript>", WITHOUT),
    "noscript-refresh": head("<noscript>⟦<meta http-equiv=refresh content=0;url=https://x.gated.example/>⟧</noscript>", WITHOUT),
    "noscript-in-noscript": Case("<noscript><noscript>⟦<img src=https://x.gated.example/p.gif>⟧</noscript>", WITHOUT, completed=True),
    "noscript-comment": Case("<noscript><!-- x --!>⟦<img src=https://x.gated.example/p.gif>⟧</noscript>", WITHOUT),
    "noscript-unclosed": Case("<noscript>⟦<img src=https://x.gated.example/p.gif>⟧", WITHOUT, completed=True),
    "noscript-unclosed-comment": Case("<noscript><!-- </noscript>⟦<img src=https://x.gated.example/p.gif>⟧ -->", When.WITH_SCRIPTS),
    "noscript-attribute": Case('<noscript><p title="</noscript>⟦<img src=https://x.gated.example/p.gif>⟧">', When.WITH_SCRIPTS),
    # --- what tells something, and makes nobody fetch it
    "no-canonical": head("<link rel=canonical href=https://x.gated.example/><link rel=alternate hreflang=cy href=//x.gated.example/cy>"),
    "no-feed": head("<link rel=alternate type=application/rss+xml href=https://x.gated.example/feed><link rel='me author' href=https://x.gated.example/@a>"),
    "no-license": head("<link rel='license' href=https://x.gated.example/><link rel='search help' href=//x.gated.example/>"),
    "no-own-link": head("<link rel=stylesheet href='/r?u=https://x.gated.example/a.css'><link rel=preconnect href=//notgated.example>"),
    "no-own-refresh": head("<meta http-equiv=refresh content='900;url=/r?u=https://x.gated.example/'>"),
    "no-policy": head("""<meta http-equiv=Content-Security-Policy content="img-src 'self' https://x.gated.example">"""),
    "no-own-style": Case("<style>body{background:url('/own.png')} a[href*='notgated.example']{color:red}</style>"),
    "no-own-style-attribute": Case("<p style='background:url(/own.png?x=notgated.example)'>x</p>"),
    "no-own-base": head("<base href=/gated.example/>"),
    "no-own-noscript": Case("<noscript>\r\n<img src=/own.png><!-- --></noscript>"),
    "no-noscript-link": Case("<noscript>See <a href=https://x.gated.example/>the film</a>.\r\n</noscript>"),
}  # fmt: skip

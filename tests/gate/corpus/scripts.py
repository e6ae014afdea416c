"""Pages with scripts: files, inline ones, data, and those that run in handlers of events."""

# a page stands on one line

from __future__ import annotations

from base64 import b64encode
from typing import Final

from .case import Case, When

WITH: Final = When.WITH_SCRIPTS
# What the marker of an inline script calls, loaded by a script of the site that gives nothing away.
_GO: Final = "<script>window['start' + 'Tracking'] = a => {new Image().src = 'https://x.' + a + '.example/p.gif'}</script>"

CASES: Final = {
    "script": Case("⟦<script src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-double-quotes": Case('⟦<script async src="https://x.gated.example/a.js">⟧</script>', WITH),
    "script-single-quotes": Case("⟦<script src='https://x.gated.example/a.js' defer>⟧</script>", WITH),
    "script-upper-case": Case("⟦<SCRIPT SRC=HTTPS://X.GATED.EXAMPLE/A.JS>⟧</SCRIPT>", WITH),
    "script-mixed-case": Case("⟦<ScRiPt sRc='hTtPs://X.Gated.Example/a.js'>⟧</sCrIpT >", WITH),
    "script-spaces-around-equals": Case("⟦<script src \n=\t'https://x.gated.example/a.js' >⟧</script>", WITH),
    "script-module": Case("⟦<script type=module src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-module-upper-case": Case("⟦<script TYPE='Module' src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-module-import": Case("⟦<script type=module>⟧import 'https://x.gated.example/a.js'</script>", WITH),
    "script-module-dynamic-import": Case("⟦<script type=module>⟧await import(`https://x.gated.example/a.js`)</script>", WITH),
    "script-nomodule": Case("⟦<script nomodule src=https://x.gated.example/a.js>⟧</script>", When.NEVER),
    "script-type-javascript": Case("⟦<script type=text/javascript src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-type-spaces": Case("⟦<script type=' text/javascript ' src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-type-ecmascript": Case("⟦<script type=application/x-ecmascript src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-type-old": Case("⟦<script type=text/javascript1.5 src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-type-empty": Case("⟦<script type src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-type-reference": Case("⟦<script type=text&sol;java&#115;cript src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-language": Case("⟦<script language=JavaScript src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-self-closing": Case("⟦<script src=https://x.gated.example/a.js />⟧</script>", WITH),
    "script-integrity": Case("⟦<script crossorigin integrity='sha384-//x+/=' src=https://x.gated.example/a.js>⟧</script>", WITH),
    "script-two": Case("⟦<script src=https://x.gated.example/a.js>⟧</script><script src=/own.js></script>⟦<script src=//gated.example/b.js>⟧</script>", WITH),
    "script-by-pattern": Case("⟦<script src=https://shared.example/maps/api.js>⟧</script>", WITH),
    "inline": Case("⟦<script>⟧new Image().src = 'https://x.gated.example/p.gif'</script>", WITH),
    "inline-carriage-returns": Case("⟦<script>⟧\r\nvar a = 1\rnew Image().src =\n'https://x.gated.example/p.gif'\r\n</script>", WITH),
    "inline-without-scheme": Case("⟦<script>⟧new Image().src = '//x.gated.example/p.gif'</script>", WITH),
    "inline-host-alone": Case("⟦<script>⟧new Image().src = 'https://' + 'x.gated.example' + '/p.gif'</script>", WITH),
    "inline-json-slashes": Case(r"⟦<script>⟧new Image().src = 'https:\/\/x.gated.example\/p.gif'</script>", WITH),
    "inline-upper-case": Case("⟦<script>⟧new Image().src = 'HTTPS://X.GATED.EXAMPLE/P.GIF'</script>", WITH),
    "inline-marker": Case("⟦<script>⟧function startTracking(a){new Image().src='https://x.'+a+'.example/p.gif'}startTracking('gated')</script>", WITH),
    "inline-loader": Case("⟦<script>⟧(function(d,s){var e=d.createElement(s);e.async=1;e.src='https://x.gated.example/a.js';d.head.append(e)})(document,'script')</script>", WITH),
    "inline-write": Case(r"⟦<script>⟧document.write('<script src=https://x.gated.example/a.js><\/script>')</script>", WITH),
    "inline-after-less-than": Case("⟦<script>⟧if (1<2) new Image().src = 'https://x.gated.example/p.gif'</script>", WITH),
    "inline-in-comment": Case("⟦<script>⟧<!--\nnew Image().src = 'https://x.gated.example/p.gif'\n//--></script>", WITH),
    "inline-double-escape": Case("⟦<script>⟧<!--<script></script>\nnew Image().src = 'https://x.gated.example/p.gif'\n--></script>", WITH),
    "inline-false-end": Case("⟦<script>⟧var a = '</scripty>'; new Image().src = 'https://x.gated.example/p.gif'</script>", WITH),
    "inline-end-in-string": Case("<script>var a = '</script>⟦<img src=https://x.gated.example/p.gif>⟧'</script>"),
    "inline-end-with-attributes": Case("⟦<script>⟧new Image().src = 'https://x.gated.example/p.gif'</script x=y\n/><p>x", WITH),
    "inline-base64": Case("<script>atob('Ly94LmdhdGVkLmV4YW1wbGU')</script>"),
    "speculation-rules": Case("""⟦<script type=speculationrules>⟧{"prefetch": [{"urls": ["https://x.gated.example/"], "eagerness": "immediate"}]}</script>""", When.NEVER),
    "svg-script": Case("<svg>⟦<script href=https://x.gated.example/a.js />⟧</svg>", WITH),
    "svg-script-xlink": Case("<svg>⟦<script xlink:href='https://x.gated.example/a.js'>⟧</script></svg>", WITH),
    "svg-script-inline": Case("<svg>⟦<script>⟧new Image().src = 'https://x.gated.example/p.gif'</script></svg>", WITH),
    "svg-script-cdata": Case("<svg>⟦<script>⟧<![CDATA[new Image().src = 'https://x.gated.example/p.gif']]></script></svg>", WITH),
    "handler-error": Case("""⟦<img src=data:, onerror="new Image().src='https://x.gated.example/p.gif'">⟧""", WITH),
    "handler-load": Case("""⟦<svg onload="new Image().src='https://x.gated.example/p.gif'">⟧</svg>""", WITH),
    "handler-upper-case": Case("""⟦<IMG SRC=data:, ONERROR="new Image().src='https://x.gated.example/p.gif'">⟧""", WITH),
    "handler-references": Case("⟦<img src=data:, onerror=new&#32;Image().src='https://x&#46;gated&period;example/p.gif'>⟧", WITH),
    "handler-marker": Case(_GO + """⟦<img src=data:, onerror="startTracking('gated')">⟧""", WITH),
    "handler-stylesheet": Case("""⟦<link rel=stylesheet href="data:text/css," onload="new Image().src='https://x.gated.example/p.gif'">⟧""", WITH),
    "handler-focus-marker": Case(_GO + """⟦<input autofocus onfocus="startTracking('gated')">⟧""", WITH),
    "handler-pageshow-marker": Case(_GO + """⟦<body onpageshow="startTracking('gated')">⟧""", WITH),
    "handler-animation-marker": Case(_GO + """<svg>⟦<animate attributeName=x dur=1s onbegin="startTracking('gated')" />⟧</svg>""", WITH),
    "handler-address-marker": Case(_GO + """⟦<iframe src="javascript:parent.startTracking('gated')">⟧</iframe>""", WITH),
    "handler-toggle-marker": Case(_GO + """⟦<details open ontoggle="startTracking('gated')">⟧x</details>""", WITH),
    "handler-toggle-reference": Case(_GO + """⟦<details open ontoggle="startTracking&lpar;&#39;gated')">⟧x</details>""", WITH),
    "handler-address-percent": Case(_GO + """⟦<iframe src="javascript:parent.startTracking%28'gated')">⟧</iframe>""", WITH),
    "handler-marker-reference": Case(_GO + """⟦<img src=data:, onerror="startTr&#97;cking&lpar;'gated')">⟧""", WITH),
    "script-data": Case("""⟦<script src="data:text/javascript,new Image().src='https://x.gated.example/p.gif'">⟧</script>""", WITH),
    "script-data-base64": Case("⟦<script src='data:text/javascript;base64," + b64encode(b"new Image().src='https://64.gated.example/p.gif'").decode() + "'>⟧</script>", WITH),
    "script-data-base64-marker": Case(_GO + "⟦<script defer src='data:text/javascript;base64," + b64encode(b"startTracking('gated')").decode() + "'>⟧</script>", WITH),
    "svg-script-reference": Case("<svg>⟦<script>⟧new Image().src = 'https://x.g&#97;ted.example/p.gif'</script></svg>", WITH),
    "svg-script-marker-reference": Case(_GO + "<svg>⟦<script>⟧startTr&#97;cking('gated')</script></svg>", WITH),
    # --- what no browser runs, or what others have made inert already
    "no-json": Case('<script type="application/json">{"u": "https://x.gated.example/"}</script>'),
    "no-linked-data": Case('<script type=application/ld+json>{"sameAs": "//x.gated.example", "t": "startTracking("}</script>'),
    "no-import-map": Case('<script type="importmap">{"imports": {"a": "https://x.gated.example/a.js"}}</script>'),
    "no-template": Case("<script type=text/x-handlebars><img src=https://x.gated.example/p.gif></script>"),
    "no-other-tool": Case('<script type="text/plain" data-category="analytics" src="https://x.gated.example/a.js"></script>'),
    "no-other-tool-inline": Case("<script type=text/plain data-cookieconsent=marketing>startTracking('x.gated.example')</script>"),
    "no-other-tool-worker": Case('<script type="text/partytown" src="https://x.gated.example/a.js"></script>'),
    "no-own-script": Case("<script src=/a.js>startTracking('//x.gated.example')</script>"),
    "no-own-script-query": Case("<script src='/r?u=https://x.gated.example/'></script>"),
    "no-own-inline": Case("<script>var a = 'notgated.example', b = 'gated.example.evil', c = 'starttracking(', d = 'gated-example'</script>"),
    "no-click": Case("""<button onclick="open('https://x.gated.example/')">Share</button>"""),
    "no-other-pattern": Case("<script src=https://shared.example/search/api.js></script>"),
}  # fmt: skip

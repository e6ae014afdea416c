"""Third parties with a consent interface: how a page loads each, and one that notes what it is told.

The snippets do what the vendors' own do: make a queue or a function where there is none yet, load the script
if so, and call it. The scripts take over the queue, as the real ones do, and hand all to ``note``.
"""

from __future__ import annotations

from typing import Final

GOOGLE: Final = """
<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
<script>
window.dataLayer = window.dataLayer || [];
function gtag() { dataLayer.push(arguments); }
gtag("js", 1);
gtag("config", "G-1");
</script>
"""
TAG_MANAGER: Final = """
<script>
(function (w, l) {
  w[l] = w[l] || [];
  w[l].push({ "gtm.start": 1, event: "gtm.js" });
  const script = document.createElement("script");
  script.src = "https://www.googletagmanager.com/gtm.js?id=GTM-1";
  document.head.append(script);
})(window, "dataLayer");
</script>
"""
UET: Final = """
<script>
(function (w, u) {
  w[u] = w[u] || [];
  const script = document.createElement("script");
  script.src = "https://bat.bing.com/bat.js";
  script.onload = () => { const queue = w[u]; w[u] = new UET({ q: queue }); w[u].push("pageLoad"); };
  document.head.append(script);
})(window, "uetq");
</script>
"""
CLARITY: Final = """
<script>
(function (c, a) {
  c[a] = c[a] || function () { (c[a].q = c[a].q || []).push(arguments); };
  const script = document.createElement("script");
  script.src = "https://www.clarity.ms/tag/1";
  document.head.append(script);
})(window, "clarity");
</script>
"""
META: Final = """
<script>
(function (f) {
  if (f.fbq) return;
  const n = f.fbq = function () {
    n.callMethod ? n.callMethod.apply(n, arguments) : n.queue.push(arguments);
  };
  if (!f._fbq) f._fbq = n;
  n.push = n;
  n.queue = [];
  const script = document.createElement("script");
  script.src = "https://connect.facebook.net/en_US/fbevents.js";
  document.head.append(script);
})(window);
fbq("init", "1");
fbq("track", "PageView");
</script>
"""
TIKTOK: Final = """
<script>
(function (w, t) {
  const ttq = w[t] = w[t] || [];
  for (const method of ["page", "holdConsent", "grantConsent", "revokeConsent"]) {
    ttq[method] = (...words) => ttq.push([method, ...words]);
  }
  ttq.load = (id) => {
    const script = document.createElement("script");
    script.src = "https://analytics.tiktok.com/i18n/pixel/events.js?sdkid=" + id;
    document.head.append(script);
  };
  ttq.load("1");
  ttq.page();
})(window, "ttq");
</script>
"""
MATOMO: Final = """
<script>
var _paq = window._paq = window._paq || [];
_paq.push(["trackPageView"]);
(function () {
  const script = document.createElement("script");
  script.src = "https://tides.matomo.cloud/matomo.js";
  document.head.append(script);
})();
</script>
"""
PINTEREST: Final = """
<script>
!function (e) {
  if (!window.pintrk) {
    window.pintrk = function () { window.pintrk.queue.push(Array.prototype.slice.call(arguments)); };
    var n = window.pintrk;
    n.queue = [], n.version = "3.0";
    const script = document.createElement("script");
    script.src = e;
    document.head.append(script);
  }
}("https://s.pinimg.com/ct/core.js");
pintrk("load", "1");
pintrk("page");
</script>
"""
WITHOUT_SWITCH: Final = """
<script src="https://snap.licdn.com/li.lms-analytics/insight.min.js"></script>
<noscript><img height="1" width="1" alt="" src="https://px.ads.linkedin.com/collect/?pid=1&fmt=gif"></noscript>
<script src="https://sc-static.net/scevent.min.js"></script>
<script src="https://static.ads-twitter.com/uwt.js"></script>
"""
PAGE: Final = f"{GOOGLE}{TAG_MANAGER}{UET}{CLARITY}{META}{TIKTOK}{MATOMO}{PINTEREST}{WITHOUT_SWITCH}"

SCRIPT: Final = "text/javascript"
VENDORS: Final = {
    "/bat.js": (
        SCRIPT,
        """window.UET = class {
            constructor({ q }) { note("uetq", [...q]); }
            push(...words) { note("uetq", words); }
        }""",
    ),
    "/tag/1": (
        SCRIPT,
        """{
            const queue = clarity.q ?? [];
            window.clarity = (...words) => note("clarity", words);
            for (const words of queue) clarity(...words);
        }""",
    ),
    "/en_US/fbevents.js": (
        SCRIPT,
        """fbq.callMethod = (...words) => note("fbq", words);
        for (const words of fbq.queue.splice(0)) fbq.callMethod(...words);""",
    ),
    "/i18n/pixel/events.js": (
        SCRIPT,
        """{
            const queue = ttq.splice(0);
            for (const method of ["page", "holdConsent", "grantConsent", "revokeConsent"]) {
                ttq[method] = (...words) => note("ttq", [method, ...words]);
            }
            ttq.push = ([method, ...words]) => ttq[method](...words);
            for (const words of queue) ttq.push(words);
        }""",
    ),
    "/ct/core.js": (
        SCRIPT,
        """{
            const { queue } = pintrk;
            window.pintrk = Object.assign((...words) => note("pintrk", words), { queue: [] });
            for (const words of queue) pintrk(...words);
        }""",
    ),
    "/matomo.js": (
        SCRIPT,
        """{
            const queue = _paq.splice(0);
            _paq.push = (words) => note("_paq", words);
            for (const words of queue) _paq.push(words);
        }""",
    ),
}

"""``make bench``, in the browser: when the question is seen on a slow phone, and what it takes to get there.

One page with the same three purposes is served with each tool, as its own documentation sets it up,
compressed, from this machine. Chromium is slowed down as a middling phone on a mobile network is.
"""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from consentkit import ConsentMiddleware, parse_policy

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT: Final = Path(__file__).parents[2]
PEERS: Final = ROOT / "build" / "peers"
KEY: Final = "5d0cf7a1b2e84936a7d10b44c2f98e6350b1d2c3e4f5a697"
LOADS: Final = 7
#: 150 ms of round trip, 1.6 Mbit/s, a processor four times as slow.
NETWORK: Final = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
SLOWDOWN: Final = 4

POLICY: Final = parse_policy(
    """
    [site]
    name = "Tides"
    controller = { name = "Harbour Office", contact = "tides@harbour.example" }
    [categories.analytics]
    use = ["matomo"]
    [categories.marketing]
    use = ["meta-pixel"]
    [categories.third-party]
    use = ["youtube"]
    """
)
PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tides</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head>'
    "<body><main><h1>High tide</h1>{text}</main>{end}</body></html>"
)
TEXT: Final = "<p>The tide is high at noon, and low in the evening. It has been so for a long time.</p>" * 12

# Each as the first page of its documentation has it, with three purposes and English texts.
# This Chromium says that it is a bot, so that is not to matter.
VANILLA: Final = """<script type="module">
import * as CookieConsent from '/peers/vanilla-cookieconsent@3.1.0/dist/cookieconsent.esm.js';
const names = ["necessary", "analytics", "marketing", "embeds"];
CookieConsent.run({
  hideFromBots: false,
  categories: Object.fromEntries(
    names.map((name, at) => [name, at ? {} : { enabled: true, readOnly: true }])),
  language: { default: "en", translations: { en: {
    consentModal: { title: "We use cookies", description: "Which are you happy with?",
      acceptAllBtn: "Accept all", acceptNecessaryBtn: "Reject all", showPreferencesBtn: "Manage" },
    preferencesModal: { title: "Preferences", acceptAllBtn: "Accept all", acceptNecessaryBtn: "Reject all",
      savePreferencesBtn: "Save", closeIconLabel: "Close",
      sections: names.map(name => ({ title: name, description: name, linkedCategory: name })) },
  } } },
});
</script>"""
KLARO: Final = """<script>
var klaroConfig = {
  version: 1, elementID: "klaro", storageMethod: "cookie", acceptAll: true, noticeAsModal: false,
  translations: { en: { purposes: { analytics: "Analytics", marketing: "Marketing", embeds: "Embeds" } } },
  services: ["analytics", "marketing", "embeds"].map(name => ({ name, title: name, purposes: [name] })) };
</script><script defer src="/peers/klaro@0.7.22/dist/klaro.js"></script>"""
TARTEAUCITRON: Final = """<script src="/peers/tarteaucitronjs@1.34.0/tarteaucitron.min.js"></script><script>
tarteaucitron.init({
  privacyUrl: "", hashtag: "#tarteaucitron", cookieName: "tarteaucitron", orientation: "bottom",
  showAlertSmall: false, cookieslist: true, highPrivacy: true, DenyAllCta: true, AcceptAllCta: true,
  handleBrowserDNTRequest: false, removeCredit: true, moreInfoLink: false, useExternalCss: false });
tarteaucitron.user.matomoId = 1; tarteaucitron.user.matomoHost = "//matomo.example/";
(tarteaucitron.job = tarteaucitron.job || []).push("matomo", "youtube", "facebookpixel");
</script>"""


@dataclass(frozen=True, slots=True)
class Tool:
    """A consent tool on a page: what shows its question, and how it gets there."""

    name: str
    banner: str
    head: str = ""
    end: str = ""
    ours: bool = False


TOOLS: Final = (
    Tool("consentkit", ".choices-ask", ours=True),
    Tool(
        "vanilla-cookieconsent 3.1.0",
        "#cc-main .cm",
        '<link rel="stylesheet" href="/peers/vanilla-cookieconsent@3.1.0/dist/cookieconsent.css">',
        VANILLA,
    ),
    Tool("klaro 0.7.22", ".klaro .cookie-notice", KLARO),
    Tool("tarteaucitron 1.34.0", "#tarteaucitronAlertBig", TARTEAUCITRON),
)

WATCH: Final = """
window.shift = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
const look = () => {
  const banner = document.querySelector(BANNER);
  const box = banner && banner.getBoundingClientRect();
  const seen = box && box.width && box.height && getComputedStyle(banner).visibility === "visible"
    && +getComputedStyle(banner).opacity > 0 && box.top < innerHeight && box.bottom > 0;
  // Seen with the frame that is drawn after this one.
  if (seen) requestAnimationFrame(() => { window.seen = performance.now(); });
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What one load of a page took, in milliseconds, requests and bytes."""

    seen: float
    requests: int
    bytes: int
    shift: float


def app_with(tool: Tool) -> Starlette:
    """Return the site with one tool on it."""
    html = PAGE.format(head=tool.head, text=TEXT, end=tool.end)

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(html)

    layers = [Middleware(GZipMiddleware, minimum_size=200)]
    if tool.ours:
        layers.append(Middleware(ConsentMiddleware, policy=POLICY, secret_key=KEY))
    routes: list[BaseRoute] = [Route("/", page), Mount("/peers", StaticFiles(directory=PEERS))]
    return Starlette(routes=routes, middleware=layers)


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Run a site; yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def load(browser: Browser, address: str, banner: str) -> Load:
    """Open a page as somebody who has never been there."""
    context = browser.new_context(viewport={"width": 412, "height": 823}, device_scale_factor=2)
    page = context.new_page()
    session = context.new_cdp_session(page)
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    page.add_init_script(WATCH.replace("BANNER", repr(banner)))
    page.goto(address)
    page.wait_for_function("window.seen", timeout=30_000)
    page.wait_for_load_state("networkidle")
    found = Load(page.evaluate("seen"), len(received), int(sum(received)), page.evaluate("shift"))
    context.close()
    return found


def measure(browser: Browser) -> dict[str, Load]:
    """Return the median of several loads of each page.

    The tools take turns, so that what else the machine does meanwhile is shared by all of them.
    """
    found: dict[str, list[Load]] = {tool.name: [] for tool in TOOLS}
    with ExitStack() as stack:
        sites = {tool.name: stack.enter_context(served(app_with(tool))) for tool in TOOLS}
        for turn in range(LOADS + 1):
            for tool in TOOLS:
                loaded = load(browser, sites[tool.name], tool.banner)
                if turn > 0:  # the first only warms up the server
                    found[tool.name].append(loaded)
    return {name: _median(loads) for name, loads in found.items()}


def _median(loads: list[Load]) -> Load:
    middle: Callable[[list[float]], float] = statistics.median
    return Load(
        middle([one.seen for one in loads]),
        loads[0].requests,
        loads[0].bytes,
        max(one.shift for one in loads),
    )


def table(found: dict[str, Load]) -> str:
    """Return the measurements as text, ours first."""
    ours = found[TOOLS[0].name]
    lines = [
        f"{'the question is seen after':<30}{'ms':>8}{'ratio':>8}{'requests':>10}{'bytes':>10}{'CLS':>8}"
    ]
    for name, one in found.items():
        ratio = one.seen / ours.seen
        lines.append(
            f"{name:<30}{one.seen:>8.0f}{ratio:>8.2f}{one.requests:>10}{one.bytes:>10,}{one.shift:>8.3f}"
        )
    return "\n".join(lines)


def main() -> int:
    """Print the table, or say what is missing."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("first paint: Chromium is not installed (make test-tools)", file=sys.stderr)
        return 0
    subprocess.run([ROOT / "scripts" / "peers"], check=True)  # noqa: S603 - our own
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print(table(measure(browser)))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The corpus in Firefox, which fetches what Chromium does not: from templates, and with credentials.

Playwright drives no Firefox of a distribution, so each visit is one screenshot with a profile of its own,
and a proxy that connects to nobody notes whom Firefox asks for.
"""

from __future__ import annotations

import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.middleware import Middleware
from tests.gate.corpus.case import POLICY
from tests.gate.corpus.pages import CASES
from tests.gate.corpus.site import ALONE, among, site

from consentkit import ConsentMiddleware

TOGETHER = 80
# What Firefox does not fetch although Chromium does, or only once it has nothing else to do.
NOT_IN_FIREFOX = frozenset(
    {"handler-focus-marker", "iframe-data-spaces", "link-prefetch", "svg-animate", "svg-set"}
)
# What Firefox fetches and Chromium does not.
IN_FIREFOX = frozenset({"template", "template-in-template", "address-password", "svg-cursor"})

PREFERENCES = """
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", {port});
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", {port});
user_pref("network.proxy.no_proxies_on", "127.0.0.1");
user_pref("javascript.enabled", {scripts});
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
"""


class Proxy(socketserver.ThreadingTCPServer):
    """Connects to nobody, and keeps whom it was asked for."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.asked: set[str] = set()
        super().__init__(("127.0.0.1", 0), Asked)


class Asked(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        words = self.rfile.readline().decode("latin-1").split()
        if len(words) > 1:
            self.server.asked.add(words[1].removeprefix("http://").partition("/")[0])  # type: ignore[attr-defined]


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture
def look_at(proxy: Proxy, tmp_path: Path) -> Callable[..., set[str]]:
    """Return the way to open an address in Firefox; it returns the gated hosts that were asked for."""
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        pytest.skip("Firefox is not installed")  # no tool; under CI=true a failure

    def look(address: str, *, scripts: bool) -> set[str]:
        proxy.asked.clear()
        profile = tmp_path / f"profile-{len(list(tmp_path.iterdir()))}"
        profile.mkdir()
        port = proxy.server_address[1]
        preferences = PREFERENCES.format(port=port, scripts=str(scripts).lower())
        (profile / "user.js").write_text(preferences, encoding="utf-8")
        picture = ["--window-size", "1900,3600", "--screenshot", str(profile / "picture.png"), address]
        subprocess.run(  # noqa: S603 - nothing in it is input
            [firefox, "--headless", "--no-remote", "--profile", str(profile), *picture],
            env={**os.environ, "HOME": str(profile)},
            capture_output=True,
            timeout=120,
            check=True,
        )
        return {host for host in proxy.asked if "gated.example" in host or host.startswith("shared.example")}

    return look


def asking(pages: str, look_at: Callable[..., set[str]], names: list[str], *, scripts: bool) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(names), TOGETHER):
        batch = names[start : start + TOGETHER]
        found |= among(batch, look_at(f"{pages}/?names={','.join(batch)}", scripts=scripts))
    return found


GATED = [name for name, case in CASES.items() if case.changes and name not in ALONE]


#
@pytest.mark.parametrize("scripts", [True, False])
def test_denied_no_page_of_the_corpus_contacts_a_gated_host_in_firefox(
    look_at: Callable[..., set[str]], serving: Callable[..., Any], secret_key: str, scripts: bool
) -> None:
    consent = Middleware(ConsentMiddleware, policy=POLICY, secret_key=secret_key)
    names = list(GATED)

    with serving(site([consent])) as port:
        assert asking(f"http://127.0.0.1:{port}", look_at, names, scripts=scripts) == set()


@pytest.mark.parametrize("scripts", [True, False])
def test_ungated_the_same_pages_do_in_firefox(
    look_at: Callable[..., set[str]], serving: Callable[..., Any], scripts: bool
) -> None:
    expected = {name for name in GATED if CASES[name].when.value[0 if scripts else 1]}

    with serving(site()) as port:
        found = asking(f"http://127.0.0.1:{port}", look_at, GATED, scripts=scripts)
    assert (expected - NOT_IN_FIREFOX | IN_FIREFOX) - found == set()

"""Every page of the corpus in a real browser: denied, it contacts no gated host; granted, it does.

The corpus says of each page whether Chromium fetches, so the second half is the proof that the first one
could fail. The application knows nothing of consent. Each page has a host of its own where its host can
be told apart, and stands in a frame beside others; the rest are opened one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error
from starlette.middleware import Middleware
from tests.gate.corpus.case import POLICY
from tests.gate.corpus.pages import CASES
from tests.gate.corpus.site import ALONE, among, site

from consentkit import ConsentMiddleware
from consentkit.testing import consent_cookies

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary, Certificate

#: Seconds that a page may take to connect: where nothing is expected, and where something is.
QUIET, PATIENCE = 0.3, 8.0
TOGETHER = 40


@pytest.fixture(scope="module")
def pages(secret_key: str, serving: Callable[..., Any], certificate: Certificate) -> Iterator[str]:
    """Yield the address of the site, on https: what a page fetches with its own scheme is greeted by name."""
    consent = Middleware(ConsentMiddleware, policy=POLICY, secret_key=secret_key)
    with serving(site([consent]), certificate) as port:
        yield f"https://127.0.0.1:{port}"


def gated(canary: Canary) -> set[str]:
    """Return the hosts of gated services that somebody has greeted."""
    hosts = {host for host in set(canary.hosts) if f".{host.rstrip('.')}".endswith(".gated.example")}
    # Of this host, only some addresses belong to a service.
    return hosts | {one for one in canary.seen if one.startswith("shared.example/maps/")}


def connecting(tab: Page, pages: str, canary: Canary, names: Iterable[str], patience: float) -> set[str]:
    """Open pages, many together where possible, and return those that connect within some time."""
    found = set()
    names = set(names)
    together = TOGETHER if len(names) > TOGETHER else 1
    alone = [(name,) for name in ALONE if name in names]
    for batch in [*alone, *batched([name for name in CASES if name in names.difference(ALONE)], together)]:
        canary.forget()
        single = len(batch) == 1 and batch[0] in ALONE
        address = f"{pages}/{batch[0]}" if single else f"{pages}/?names={','.join(batch)}"
        with suppress(Error):  # a refresh was faster
            tab.goto(address, wait_until="commit" if single else "load")
        deadline = time.monotonic() + patience
        reached: set[str] = set()
        while time.monotonic() < deadline:
            tab.wait_for_timeout(20)
            hosts = gated(canary)
            reached = ({*batch} if hosts else set()) if single else among(batch, hosts)
            if reached == {*batch}:
                break
        found |= reached
        with suppress(Error):
            tab.goto("about:blank")
    return found


def let_others_finish(tab: Page, canary: Canary) -> None:
    """Wait until nobody has connected for a second: a page of the test before may still be at it."""
    before = -1
    while before != canary.accepted:
        before = canary.accepted
        tab.wait_for_timeout(1_000)


def batched(names: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    rest = iter(names)
    while batch := tuple(islice(rest, size)):
        yield batch


def visitor(new_visitor: Callable[..., BrowserContext], *, scripts: bool) -> BrowserContext:
    """Return a visitor with a window in which nothing waits for being scrolled to."""
    view = {"width": 1_900, "height": 2_000}
    return new_visitor(java_script_enabled=scripts, ignore_https_errors=True, viewport=view)


#
@pytest.mark.parametrize("scripts", [True, False])
def test_denied_no_page_of_the_corpus_contacts_a_gated_host(
    new_visitor: Callable[..., BrowserContext], pages: str, canary: Canary, scripts: bool
) -> None:
    tab = visitor(new_visitor, scripts=scripts).new_page()
    names = {name for name, case in CASES.items() if (case.changes or name not in ALONE)}
    let_others_finish(tab, canary)

    assert connecting(tab, pages, canary, names, QUIET) == set()
    tab.wait_for_timeout(500)
    assert gated(canary) == set()


#
@pytest.mark.parametrize("scripts", [True, False])
def test_granted_every_page_does_that_would(
    new_visitor: Callable[..., BrowserContext], pages: str, canary: Canary, secret_key: str, scripts: bool
) -> None:
    somebody = visitor(new_visitor, scripts=scripts)
    cookies = consent_cookies(POLICY, secret_key, granted=["marketing"])
    somebody.add_cookies(
        [{"name": name, "value": value, "url": pages, "secure": True} for name, value in cookies.items()]
    )
    expected = {name for name, case in CASES.items() if case.changes and case.when.value[0 if scripts else 1]}

    late = expected - connecting(somebody.new_page(), pages, canary, expected, PATIENCE)

    # Among forty frames, a style sheet in a style sheet may come too late on a busy machine.
    assert late - connecting(somebody.new_page(), pages, canary, late, PATIENCE) == set()

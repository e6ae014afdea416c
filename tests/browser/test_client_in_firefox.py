"""The main ways through the client script, and through the forms without it, in Firefox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from tests.browser.firefox import ESCAPE, Firefox, running
from tests.browser.test_withdrawal import COOKIES, jar_site

from consentkit import ConsentMiddleware, parse_policy

if TYPE_CHECKING:
    from tests.browser.conftest import Canary, Certificate, MakeSite

COUNTER = '<script src="https://counter.example/count.js"></script>'
COUNT, FILM = "counter.example/count.js", "www.youtube.com/embed/x"
ACCEPT, REJECT = (f"button[value={answer}-all]" for answer in ("grant", "deny"))
HOSTS = ("counter.example", "youtube.com", "googletagmanager.com", "google-analytics.com")
SETTINGS = ".choices-foot a"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, all_third_parties: Canary) -> Iterator[Firefox]:
    """Yield a Firefox in which every host but 127.0.0.1 is the canary."""
    port = all_third_parties.port
    everywhere: dict[str, bool | int | str] = {
        "network.dns.forceResolve": "127.0.0.1",
        "network.socket.forcePort": f"80={port};443={port}",
    }
    with running(tmp_path_factory.mktemp("firefox"), everywhere) as firefox:
        yield firefox


@pytest.fixture
def firefox(window: Firefox, canary: Canary) -> Iterator[Firefox]:
    """Yield the tab of somebody who has never been here."""
    yield window
    window.close_other_tabs()
    window.goto("about:blank")
    for _ in range(30):  # what the page has begun arrives before the next test
        before = canary.accepted
        time.sleep(0.1)
        if before == canary.accepted:
            break
    window.in_the_browser("""
        Services.cookies.removeAll();
        Services.prefs.clearUserPref("javascript.enabled");
        Services.prefs.clearUserPref("privacy.globalprivacycontrol.enabled");
    """)


def prefer(firefox: Firefox, name: str, *, value: bool) -> None:
    firefox.in_the_browser(f"Services.prefs.setBoolPref('{name}', {str(value).lower()})")


def contacted(canary: Canary) -> set[str]:
    """Return which of those in the page were contacted; Firefox itself looks for settings and parts of it."""
    return {host for host in set(canary.hosts) if host.endswith(HOSTS)}


def asked_for(firefox: Firefox, canary: Canary, **times: int) -> None:
    """Wait until the third parties have been asked for this, and see that nothing follows."""
    wanted = {name: number for name, number in {COUNT: times["count"], FILM: times["film"]}.items() if number}

    def seen() -> dict[str, int]:
        return {path: times for path, times in canary.seen.items() if path.partition("/")[0].endswith(HOSTS)}

    firefox.wait_until(lambda: seen() == wanted)
    time.sleep(0.3)
    assert seen() == wanted


def choose(firefox: Firefox, button: str) -> None:
    firefox.click(button)
    firefox.wait_until(lambda: firefox.count("#choices-saved"))


def mark(firefox: Firefox) -> None:
    """Leave something in the page that a reload would take away."""
    firefox.evaluate("window.untouched = true")


def is_untouched(firefox: Firefox) -> bool:
    return firefox.evaluate("window.untouched === true") is True


#
def test_a_yes_opens_what_it_is_for_once_where_it_stands(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    firefox.goto(make_site(COUNTER))
    mark(firefox)
    assert contacted(canary) == set()

    choose(firefox, ACCEPT)

    asked_for(firefox, canary, count=1, film=1)
    assert is_untouched(firefox)
    assert firefox.count(".choices-ask, .choices-embed, [data-consent]") == 0
    assert firefox.evaluate("document.activeElement.id") == "choices-saved"


#
def test_a_no_takes_the_question_away_and_contacts_nobody(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    site = make_site(COUNTER)
    firefox.goto(site)
    mark(firefox)

    choose(firefox, REJECT)
    assert is_untouched(firefox)
    assert firefox.count(".choices-ask") == 0
    firefox.goto(f"{site}/other")

    assert firefox.count(".choices-ask") == 0
    assert firefox.is_shown(".choices-embed")
    assert contacted(canary) == set()


#
def test_a_withdrawal_clears_what_was_stored_and_loads_the_page_without_what_was_running(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    firefox.goto(make_site(COUNTER))
    choose(firefox, ACCEPT)
    asked_for(firefox, canary, count=1, film=1)
    firefox.evaluate("""(async () => {
        for (const key of ["seen-1", "other"]) localStorage.setItem(key, "1");
        for (const name of ["counts", "accounts"]) await new Promise(done => {
            indexedDB.open(name).onsuccess = ({ target }) => { target.result.close(); done(); };
        });
        for (const name of ["pages", "more-pages"]) await caches.open(name);
    })()""")
    mark(firefox)
    canary.forget()

    firefox.click(SETTINGS)
    firefox.click(f"dialog {REJECT}")
    firefox.wait_until(lambda: not is_untouched(firefox) and firefox.count("#choices-saved"))

    assert firefox.is_shown(".choices-embed")
    assert contacted(canary) == set()
    left = firefox.evaluate("""(async () => [
        Object.keys(localStorage), (await indexedDB.databases()).map(({ name }) => name), await caches.keys(),
    ].map(names => [...names].sort()))()""")
    assert left == [["other"], ["accounts"], ["more-pages"]]


#
def test_no_cookie_of_it_is_left_whatever_its_path_domain_and_partition(
    firefox: Firefox,
    secret_key: str,
    serving: Callable[..., AbstractContextManager[int]],
    certificate: Certificate,
) -> None:
    wide = "Path=/; Domain=tides.example"
    # No more than one response can delete.
    cookies = (
        *COOKIES[:2],
        f"_ct_wide=1; {wide}",
        f"_ct_chips=1; {wide}; Secure; SameSite=None; Partitioned",
    )

    def stored() -> set[str]:
        # One that is set and over in the same millisecond stays for a while, empty, and is sent to nobody.
        kept = "Services.cookies.cookies.filter(({ value }) => value).map(({ name }) => name)"
        return set(firefox.in_the_browser(f"return {kept}"))

    with serving(jar_site(secret_key, cookies), certificate) as port:
        firefox.goto(f"https://www.tides.example:{port}/tides")
        choose(firefox, ACCEPT)
        firefox.reload()
        assert stored() == {"__Host-consent", *(cookie.partition("=")[0] for cookie in cookies)}

        firefox.click(SETTINGS)
        choose(firefox, f"dialog {REJECT}")
        firefox.goto(f"https://www.tides.example:{port}/tides")

        assert stored() == {"__Host-consent", "session"}
        firefox.goto("about:blank")


#
def test_on_a_page_for_everybody_the_question_goes_and_what_was_granted_opens(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    site = make_site(COUNTER, cache="shared")
    firefox.goto(site)
    assert firefox.is_shown(".choices-ask")
    assert contacted(canary) == set()
    choose(firefox, ACCEPT)
    asked_for(firefox, canary, count=1, film=1)
    canary.forget()

    firefox.goto(f"{site}/other")
    asked_for(firefox, canary, count=1, film=1)
    assert firefox.count(".choices-ask, .choices-embed") == 0


#
def test_under_trusted_types_nothing_is_refused(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    watch = """<script>window.refused = [];
        addEventListener("securitypolicyviolation", event => refused.push(event.violatedDirective));
    </script>"""
    policy = {"Content-Security-Policy": "require-trusted-types-for 'script'; trusted-types consentkit"}
    firefox.goto(make_site(watch + COUNTER, headers=policy))
    mark(firefox)

    firefox.click(".choices-ask form[method=get] button")
    choose(firefox, f"dialog {ACCEPT}")

    asked_for(firefox, canary, count=1, film=1)
    assert is_untouched(firefox)
    assert firefox.evaluate("refused") == []
    firefox.evaluate("(() => { try { document.body.innerHTML = '' } catch {} })()")
    firefox.wait_until(lambda: firefox.evaluate("refused.length"))  # the test can fail


#
def test_the_dialog_opens_over_the_page_and_escape_grants_nothing(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    firefox.goto(make_site(COUNTER))
    mark(firefox)

    firefox.click(".choices-ask form[method=get] button")
    firefox.wait_until(lambda: firefox.evaluate("!!document.querySelector('dialog:modal')"))
    assert firefox.evaluate("document.activeElement.closest('dialog') !== null")
    firefox.click("dialog input[value=granted]")
    firefox.press(ESCAPE)
    firefox.wait_until(lambda: not firefox.count("dialog"))

    assert is_untouched(firefox)
    assert firefox.is_shown(".choices-ask")
    assert firefox.evaluate("document.activeElement.closest('.choices-ask') !== null")
    assert firefox.evaluate("consentkit.allows('analytics')") is False
    assert firefox.in_the_browser("return Services.cookies.cookies.length") == 0
    assert contacted(canary) == set()


#
def test_another_tab_follows_a_yes_and_a_withdrawal(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    site = make_site(COUNTER)
    firefox.goto(site)
    first = firefox.new_tab()
    firefox.goto(f"{site}/other")
    mark(firefox)
    second = firefox.new_tab()
    firefox.switch_to(first)

    choose(firefox, ACCEPT)
    asked_for(firefox, canary, count=2, film=2)
    canary.forget()
    firefox.click(SETTINGS)
    firefox.click(f"dialog {REJECT}")
    firefox.wait_until(lambda: "choices=saved" in firefox.address)

    firefox.switch_to(second)
    firefox.wait_until(lambda: not is_untouched(firefox) and firefox.is_shown(".choices-embed"))
    assert firefox.count(".choices-ask") == 0
    assert contacted(canary) == set()


#
def test_a_page_out_of_the_back_forward_cache_follows_a_withdrawal_and_opens_nothing_twice(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    restored = (
        "<script>addEventListener('pageshow', ({ persisted }) => { window.restored = persisted })</script>"
    )
    site = make_site(COUNTER + restored)
    firefox.goto(site)
    # Marionette's own click listens for "unload", and such a page is not kept.
    firefox.evaluate(f"document.querySelector('{ACCEPT}').click()")
    asked_for(firefox, canary, count=1, film=1)
    mark(firefox)

    firefox.goto(f"{site}/cookies")
    firefox.back()
    firefox.wait_until(lambda: firefox.evaluate("window.restored"))
    asked_for(firefox, canary, count=1, film=1)
    assert is_untouched(firefox)

    firefox.goto(f"{site}/cookies")
    choose(firefox, REJECT)
    canary.forget()
    firefox.back()
    firefox.back()
    firefox.wait_until(lambda: not is_untouched(firefox) and firefox.is_shown(".choices-embed"))
    assert contacted(canary) == set()


#
def test_without_scripts_forms_accept_in_part_reject_and_withdraw(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    prefer(firefox, "javascript.enabled", value=False)
    site = make_site(COUNTER)
    firefox.goto(site)
    assert contacted(canary) == set()

    choose(firefox, ACCEPT)
    asked_for(firefox, canary, count=0, film=1)  # the frame: a script is none where scripts are off
    assert firefox.count(".choices-ask, .choices-embed") == 0

    firefox.click(SETTINGS)
    firefox.wait_until(lambda: "/cookies?next=" in firefox.address)
    choose(firefox, REJECT)
    canary.forget()
    firefox.goto(site)
    assert firefox.count(".choices-ask") == 0
    assert contacted(canary) == set()

    firefox.goto(f"{site}/cookies")
    firefox.click("input[name='choice.third-party'][value=granted]")
    choose(firefox, "button[value=save]")
    firefox.goto(site)
    asked_for(firefox, canary, count=0, film=1)


#
def test_without_scripts_the_notice_loads_a_film_once_or_always(
    firefox: Firefox, canary: Canary, make_site: MakeSite
) -> None:
    prefer(firefox, "javascript.enabled", value=False)
    site = make_site()
    firefox.goto(site)

    firefox.click("button[value=load-once]")
    asked_for(firefox, canary, count=0, film=1)
    canary.forget()
    firefox.goto(site)
    assert firefox.is_shown(".choices-embed")
    assert contacted(canary) == set()

    firefox.click(".choices-embed button[value=grant]")
    asked_for(firefox, canary, count=0, film=1)
    firefox.goto(site)
    assert firefox.count(".choices-embed") == 0


#
@pytest.mark.parametrize("cache", ["personal", "shared"])
@pytest.mark.parametrize("signal", [True, False])
def test_a_browser_that_sends_the_signal_is_told_so(
    firefox: Firefox,
    secret_key: str,
    serving: Callable[..., AbstractContextManager[int]],
    cache: Literal["personal", "shared"],
    *,
    signal: bool,
) -> None:
    policy = parse_policy(
        """
        [site]
        name = "Tides"
        controller = { name = "Harbour Office", contact = "tides@harbour.example" }
        [consent]
        gpc = ["third-party"]
        [categories.analytics]
        use = ["matomo"]
        [categories.third-party]
        use = ["youtube"]
        """
    )

    async def page(_request: Request) -> Response:
        return HTMLResponse("<!doctype html><html lang=en><head><title>T</title></head><body><h1>T</h1>")

    prefer(firefox, "privacy.globalprivacycontrol.enabled", value=signal)
    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, cache=cache)
    with serving(Starlette(routes=[Route("/", page)], middleware=[consent])) as port:
        firefox.goto(f"http://127.0.0.1:{port}")
        told = "Global Privacy Control" in firefox.text(".choices-ask")
        choose(firefox, ACCEPT)
        allowed = firefox.evaluate("consentkit.allows('youtube')")

    assert told is signal
    assert allowed is not signal

"""What every test in this repository shares: nothing skips in CI, and one Chromium for all browser tests."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from playwright.sync_api import Browser

IN_CI = os.environ.get("CI") == "true"

# How long one example takes says nothing on a shared machine, so no profile has a deadline.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "default")

BROWSER_FIXTURES = frozenset({"chromium", "launch_chromium"})
BROWSER_TEST_SECONDS = 180  # far more than any of them takes
CHROMIUM_FLAGS = (
    "--no-sandbox",  # the sandbox cannot start as root in a container
    "--disable-gpu",
    "--disable-quic",  # host rules of a test must see every connection, and QUIC bypasses some
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class LaunchChromium(Protocol):
    """Start a Chromium with further flags; it is closed when the session ends."""

    def __call__(self, *flags: str, without: Sequence[str] = ()) -> Browser: ...


@pytest.fixture(scope="session")
def launch_chromium() -> Iterator[LaunchChromium]:
    """The way to any Chromium: a second Playwright driver in one thread is an error."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only browser tests pay for it

    executable = shutil.which("chromium") or shutil.which("/usr/bin/chromium")
    if executable is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright, ExitStack() as browsers:

        def launch(*flags: str, without: Sequence[str] = ()) -> Browser:
            browser = playwright.chromium.launch(
                executable_path=executable,
                args=[*CHROMIUM_FLAGS, *flags],
                ignore_default_args=list(without),  # those of Playwright
            )
            browsers.callback(browser.close)
            return browser

        yield launch


@pytest.fixture(scope="session")
def chromium(launch_chromium: LaunchChromium) -> Browser:
    """Return a Chromium without special flags; tests open their own contexts in it."""
    return launch_chromium()


@pytest.fixture(autouse=True)
def no_endless_wait(request: pytest.FixtureRequest) -> Iterator[None]:
    """End the browsers under a test that waits for ever: Playwright's ``evaluate`` knows no time limit.

    What it waits for then fails, in the line of the test that waits; CI would only say that time was up.
    """
    if BROWSER_FIXTURES.isdisjoint(request.fixturenames):
        yield
        return
    timer = threading.Timer(BROWSER_TEST_SECONDS, end_browsers)
    timer.daemon = True
    timer.start()
    yield
    timer.cancel()


def end_browsers() -> None:
    """End every Chromium that this process has started, by way of Playwright's driver."""
    processes: dict[int, tuple[int, str]] = {}  # the parent and the name of each
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            number, rest = stat.read_text(encoding="utf-8", errors="replace").split(" (", 1)
            name, fields = rest.rsplit(") ", 1)
            processes[int(number)] = (int(fields.split()[1]), name)
    for process, (parent, name) in processes.items():
        above = parent
        while above in processes and above != os.getpid():
            above = processes[above][0]
        if name.startswith("chrom") and above == os.getpid():
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)


@pytest.fixture(scope="session")
def axe_source() -> str:
    """Return the script of axe-core, to be evaluated in a page: ``page.evaluate(axe_source)``."""
    script = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.skip("axe-core is not installed (npm ci)")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, the event loop of every server that consentkit is tested on."""
    return "asyncio"


def uses_browser(item: pytest.Item) -> bool:
    return not BROWSER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_itemcollected(item: pytest.Item) -> None:
    if uses_browser(item):
        item.add_marker(pytest.mark.browser)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Playwright's sync API keeps an event loop running in this thread until the session ends, and
    # asyncio.run() refuses to start beside it. So browser tests come last, in random order as the rest.
    items.sort(key=uses_browser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        fail(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if IN_CI and report.skipped:
        fail(report)
    return report


def fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    # A skip is reported as file, line and reason.
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"skipped under CI=true: {reason}"

"""Firefox as distributions ship it, driven through Marionette, which needs nothing but a socket.

Playwright drives only a Firefox of its own making. Marionette speaks JSON behind its length
(https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html). Every wait has an end.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest

SECONDS = 20.0  # far more than any step takes
ESCAPE = "\ue00c"
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the name that WebDriver gives to a reference
_PREFERENCES: Mapping[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "fission.bfcacheInParent": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # No second connection to a host that is slow to answer, and none ahead of need.
    "network.http.connection-retry-timeout": 0,
    "network.http.speculative-parallel-limit": 0,
    "network.trr.mode": 5,
    "toolkit.telemetry.unified": False,
}


class Firefox:
    """One window of Firefox, and its tabs.

    Args:
        connection: to Marionette, which says hello first.
        stream: what comes out of it.
    """

    def __init__(self, connection: socket.socket, stream: BinaryIO) -> None:
        self._connection = connection
        self._stream = stream
        self._number = 0
        self._receive()
        self._command("WebDriver:NewSession", acceptInsecureCerts=True)
        milliseconds = int(SECONDS * 1_000)
        self._command("WebDriver:SetTimeouts", pageLoad=milliseconds, script=milliseconds, implicit=0)

    def goto(self, address: str) -> None:
        """Open an address in this tab and wait until the page has loaded."""
        self._command("WebDriver:Navigate", url=address)

    def back(self) -> None:
        self._command("WebDriver:Back")

    def reload(self) -> None:
        self._command("WebDriver:Refresh")

    @property
    def address(self) -> str:
        return str(self._command("WebDriver:GetCurrentURL"))

    @property
    def source(self) -> str:
        """The page as it is now, also where its scripts are off."""
        return str(self._command("WebDriver:GetPageSource"))

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page has
        """Return the value of an expression; a promise is waited for."""
        return self._command("WebDriver:ExecuteScript", script=f"return ({expression})", args=[])

    def count(self, selector: str) -> int:
        return len(self._command("WebDriver:FindElements", using="css selector", value=selector))

    def is_shown(self, selector: str) -> bool:
        found = self._command("WebDriver:FindElements", using="css selector", value=selector)
        return bool(found) and bool(self._command("WebDriver:IsElementDisplayed", id=found[0][_ELEMENT]))

    def text(self, selector: str) -> str:
        return str(self._command("WebDriver:GetElementText", id=self._find(selector)))

    def click(self, selector: str) -> None:
        """Click as a mouse does; a page that this leads to is waited for."""
        self._command("WebDriver:ElementClick", id=self._find(selector))

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        steps = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._command("WebDriver:PerformActions", actions=[{"type": "key", "id": "keys", "actions": steps}])

    def wait_until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds; a page that is being replaced meanwhile has no answer yet."""
        end = time.monotonic() + SECONDS
        while True:
            try:
                if holds():
                    return
            except FirefoxError:
                if time.monotonic() > end:
                    raise
            if time.monotonic() > end:
                pytest.fail(f"it never came, at {self.address}:\n{self.source[:2_000]}")
            time.sleep(0.05)

    def new_tab(self) -> str:
        """Open a tab and go there; return the one before."""
        before = str(self._command("WebDriver:GetWindowHandle"))
        opened = self._command("WebDriver:NewWindow", type="tab")
        self.switch_to(opened["handle"])
        return before

    def switch_to(self, tab: str) -> None:
        self._command("WebDriver:SwitchToWindow", handle=tab)

    def close_other_tabs(self) -> None:
        first, *others = self._command("WebDriver:GetWindowHandles")
        for tab in others:
            self.switch_to(tab)
            self._command("WebDriver:CloseWindow")
        self.switch_to(first)

    def in_the_browser(self, statement: str) -> Any:  # noqa: ANN401 - whatever the browser has
        """Run a statement with the rights of the browser itself."""
        self._command("Marionette:SetContext", value="chrome")
        try:
            return self._command("WebDriver:ExecuteScript", script=statement, args=[])
        finally:
            self._command("Marionette:SetContext", value="content")

    def _find(self, selector: str) -> str:
        self.wait_until(lambda: self.count(selector))
        return str(self._command("WebDriver:FindElement", using="css selector", value=selector)[_ELEMENT])

    def _command(self, name: str, **parameters: object) -> Any:  # noqa: ANN401 - depends on the command
        self._number += 1
        message = json.dumps([0, self._number, name, parameters]).encode()
        self._connection.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._receive()
        if error is not None:
            raise FirefoxError(f"{name}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and result.keys() == {"value"} else result

    def _receive(self) -> Any:  # noqa: ANN401 - JSON
        length = b""
        while (byte := self._stream.read(1)) != b":":
            if not byte:
                raise FirefoxError("Firefox has gone away")
            length += byte
        return json.loads(self._stream.read(int(length)))


class FirefoxError(Exception):
    """What Firefox says that it cannot do."""


@contextmanager
def running(profile: Path, preferences: Mapping[str, bool | int | str]) -> Iterator[Firefox]:
    """Start Firefox with a profile of its own, and end it whatever happens."""
    executable = shutil.which("firefox-esr") or shutil.which("firefox")
    if executable is None:
        pytest.skip("Firefox is not installed")  # no tool; under CI=true a failure
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lines = {**_PREFERENCES, **preferences, "marionette.port": port}.items()
    written = "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in lines)
    (profile / "user.js").write_text(written, encoding="utf-8")
    command = [executable, "--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
    process = subprocess.Popen(  # noqa: S603 - nothing in it is input
        [*command, "--profile", str(profile)],
        env={**os.environ, "HOME": str(profile)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with _connected(port) as connection, connection.makefile("rb") as stream:
            yield Firefox(connection, stream)
    finally:
        process.kill()
        process.wait(SECONDS)


def _connected(port: int) -> socket.socket:
    end = time.monotonic() + 3 * SECONDS  # the first start of a profile on a busy machine
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=2 * SECONDS)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)

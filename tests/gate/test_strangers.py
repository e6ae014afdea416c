"""Whom pages wanted to talk to: told once, by name alone."""

from __future__ import annotations

import logging

import pytest

from consentkit import Policy
from consentkit.gate.claims import Claims
from consentkit.gate.strangers import MAX_STRANGERS, Strangers


@pytest.fixture
def strangers(policy: Policy) -> Strangers:
    return Strangers(Claims(policy.services.values()))


def test_a_stranger_is_told_once_with_what_to_declare(
    strangers: Strangers, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/a.js?visitor=4711", "/b.js"):
        strangers.note([("script-src-elem", f"https://Spy.Example:8443{path}")])

    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert 'hosts = ["spy.example"]' in record.getMessage()
    assert "4711" not in caplog.text
    assert strangers.seen == {("script-src-elem", "spy.example")}


def test_what_is_declared_and_was_refused_is_no_stranger(
    strangers: Strangers, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "consentkit"):
        strangers.note([("frame-src", "https://video.example/embed/1")])

    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert "video" in record.getMessage()


@pytest.mark.parametrize(
    "blocked",
    ["", "inline", "eval", "data", "blob", "self", "chrome-extension://abc/x.js", "about:blank", "https://", "https://[",
     "https://a b/", "https://<script>/", "javascript:x"],
)  # fmt: skip
def test_what_names_no_host_says_nothing(
    strangers: Strangers, caplog: pytest.LogCaptureFixture, blocked: str
) -> None:
    strangers.note([("script-src", blocked)])

    assert not strangers.seen
    assert not caplog.records


def test_a_flood_of_names_is_bounded_and_the_log_says_so_once(
    strangers: Strangers, caplog: pytest.LogCaptureFixture
) -> None:
    strangers.note(("img-src", f"https://h{number}.example/") for number in range(3 * MAX_STRANGERS))

    assert len(strangers.seen) == MAX_STRANGERS
    assert caplog.text.count("further ones are not told") == 1
    assert len(caplog.records) == MAX_STRANGERS + 1

"""Timing several ways of doing one thing, in turns, so that a busy machine slows all of them alike."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Final, TypeVar

from starlette.types import ASGIApp, Message, Scope

T = TypeVar("T")

#: Requests between two looks at the clock: long enough for the clock, short enough to fit between two
#: interruptions by other processes.
BATCH: Final = 128


def requests(apps: Mapping[str, ASGIApp], scopes: Sequence[Scope], *, rounds: int) -> dict[str, float]:
    """Return the fastest time of each app for one request, in µs.

    In every round each app answers the same batch of ``scopes``; the next round takes the next batch.
    """
    batches = [scopes[start : start + BATCH] for start in range(0, len(scopes), BATCH)]
    return asyncio.run(_in_turns(apps, batches, rounds))


async def _in_turns(
    apps: Mapping[str, ASGIApp], batches: Sequence[Sequence[Scope]], rounds: int
) -> dict[str, float]:
    fastest = dict.fromkeys(apps, float("inf"))
    for batch in batches:  # whatever is remembered or compiled on first use is there now
        for app in apps.values():
            await _answer(app, batch)
    with _no_collection():
        for turn in range(rounds):
            batch = batches[turn % len(batches)]
            for name, app in _rotated(apps, turn):
                fastest[name] = min(fastest[name], await _answer(app, batch) / len(batch) / 1_000)
    return fastest


async def _answer(app: ASGIApp, batch: Sequence[Scope]) -> int:
    """Return the nanoseconds that ``app`` takes for ``batch``; no network and no test client between."""
    fresh = [_fresh(scope) for scope in batch]
    start = perf_counter_ns()
    for scope in fresh:
        await app(scope, _receive, _send)
    return perf_counter_ns() - start


def _fresh(scope: Scope) -> Scope:
    """Return ``scope`` as a server makes it.

    SessionMiddleware writes into it, and bytes that have been looked up before know their hash.
    """
    headers = [(bytes(bytearray(key)), bytes(bytearray(value))) for key, value in scope["headers"]]
    return {**scope, "headers": headers}


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Message) -> None:
    pass


def calls(functions: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """Return the fastest time of each function for one call, in µs."""
    fastest = dict.fromkeys(functions, float("inf"))
    with _no_collection():
        for turn in range(rounds):
            for name, function in _rotated(functions, turn):
                start = perf_counter_ns()
                function()
                fastest[name] = min(fastest[name], (perf_counter_ns() - start) / 1_000)
    return fastest


def _rotated(ways: Mapping[str, T], turn: int) -> list[tuple[str, T]]:
    """Return ``ways`` with another one first in each turn: the first meets colder processor caches."""
    pairs = list(ways.items())
    first = turn % len(pairs)
    return pairs[first:] + pairs[:first]


@contextmanager
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

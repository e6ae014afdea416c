"""What is remembered: the right thing, and no more than so many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.consent.memory import Memory


@given(st.lists(st.binary(max_size=2), max_size=200), st.integers(2, 9))
def test_it_answers_as_if_it_had_no_memory_and_never_grows_beyond_its_size(
    keys: list[bytes], size: int
) -> None:
    memory = Memory(lambda key: key + b"!", size)
    for key in keys:
        assert memory(key) == key + b"!"
        assert memory.recent[key] == key + b"!"
        assert len(memory) <= size


def test_what_is_asked_for_again_and_again_is_made_once() -> None:
    made: list[bytes] = []

    def make(key: bytes) -> int:
        made.append(key)
        return len(made)

    memory = Memory(make, 4)
    for number in range(100):
        memory(b"regular")
        memory(b"passer-by %d" % number)

    assert made.count(b"regular") == 1
    assert len(made) == 101


def test_of_a_failure_nothing_is_kept() -> None:
    def fail(key: bytes) -> int:
        raise ValueError(key)

    memory = Memory(fail, 4)
    memory.recent[b"good"] = 1
    for _ in range(100):
        with pytest.raises(ValueError, match="bad"):
            memory(b"bad")

    assert memory.recent == {b"good": 1}


def test_threads_get_what_belongs_to_their_key() -> None:
    memory = Memory(lambda key: key + b"!", 8)
    keys = [b"%d" % (number * 7 % 31) for number in range(20_000)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(memory, keys, chunksize=500)) == [key + b"!" for key in keys]
    assert len(memory) <= 8 + 2 * 8

"""The corpus: what is tricky in each page is made inert, and everything else leaves as it came.

An oracle that knows nothing of the gate reads what comes out, as a tree, the way a browser does.
"""

from __future__ import annotations

import random
import re

import pytest
from tests.gate.corpus.case import POLICY, Case
from tests.gate.corpus.edits import undone, without_css_marks
from tests.gate.corpus.matrix import CASES as MATRIX
from tests.gate.corpus.oracle import live
from tests.gate.corpus.pages import CASES

from consentkit.gate.claims import Claims
from consentkit.gate.stream import WINDOW, HtmlGate

CLAIMS = Claims(POLICY.services.values())
CLOSED = frozenset(POLICY.services)
#: No page is cut at more places than this; of a longer one they are drawn.
MAX_CUTS = 200

GATED = [name for name, case in CASES.items() if case.changes]
UNTOUCHED = [name for name, case in CASES.items() if not case.changes]

#: The oracle does not know what a page declares itself, with ``data-consent``.
UNSEEN = {"declared"}


# What begins far from where it says what it is.
LONG = {
    "script-across-windows": "<script>{}startTracking('gated')</script>",
    "style-across-windows": r"<style>{}@import url(https://x.g\61ted.example/a.css)</style>",
    "srcdoc-across-windows": "<iframe srcdoc='<script>{}startTracking(1)</script>'></iframe>",
    "handler-across-windows": "<img src=data:, onerror='{}startTracking(1)'>",
    "value-before": "<img alt='{}' src=//x.gated.example/p.gif>",
    "reference-before": "<img alt='{}' src=//x&period;gated.example/p.gif>",
    "region-across-windows": "<div data-consent=marketing>{}<img src=//x.gated.example/p.gif></div>",
    "noscript-across-windows": "<noscript>{}<img src=//x.gated.example/p.gif></noscript>",
    "svg-across-windows": "<svg><title>{}<script>startTracking(1)</script></title></svg>",
    "text-before": "<p>{}<script>startTracking(1)</script>",
}


def gated(page: bytes, charset: str | None = "utf-8", *cuts: int, closed: frozenset[str] = CLOSED) -> bytes:
    """Return a page after its gate, sent in pieces that begin at the cuts."""
    gate = HtmlGate(CLAIMS, closed=closed, charset=charset, allows=lambda _name: not closed)
    ends = [*cuts, len(page)]
    pieces = [page[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
    # The last message of a response says that it is the last one, or an empty one follows.
    if len(pieces) == 1:
        return gate.feed(page, more=False)
    return b"".join(map(gate.feed, pieces)) + gate.close()


def same_however_it_is_cut(case: Case, *, closed: frozenset[str]) -> None:
    whole = gated(case.page, case.charset, closed=closed)
    size = len(case.page)
    assert gated(case.page, case.charset, *range(1, size), closed=closed) == whole
    places = list(range(1, size))
    if size > MAX_CUTS:
        places = sorted(random.Random(size).sample(places, MAX_CUTS))
    for cut in places:
        assert gated(case.page, case.charset, cut, closed=closed) == whole, cut


# --- the corpus itself


def test_the_corpus_is_large_and_says_what_it_is() -> None:
    assert len(CASES) >= 150
    assert {name for name, case in CASES.items() if name.startswith("no-") and case.changes} == set()


@pytest.mark.parametrize("name", [name for name in GATED if name not in UNSEEN])
def test_the_oracle_finds_what_is_live_in_a_page_before_its_gate(name: str) -> None:
    assert live(CASES[name].page, CASES[name].charset) != []


@pytest.mark.parametrize("name", UNTOUCHED)
def test_the_oracle_finds_nothing_in_a_page_without_anything_gated(name: str) -> None:
    assert live(CASES[name].page, CASES[name].charset) == []


# --- the gate


#
@pytest.mark.parametrize("name", GATED)
def test_what_is_tricky_is_made_inert_and_everything_around_it_stays_byte_for_byte(name: str) -> None:
    case = CASES[name]
    out = gated(case.page, case.charset)

    assert live(out, case.charset) == []
    out = without_css_marks(out)
    changed = re.fullmatch(b"(.*)".join(map(re.escape, case.stays)), out, re.DOTALL)
    assert changed is not None
    assert all(new != old for new, old in zip(changed.groups(), case.changes, strict=True))


#
@pytest.mark.parametrize("name", GATED)
def test_with_the_edits_taken_back_a_page_is_what_it_was(name: str) -> None:
    case = CASES[name]
    taken_back = undone(gated(case.page, case.charset))
    before = undone(case.page)
    if case.completed:
        taken_back, before = (page.replace(b"</noscript>", b"") for page in (taken_back, before))

    assert taken_back == before


@pytest.mark.parametrize("name", UNTOUCHED)
def test_a_page_without_anything_gated_leaves_byte_for_byte(name: str) -> None:
    assert gated(CASES[name].page, CASES[name].charset) == CASES[name].page


@pytest.mark.parametrize("name", CASES)
def test_a_page_comes_out_the_same_wherever_it_is_cut(name: str) -> None:
    same_however_it_is_cut(CASES[name], closed=CLOSED)


#
@pytest.mark.parametrize("name", CASES)
def test_a_page_leaves_as_it_came_when_everything_is_granted(name: str) -> None:
    case = CASES[name]

    assert gated(case.page, case.charset, closed=frozenset()) == case.page
    same_however_it_is_cut(case, closed=frozenset())


@pytest.mark.parametrize("name", CASES)
def test_a_page_that_has_been_through_the_gate_leaves_it_unchanged(name: str) -> None:
    case = CASES[name]
    once = gated(case.page, case.charset)

    assert gated(once, case.charset) == once


#
@pytest.mark.parametrize("name", GATED)
def test_a_page_that_breaks_off_anywhere_has_nothing_live_in_it(name: str) -> None:
    case = CASES[name]
    draw = random.Random(name)

    for end in sorted(draw.sample(range(len(case.page)), min(30, len(case.page)))):
        assert live(gated(case.page[:end], case.charset), case.charset) == [], end


#
@pytest.mark.parametrize("name", MATRIX)
def test_no_way_of_quoting_and_no_case_of_letters_gets_through(name: str) -> None:
    case = MATRIX[name]
    out = gated(case.page, case.charset)

    assert live(case.page, case.charset) != []
    assert live(out, case.charset) == []
    assert undone(out) == case.page
    assert gated(case.page, case.charset, *range(1, len(case.page))) == out


# --- pages that are longer than what is looked at together


#
@pytest.mark.parametrize("size", [WINDOW - 40, WINDOW - 5, WINDOW + 600, 2 * WINDOW + 40])
@pytest.mark.parametrize("name", LONG)
def test_what_begins_far_from_where_it_is_found_out_is_gated_as_well(name: str, size: int) -> None:
    filler = "/* x */\n" * (size // 8) + " " * (size % 8)
    page = f"<!doctype html><title>x</title>{LONG[name].format(filler)}<p>After.".encode()
    out = gated(page)

    assert live(page) != []
    assert live(out) == []
    assert undone(out) == undone(page)
    for step in (WINDOW // 2 - 1, WINDOW, 10_007):
        assert gated(page, "utf-8", *range(step, len(page), step)) == out


# "Bad input": an attribute of ten megabytes may hide anything, so nothing after its beginning leaves.
@pytest.mark.parametrize("step", [None, WINDOW])
@pytest.mark.parametrize(
    "attribute", ["src=//x.gated.example/p.gif title", "title", "src='data:,x' alt", "srcset"]
)
def test_an_attribute_of_ten_megabytes_lets_nothing_live_pass(attribute: str, step: int | None) -> None:
    page = f"<p>Before.</p><img {attribute}='{'x ' * 5_000_000}'><img src=//x.gated.example/q.gif>".encode()
    out = gated(page, "utf-8", *(range(step, len(page), step) if step else ()))

    assert out.startswith(b"<p>Before.</p>")
    assert live(out) == []

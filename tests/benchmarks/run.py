"""``make bench``: what consentkit costs, beside what is known, measured in one run.

Information, not a test: the numbers of a busy machine are noisy, and nothing fails by them.
"""

from __future__ import annotations

import gzip
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from turbohtml import Tokenizer

from consentkit import Consent
from consentkit.gate.claims import Claims
from consentkit.gate.html import gate_fragment
from consentkit.gate.stream import HtmlGate
from consentkit.policy.model import CONSENT_COOKIE_NAMES
from consentkit.ui.assets import load_stylesheet
from consentkit.ui.render import Pages
from consentkit.ui.view import View

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import example_site as example
from tests.benchmarks.measure import calls, requests
from tests.benchmarks.pages import publication_page
from tests.benchmarks.start_up import import_time

ROUNDS: Final = 640
#: Twice what the middleware remembers: who comes round again has been forgotten.
STRANGERS: Final = 8_192
REGULARS: Final = 512
PAGE_SIZE: Final = 200_000
CLAIMS: Final = Claims(example.POLICY.services.values())
CLOSED: Final = frozenset(example.POLICY.services)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``within`` is ``None`` where there is nothing to judge."""

    what: str
    ours: str
    theirs: str = ""
    ratio: str = ""
    bar: str = ""
    within: bool | None = None

    def __str__(self) -> str:
        verdict = "" if self.within is None else "ok" if self.within else "over"
        cells = f"{self.what:<38}{self.ours:>13}{self.theirs:>12}{self.ratio:>8}  {self.bar:<20}{verdict}"
        return cells.rstrip()


def request_row(
    what: str,
    bar: float,
    visitors: int,
    *,
    bare: example.Look,
    consent: example.Look,
    session: example.Look,
) -> Row:
    """Measure what the two middlewares add to a request of one of so many ``visitors``."""
    times = requests(
        {
            "bare": example.site(bare),
            "ours": example.with_consent(example.site(consent)),
            "theirs": example.with_session(example.site(session)),
        },
        [example.scope_of(number) for number in range(visitors)],
        rounds=ROUNDS,
    )
    ours, theirs = times["ours"] - times["bare"], times["theirs"] - times["bare"]
    ratio = ours / theirs
    return Row(what, f"{ours:.2f} µs", f"{theirs:.2f} µs", f"{ratio:.2f}", f"≤ {bar:.2f}", ratio <= bar)


def untouched() -> Row:
    """Neither consent nor session is looked at, and no cookie is set."""
    look = example.look_at_nothing
    return request_row("request: consent not read", 0.25, REGULARS, bare=look, consent=look, session=look)


def reading(what: str, bar: float, visitors: int) -> Row:
    """Consent is read, against reading a session."""
    return request_row(
        what,
        bar,
        visitors,
        bare=example.look_at_request,
        consent=example.look_at_consent,
        session=example.look_at_session,
    )


def as_installed() -> Row:
    """Pages are looked for, but the answer is none; for information."""
    bare = example.site(example.look_at_nothing, page=False)
    times = requests(
        {"bare": bare, "ours": example.as_installed(bare), "theirs": example.with_session(bare)},
        [example.scope_of(number) for number in range(REGULARS)],
        rounds=ROUNDS,
    )
    ours, theirs = times["ours"] - times["bare"], times["theirs"] - times["bare"]
    return Row(
        "request: not read, pages looked for", f"{ours:.2f} µs", f"{theirs:.2f} µs", f"{ours / theirs:.2f}"
    )


def judging_requests() -> Row:
    """Two optional cookies come with the request, one of which may not be read; for information."""
    look = example.look_at_request
    times = requests(
        {
            "bare": example.site(look),
            "ours": example.with_consent(example.site(look)),
            "theirs": example.with_session(example.site(example.look_at_session)),
        },
        [example.scope_of(number, optional=True) for number in range(REGULARS)],
        rounds=ROUNDS,
    )
    ours, theirs = times["ours"] - times["bare"], times["theirs"] - times["bare"]
    return Row(
        "request: two optional cookies judged", f"{ours:.2f} µs", f"{theirs:.2f} µs", f"{ours / theirs:.2f}"
    )


def five_cookies() -> Row:
    """Five cookies are set, two of which are held back, against reading and not writing a session."""
    bare = example.setting_cookies(example.site(example.look_at_request))
    times = requests(
        {
            "bare": bare,
            "ours": example.with_consent(bare),
            "theirs": example.with_session(example.setting_cookies(example.site(example.look_at_session))),
        },
        [example.scope_of(number) for number in range(REGULARS)],
        rounds=ROUNDS,
    )
    ours, theirs = times["ours"] - times["bare"], times["theirs"] - times["bare"]
    ratio = ours / theirs
    return Row(
        "five Set-Cookie filtered", f"{ours:.2f} µs", f"{theirs:.2f} µs", f"{ratio:.2f}", "≤ 1.00", ratio <= 1
    )


def html(what: str, page: str, gate: Callable[[str], object], *, bar: tuple[float, float] | None) -> Row:
    """Gate a page, against tokenizing it and doing nothing."""
    times = calls({"ours": lambda: gate(page), "theirs": lambda: tokenize(page)}, rounds=60)
    ours, theirs = (len(page.encode()) / times[name] for name in ("ours", "theirs"))
    share = ours / theirs
    return Row(
        f"HTML gate: {what}",
        f"{ours:.0f} MB/s",
        f"{theirs:.0f} MB/s",
        f"{share:.2f}",
        f"≥ {bar[0]:.2f}, ≥ {bar[1]:.0f} MB/s" if bar else "",
        share >= bar[0] and ours >= bar[1] if bar else None,
    )


def whole(page: str) -> bytes:
    """Gate a page that comes in one piece."""
    return HtmlGate(CLAIMS, closed=CLOSED).feed(page.encode(), more=False)


def streamed(page: str) -> bytes:
    """Gate a page that comes in pieces of 16 kB."""
    gate = HtmlGate(CLAIMS, closed=CLOSED)
    body = page.encode()
    return b"".join(gate.feed(body[at : at + 16_384]) for at in range(0, len(body), 16_384)) + gate.close()


def memory() -> Row:
    """Measure what is held while 100 MB stream through, and what of the first piece has to wait."""
    page = publication_page(PAGE_SIZE).encode()
    gate = HtmlGate(CLAIMS, closed=CLOSED)
    waiting = len(page) - len(gate.feed(page))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(100_000_000 // len(page)):
        gate.feed(page)
    peak = (tracemalloc.get_traced_memory()[1] - before) / 1_000_000
    tracemalloc.stop()
    first = f"{max(0, waiting)} bytes wait"
    return Row("memory for a page of 100 MB", f"{peak:.2f} MB", first, bar="≤ 4 MB, none", within=peak <= 4)


def tokenize(page: str) -> None:
    """Run the bare tokenizer."""
    tokenizer = Tokenizer()
    for _ in tokenizer.feed(page):
        pass
    for _ in tokenizer.close():
        pass


def cookie() -> Row:
    """Measure the cookie as it comes with every request, its name included."""
    size = len(f"{CONSENT_COOKIE_NAMES[0]}={example.consent_value(1)}")
    return Row("cookie: three categories and an id", f"{size} bytes", bar="≤ 130", within=size <= 130)


def imports() -> Row:
    """Measure ``import consentkit``."""
    time = import_time()
    return Row("import, frameworks already there", f"{time:.1f} ms", bar="≤ 40", within=time <= 40)


def stylesheet() -> Row:
    """Measure what a visitor downloads once."""
    size = len(gzip.compress(load_stylesheet().body, compresslevel=9, mtime=0)) / 1_000
    return Row("stylesheet, gzip", f"{size:.2f} kB", bar="≤ 2.0", within=size <= 2)


def banner() -> Row:
    """Measure the rendering of the question, for information."""
    pages = Pages(example.POLICY)
    view = View(consent=Consent(example.POLICY), language="en", prefix="/cookies", path="/reports/phase-two")
    time = calls({"banner": lambda: pages.banner(view)}, rounds=500)["banner"]
    return Row("banner, rendered", f"{time:.0f} µs")


def rows() -> list[Callable[[], Row]]:
    """Return the measurements in the order of the table."""
    loud = publication_page(PAGE_SIZE)
    quiet = loud.replace("googletagmanager", "example").replace("youtube", "example").replace("gtag", "own")
    return [
        untouched,
        as_installed,
        lambda: reading("request: consent read, first sight", 0.75, STRANGERS),
        lambda: reading("request: consent read, seen before", 0.35, REGULARS),
        judging_requests,
        five_cookies,
        lambda: html("page with gated hosts", loud, whole, bar=(0.6, 100)),
        lambda: html("the same in pieces", loud, streamed, bar=None),
        lambda: html("page without gated hosts", quiet, whole, bar=(0.6, 200)),
        lambda: html("the same in pieces", quiet, streamed, bar=None),
        lambda: html("one fragment", loud, lambda page: gate_fragment(page, "analytics"), bar=None),
        memory,
        cookie,
        imports,
        stylesheet,
        banner,
    ]


def main() -> None:
    """Print the table, line by line as it is measured."""
    print("Times of requests are what a middleware adds to the bare application; the fastest of many rounds.")
    print("Against SessionMiddleware with a session cookie, or against the bare tokenizer.\n")
    print(Row("", "consentkit", "against", "ratio", "bar"))
    for measure in rows():
        print(measure(), flush=True)


if __name__ == "__main__":
    main()

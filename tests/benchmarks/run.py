"""``make bench``: what consentkit costs, beside what is known, measured in one run.

Information, not a test: the numbers of a busy machine are noisy, and nothing fails by them.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from turbohtml import Tokenizer

from consentkit import Consent
from consentkit.gate.html import gate_fragment
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


def html() -> Row:
    """Gate a page as one fragment, against tokenizing it and doing nothing."""
    page = publication_page(PAGE_SIZE)
    times = calls(
        {"ours": lambda: gate_fragment(page, "analytics"), "theirs": lambda: tokenize(page)}, rounds=60
    )
    ours, theirs = (len(page.encode()) / times[name] for name in ("ours", "theirs"))
    share = ours / theirs
    within = share >= 0.6 and ours >= 100
    return Row(
        f"HTML gate, one fragment of {len(page.encode()) / 1_000:.0f} kB",
        f"{ours:.1f} MB/s",
        f"{theirs:.1f} MB/s",
        f"{share:.2f}",
        "≥ 0.60, ≥ 100 MB/s",
        within,
    )


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
    return [
        untouched,
        lambda: reading("request: consent read, first sight", 0.75, STRANGERS),
        lambda: reading("request: consent read, seen before", 0.35, REGULARS),
        lambda: Row("five Set-Cookie filtered", "not built yet", bar="≤ 1.00"),
        html,
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

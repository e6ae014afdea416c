"""Reports of a Content-Security-Policy, in the two forms in which browsers send them.

``application/csp-report`` is one report of ``report-uri`` (CSP Level 3, section 5.3);
``application/reports+json`` is a list of the Reporting API. Anybody can send either, so nothing is
believed but that somebody says so, and only the directive and what was blocked are looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from ..errors import DecisionError

MEDIA_TYPES: Final = ("application/csp-report", "application/reports+json", "application/json")
#: Reports that are read of one body.
MAX_REPORTS: Final = 50

_DIRECTIVE: Final = re.compile(r"[a-z]{1,20}(?:-[a-z]{1,20}){0,3}")


def parse_reports(body: bytes, media_type: str) -> list[tuple[str, str]]:
    """Return directive and blocked address of each report in a body.

    Raises:
        DecisionError: ``content-type`` (415) or ``malformed`` (422).
    """
    if media_type not in MEDIA_TYPES:
        raise DecisionError("content-type", 415, f"Send {' or '.join(MEDIA_TYPES[:2])}.")
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise DecisionError("malformed", 422, "The body is not JSON.") from None
    entries = document if isinstance(document, list) else [document]
    return [report for entry in entries[:MAX_REPORTS] for report in _read(entry)]


def _read(entry: object) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, dict):
        return
    old, new = entry.get("csp-report"), entry.get("body")
    if isinstance(old, dict):
        yield from _report(old, ("effective-directive", "violated-directive"), "blocked-uri", "document-uri")
    elif entry.get("type") == "csp-violation" and isinstance(new, dict):
        yield from _report(new, ("effectiveDirective",), "blockedURL", "documentURL")


def _report(
    report: Mapping[str, object], names: tuple[str, ...], blocked: str, page: str
) -> Iterator[tuple[str, str]]:
    address = report.get(blocked)
    if _host(address) and _host(address) == _host(report.get(page)):
        return  # the site's own, which nobody has to declare
    for name in names:
        said = report.get(name)
        directive = said.split(" ", 1)[0].lower() if isinstance(said, str) else ""
        if isinstance(address, str) and _DIRECTIVE.fullmatch(directive):
            yield directive, address[:2_000]
            return


def _host(address: object) -> str | None:
    try:
        return urlsplit(address[:2_000]).hostname if isinstance(address, str) else None
    except ValueError:
        return None

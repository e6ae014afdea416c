"""Frameworks that claim more than a site's own consent are absent: nobody is told that they are there."""

from __future__ import annotations

from importlib.resources import files

import pytest

from consentkit import ConsentMiddleware

NAMES = ("__tcfapi", "__gpp", "__uspapi", "__cmp", "euconsent", "cmpId", "TCString")


# R-62 R-63
@pytest.mark.parametrize("name", NAMES)
def test_no_script_and_no_template_answers_for_a_framework(name: str) -> None:
    folder = files("consentkit.ui")
    shipped = [*(folder / "static").iterdir(), *(folder / "templates").iterdir()]

    assert [entry.name for entry in shipped if name in entry.read_text("utf-8")] == []


# R-62 R-63
def test_no_option_offers_one() -> None:
    options = ConsentMiddleware.__init__.__annotations__

    assert not {"tcf", "gpp", "cmp", "cmp_id"} & options.keys()

"""One site with three optional categories, one of them under Global Privacy Control, and a clock."""

from __future__ import annotations

import pytest

from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy

POLICY = """
[site]
name = "Tide Tables"
controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

[consent]
gpc = ["marketing"]

[categories.essential]
cookies = [{ name = "session", purpose = "Keeps you signed in.", expires_after = "session" }]

[categories.analytics]
use = ["counter", "survey"]
[categories.functional]
[categories.marketing]
use = ["pixel"]

[services.counter]
provider = "Counting Ltd"
hosts = ["counter.example"]
[services.survey]
provider = "Survey Makers Ltd"
[services.pixel]
provider = "Pixel Ltd"
[services.login]
category = "essential"
provider = "Harbour Office"
reason = "Signs you in."
"""


@pytest.fixture(scope="session")
def policy_text() -> str:
    """Return the ``consent.toml`` of ``policy``, to be varied."""
    return POLICY


@pytest.fixture(scope="session")
def policy() -> Policy:
    return parse_policy(POLICY)

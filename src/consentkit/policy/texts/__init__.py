"""Every string a visitor reads, one TOML file per language, and the choice among them."""

from __future__ import annotations

from .negotiation import negotiate as negotiate
from .shipped import available_languages as available_languages
from .shipped import load_texts as load_texts
from .wording import LABELS as LABELS
from .wording import Texts as Texts
from .wording import placeholders as placeholders

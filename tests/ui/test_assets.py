from __future__ import annotations

import pytest

from consentkit.ui.assets import load_stylesheet, stylesheet


#
@pytest.mark.parametrize("body", [b"a{}</style><script>", b"/* </STYLE> */"])
def test_a_stylesheet_that_would_end_its_own_element_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="</style"):
        stylesheet(body)


def test_the_address_changes_with_the_content_and_with_nothing_else() -> None:
    assert stylesheet(b"a{}").path == stylesheet(b"a{}").path
    assert stylesheet(b"a{}").path != stylesheet(b"b{}").path
    assert load_stylesheet().path == stylesheet(load_stylesheet().body).path

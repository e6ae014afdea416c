"""What may be an address in CSS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.gate.css import Address, addresses_in, plain

A = "//t.example/a"

# As browsers read it (CSS Syntax Level 3, sections 4.3.4 to 4.3.7); checked in Chromium by tests/browser.
ADDRESSES = {
    "": [],
    "a{color:red}": [],
    f"a{{background:url({A})}}": [A],
    f"a{{background:URL( '{A}' )}}": [A],
    f'@import "{A}";': [A],
    f"@import url({A}) print;": [A],
    f"a{{background:image-set('{A}' 1x, url({A}) 2x)}}": [A, A],
    f"a{{background:u\\72l({A})}}": [A],
    f"a{{background:\\000055 RL({A})}}": [A],
    r"a{background:url(//t\2e example/a)}": [A],
    "a{background:url('//t.ex\\\nample/a')}": [A],
    "a{background:url('//t.ex\\\r\nample/a')}": [A],
    r"a{background:url(//t\.example/a)}": [A],
    # what looks like the end of a string, or like its beginning
    rf"a{{content:'it\'s';background:url({A})}}": ["it's", A],
    f'a{{content:"\\"";background:url("{A}")}}': ['"', A],
    f"/* it's */a{{background:url({A})}}": [A],
    f"a{{content:'broken\n;background:url({A})}}": ["broken", A],
    f'a{{content:"it\'s";background:url({A})}}': ["it's", A],
    # left open
    f"a{{background:url({A}": [A],
    f"a{{background:url('{A}": [A],
    "a{background:url(": [""],
    "a{content:'\\": ["\\"],
    # what fetches nothing
    f"/* url({A}) */": [],
    f"/* url({A})": [],
    f"a[href^='{A}']{{color:red}}": [],
    f'a[ href *= "{A}" i ]{{color:red}}': [],
    f"a{{b:curl({A})}}": [],
    "a{b:url}": [],
}


#
@pytest.mark.parametrize("css", ADDRESSES)
def test_addresses_are_found_where_a_browser_finds_them(css: str) -> None:
    assert [one.text for one in addresses_in(css)] == ADDRESSES[css]


#
def test_half_an_attribute_selector_hides_nothing() -> None:
    for css in (f"a[b='x';c:url('{A}')]", f"a[b='x\n'{A}']", f"a[b=(url('{A}'))]", f"[url({A})]"):
        assert any(A in one.text for one in addresses_in(css)), css


#
def test_a_byte_that_only_looks_like_a_backslash_hides_nothing() -> None:
    css = "a{content:'ソ';background:url(//t.example/a)}".encode("shift_jis").decode("latin-1")

    assert A in [one.text for one in addresses_in(css)]


@given(st.text(alphabet=st.sampled_from("url(\"')\\/* \n\r\f2e[]=;{}aé")) | st.text())
def test_any_text_is_read_and_each_address_stands_where_it_is_said_to(css: str) -> None:
    for address in addresses_in(css):
        assert 0 <= address.start <= len(css)
        if "\\" not in css:
            assert css.startswith(address.text, address.start)


@given(st.text(alphabet="abc/.: é-"), st.sampled_from(["'", '"']))
def test_whatever_an_address_is_spelt_with_it_is_found(address: str, quote: str) -> None:
    spelt = "".join(f"\\{ord(char):06x}" for char in address)

    for written in (address, spelt):
        css = f"a{{b:url({quote}{written}{quote})}}"
        assert addresses_in(css) == [Address(css.index(quote) + 1, address)]


def test_an_escape_that_stands_for_no_character_is_one_all_the_same() -> None:
    assert [plain(one) for one in (r"\0", r"\110000", r"\d800 ", r"\e9x", "x")] == [*"\ufffd" * 3, "éx", "x"]

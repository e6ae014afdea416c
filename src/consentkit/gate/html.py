"""Markup inside a closed gate, made inert on the tokens of the HTML standard; no tree is built.

A tokenizer alone cannot know how a browser will read ``<style>``, ``<title>``,
``<noscript>`` and their like: their content is text in HTML, and markup inside
``<svg>``, in an ignored element or where scripts are off. So it is gated as if
it were markup, and what comes out is inert either way.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from turbohtml import Token, Tokenizer, TokenType

from .attributes import EMBEDS, StartTag, inert_tag, is_embed, size_of

# After these start tags the tokenizer reads text up to the matching end tag; after <plaintext>, for ever.
RAW_TEXT = frozenset(
    {
        "iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "textarea", "title",
        "xmp",
    }
)  # fmt: skip

# Each level reads the content of the level above again. Nobody nests <noscript> eight deep on purpose;
# below that, content becomes text.
MAX_DEPTH = 8

# Preload scanners look for @import at the start of a <style> without asking for its type. They stop at
# the first rule of another kind, such as this one for an element that does not exist.
STYLE_GUARD = "data-consent{}"

NOTHING = "<!---->"

# What is open from here on when the input ends; "</>" alone is complete, and means nothing.
_UNFINISHED = re.compile(r"<(?!/>)(?=[a-z/!?]|\Z)", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</(?=script)", re.IGNORECASE)
_LINE_END = re.compile(r"[\r\n]")

# Elements of SVG and MathML whose content is HTML again. In there, </svg> closes nothing.
FOREIGN_ROOTS = frozenset({"svg", "math", "select", "frameset"})
BACK_TO_HTML = frozenset(
    {"annotation-xml", "desc", "foreignobject", "mi", "mn", "mo", "ms", "mtext", "title"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gated:
    """A fragment after its gate.

    Attributes:
        html: the fragment, inert.
        embeds: whether something that the visitor would have seen was made inert, such as a video or a
            map, so that a notice should stand in its place. Pixels and hidden frames do not count.
        addresses: what was made inert would have loaded, by ``address_of``; of inline code its text.
        size: width and height of the first embed that gives both.
    """

    html: str
    embeds: bool
    addresses: frozenset[str] = frozenset()
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece of the input, exactly as it was written.

    Attributes:
        token: the tag, comment or doctype that it is, or ``None`` for what stands between them.
        source: its text; the sources of all slices, joined, are the input.
    """

    token: Token | None
    source: str


class SourceTokenizer:
    """Cuts HTML into its tokens and keeps what was written; holds no more than the piece in progress."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer(capture_source=True)
        self._pending = ""
        self._begin = 0  # offset of the pending text in the whole input
        self._line = 1
        self._line_start = 0
        self._line_starts: deque[int] = deque()  # of the lines that no token has reached yet

    def feed(self, text: str) -> list[Slice]:
        """Return the slices that ``text`` completes."""
        fed = self._begin + len(self._pending)
        self._line_starts.extend(fed + end.end() for end in _LINE_END.finditer(text))
        self._pending += text
        slices = []
        done = 0
        # The tokenizer reports positions after folding CR LF into one character, as the standard has it.
        # With no CR to fold, they hold for the input; and one line end or two is the same to every state.
        for token in self._tokenizer.feed(text.replace("\r", "\n")):
            if token.source is None:  # text: it ends where the next markup begins
                continue
            start = self._offset(token) - self._begin
            end = start + len(token.source)
            if start > done:
                slices.append(Slice(None, self._pending[done:start]))
            slices.append(Slice(token, self._pending[start:end]))
            done = end
        self._begin += done
        self._pending = self._pending[done:]
        return slices

    def close(self) -> str:
        """Return what no markup followed: text, or a tag or comment that was left unfinished."""
        rest, self._pending = self._pending, ""
        return rest

    def _offset(self, token: Token) -> int:
        while self._line < token.line:
            self._line += 1
            self._line_start = self._line_starts.popleft()
        return self._line_start + token.col


def gate_fragment(html: str, name: str) -> Gated:
    """Make a fragment inert, for a visitor who has not granted ``name``; never raises.

    Scripts and styles get ``type="text/plain"``, every attribute that fetches, runs or navigates without
    a click moves to ``data-consent-<attribute>``, and rewritten tags carry ``data-consent="<name>"``. The
    rest leaves as it came, links and forms included: they wait for a click. What the fragment leaves open
    (a tag, a comment, a script) is closed or becomes text, so that the page after it stays markup.

    Args:
        html: markup that stands where a browser expects HTML content.
        name: the category or service that holds the gate.

    Returns:
        The inert fragment, and whether the visitor misses something visible.
    """
    gate = _FragmentGate(name)
    inert = gate.markup(html, EMBEDS)
    return Gated(inert, gate.embeds, frozenset(gate.addresses - {""}), gate.size)


def address_of(tag: StartTag) -> str:
    """Return what a tag loads; where no one attribute says so, all of them."""
    address = tag.get("src") or tag.get("data") or tag.get("href") or tag.get("srcdoc")
    # A nonce is another one with every page.
    return address or "\n".join(f"{key}={value}" for key, value in tag.attributes if key != "nonce")


def start_tag(token: Token) -> StartTag:
    """Return a start tag token as a value of our own."""
    return StartTag(token.tag or "", tuple(token.attrs or ()), token.self_closing)


class _FragmentGate:
    """The gating of one fragment, with what must survive the way into an element's content."""

    def __init__(self, name: str) -> None:
        self.embeds = False
        self.size: tuple[int, int] | None = None
        self.addresses: set[str] = set()
        self._name = name
        self._foreign = ForeignContent()

    def markup(self, html: str, visible: frozenset[str], depth: int = 0) -> str:
        """Return ``html`` inert and complete; ``visible`` are the elements that count as embeds here."""
        if depth > MAX_DEPTH:
            return html.replace("<", "&lt;")
        source = SourceTokenizer()
        inert = []
        raw = None  # the element whose content comes next, if it is one that may be text
        for piece in source.feed(html):
            if piece.token is not None:
                inert.append(self._token(piece.token, piece.source, visible))
                raw = piece.token.tag if opens_raw_text(piece.token) else None
            elif raw is not None:
                inert.append(self._content(raw, piece.source, visible, depth))
            else:
                inert.append(piece.source)
        rest = source.close()
        if raw is None:
            inert.append(finished(rest))
        else:
            inert.append(ended(raw, self._content(raw, rest, visible, depth)))
        return "".join(inert)

    def _token(self, token: Token, source: str, visible: frozenset[str]) -> str:
        if token.type is TokenType.START_TAG:
            tag = start_tag(token)
            if not tag.self_closing:
                self._foreign.start(tag.tag)
            inert = inert_tag(tag, self._name)
            if inert is None:
                return source
            self.addresses.add(address_of(tag))
            if tag.tag in visible and is_embed(tag):
                self.embeds = True
                self.size = self.size or size_of(tag)
            return inert
        if token.type is TokenType.END_TAG:
            self._foreign.end(token.tag or "")
        elif source.startswith("<![CDATA["):
            # A comment up to ">" in HTML, text up to "]]>" in SVG: two readings of all that follows.
            return NOTHING
        return source

    def _content(self, raw: str, text: str, visible: frozenset[str], depth: int) -> str:
        """Return the content of an element that holds text in HTML."""
        if raw == "script" and not self._foreign.inside:
            self.addresses.add(text)
            return text
        if raw == "noscript":
            visible -= {"img"}  # a picture in here counts visitors, whatever its size
        elif raw != "plaintext":
            visible = frozenset()
        inert = self.markup(text, visible, depth + 1)
        guarded = raw == "style" and "@" in inert and not inert.startswith(STYLE_GUARD)
        return STYLE_GUARD + inert if guarded else inert


class ForeignContent:
    """Whether a browser may be inside ``<svg>`` or ``<math>``, where ``<script>`` holds markup.

    So it is in ``<select>`` and ``<frameset>``, which ignore many elements but not what is in them.
    Says so too often rather than not often enough.
    """

    def __init__(self) -> None:
        self._root: str | None = None
        self._open = 0
        self._html = 0  # elements open in there whose content is HTML

    def copy(self) -> ForeignContent:
        """Return the same state, to go on from by itself."""
        copy = ForeignContent()
        copy._root, copy._open, copy._html = self._root, self._open, self._html
        return copy

    @property
    def inside(self) -> bool:
        """Whether the next token may be in there."""
        return self._root is not None

    def start(self, tag: str) -> None:
        """Note a start tag, unless it closes itself."""
        if self._root is None and tag in FOREIGN_ROOTS:
            self._root = tag
        if self._root is None:
            return
        if tag == self._root:
            self._open += 1
        elif tag in BACK_TO_HTML:
            self._html += 1

    def end(self, tag: str) -> None:
        """Note an end tag."""
        if self._root is None:
            return
        if tag in BACK_TO_HTML:
            self._html = max(0, self._html - 1)
        elif tag == self._root:
            self._open -= 1
            if self._open <= 0 and self._html == 0:
                self._root, self._open = None, 0


def opens_raw_text(token: Token) -> bool:
    """Whether what follows a token is text up to an end tag."""
    return token.type is TokenType.START_TAG and token.tag in RAW_TEXT


def finished(rest: str) -> str:
    """Return the end of the input as text: what is unfinished there must not go on after it."""
    unfinished = _UNFINISHED.search(rest)
    if unfinished is None:
        return rest
    start = unfinished.start()
    if rest[start + 1 : start + 2] in ("!", "?"):
        return rest[:start] + NOTHING
    return rest[:start] + rest[start:].replace("<", "&lt;")


def ended(raw: str, content: str) -> str:
    """Return the content of an element that the input does not end, ended."""
    if raw == "plaintext":
        return content
    if raw != "script":
        return f"{content}</{raw}>"
    # "</script" without its ">", or inside "<!-- <script>", where it does not end the script.
    content = _SCRIPT_END.sub(r"<\\/", content)
    return f"{content}{'-->' if '<!--' in content else ''}</script>"

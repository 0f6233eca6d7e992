"""HTML to plain text, as rules and readers want it. selectolax is used here and in `page`.

Paragraphs are separated by an empty line. A list item or a table row is a line of its own
that starts with "• ", so that no rule joins words of two headlines. The text is never markup
again: what is sent on must be escaped there.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from watchd.parse.simplehtml import is_apart, read_simple, spaced
from watchd.parse.tidy import few_marks, tidied

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_MARKUP = 2_000_000  # characters read of one field
MAX_TEXT = 200_000  # characters kept of one field
BULLET = "• "

_FEED_TYPES = frozenset(
    f"application/{kind}" for kind in ("rss+xml", "atom+xml", "rdf+xml", "feed+json", "json", "xml")
) | {"text/xml", "text/rss+xml", "text/atom+xml"}
_FEED_ADDRESS = re.compile(
    r"(?:^|[/._?&=-])(?:rss|atom|feeds?|rdf)(?:[/._?&#=-]|\d|$)|\.(?:xml|rss|atom|rdf)(?:[?#]|$)",
    re.I,
)
_FEED_WORDS = re.compile(r"(?:rss|atom|(?:rss|atom|news|web|xml)?[ -]?feeds?|xml)", re.I)

_BLOCK_NAMES = """address article aside blockquote body caption center dd details dialog dir div dl
    dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr legend main menu nav ol
    p pre section summary table tbody td tfoot th thead tr ul"""
_SKIPPED_NAMES = "head iframe noembed noframes noscript object script style svg template"
_INLINE_NAMES = """a abbr acronym audio b bdi bdo big br button cite code data del dfn em embed font
    i img input ins kbd label li link mark math meta nobr param picture q rp rt ruby s samp small
    source span strike strong sub sup time title track tt u var video wbr"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SKIPPED = frozenset(_SKIPPED_NAMES.split())
_names = "|".join(f"{_BLOCK_NAMES} {_SKIPPED_NAMES} {_INLINE_NAMES}".split())

_TAG = re.compile(
    rf"<(?:/?(?:{_names})(?:\s[^<>]*)?/?>|!--|!\[CDATA\["
    rf"|/?(?:{_names})\s+[a-z-]+\s*=[^<>]*\Z)",  # the last one is a tag cut short
    re.I,
)
_BLOCK_TAG = re.compile(rf"<(?:br|li|{'|'.join(_BLOCK_NAMES.split())})[\s/>]", re.I)
_SIGN = re.compile("[<&]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.I)
_NESTING = re.compile(r"<(/?)(?!(?:p|li|br|img|hr|t[dhr]|d[dt]|input|option)[\s/>])[a-z]", re.I)
_CUT_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s+[a-z-]+\s*=[^<>]*)?\Z", re.I)
_LIST_LINE = re.compile(r"\s*[•‣◦▪*·-]\s+(?=\S)")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def to_text(value: str) -> str:
    """`value`, be it HTML, escaped HTML, text with entities or plain text, as plain text."""
    if not value:
        return ""
    value = value[:MAX_MARKUP]
    if value[:1].isalnum() and value.isprintable() and not _SIGN.search(value):
        # One plain line, as most titles are.
        value = " ".join(value.split()) if "  " in value else value.strip()
        return few_marks(value)[:MAX_TEXT]
    rendered = tidy = False
    for _ in range(4):  # feeds escape twice, some three times
        if "<" in value and _TAG.search(value):
            value, tidy = _render(value)
            rendered = True
        elif "&" in value and _ENTITY.search(value):
            value, tidy = html.unescape(value), False
        else:
            break
    if tidy:
        value = value.strip()
    else:
        value = _CONTROL.sub(_windows_1252, value)
        value = tidied(value if rendered else _plain(value))
    return few_marks(value)[:MAX_TEXT]


def to_line(value: str) -> str:
    """`to_text` on one line: a title, a name, a category."""
    text = to_text(value)
    if "\n" in text or BULLET in text or len(text) == MAX_TEXT:
        text = " ".join(text.replace(BULLET, " ").split())
    return text


def feed_links(page: str) -> tuple[str, list[str], list[str]]:
    """Of an HTML page, as written there: what its links are relative to ("" for its own address),
    the feeds it names as its own, and other links that look like feeds.
    """
    tree = _tree(page[:MAX_MARKUP])
    base = next((node.attributes.get("href") or "" for node in tree.css("base[href]")), "")
    named = []
    for link in tree.css("link[rel][href]"):
        kind = (link.attributes.get("type") or "").partition(";")[0].strip().lower()
        relations = (link.attributes.get("rel") or "").lower().split()
        href = link.attributes.get("href") or ""
        if kind in _FEED_TYPES and "alternate" in relations and "/wp-json" not in href:
            named.append(href)
    linked = []
    for anchor in tree.css("a[href]"):
        href = anchor.attributes.get("href") or ""
        says = (anchor.text() or "")[:100].strip()
        if _FEED_ADDRESS.search(href[:2000]) or _FEED_WORDS.fullmatch(says):
            linked.append(href)
    return base, named, linked


def page_title(page: str) -> str:
    """The title of an HTML page, on one line; "" when it has none."""
    title = _tree(page[:MAX_MARKUP]).css_first("title")
    return to_line(title.text()) if title is not None else ""


def _render(markup: str) -> tuple[str, bool]:
    """The text of HTML, and whether its lines are tidy already."""
    markup = markup.replace("<![CDATA[", "").replace("]]>", "")
    if not _BLOCK_TAG.search(markup):  # then an empty line is what parts the paragraphs
        markup = re.sub(r"\n[ \t\r]*\n", "\n<p>", markup) if "\n" in markup else markup
    cut = markup.rfind("<")
    if cut > markup.rfind(">"):  # a tag that never ends would swallow the words after it
        rest = "" if _CUT_TAG.match(markup, cut) else "&lt;" + markup[cut + 1 :]
        markup = markup[:cut] + rest
    if too_deep(markup):
        return html.unescape(re.sub(r"<[^<>]*>", " ", markup)), False
    if (simple := read_simple(markup)) is not None:
        return simple
    body = _tree(markup).body
    return _Writer().write(body) if body is not None else "", False


def _tree(markup: str) -> LexborHTMLParser:
    from selectolax.lexbor import LexborHTMLParser  # an eighth of the parser's start

    return LexborHTMLParser(markup)


def too_deep(markup: str) -> bool:
    """Whether tags nest deeper than any author's: the HTML parser is quadratic in depth."""
    if markup.count("<") < 1000:
        return False
    depth = 0
    for tag in _NESTING.finditer(markup):
        depth += -1 if tag[1] else 1
        if depth > 1000:
            return True
    return False


def _plain(text: str) -> str:
    """Text without markup: lines are joined, empty lines part paragraphs, a list stays one."""
    lines = [""]
    for line in text.split("\n"):
        item = _LIST_LINE.match(line)
        if item:
            lines.append(BULLET + line[item.end() :])
        elif line.strip() and lines[-1].startswith(BULLET) and not line[0].isspace():
            lines += ["", line]  # the list ended
        elif not line.strip():
            lines += ["", ""]
        else:
            lines[-1] += f" {line}"
    return "\n".join(lines)


def _windows_1252(found: re.Match[str]) -> str:
    """U+0080 to U+009F are Windows' quotation marks, misnamed; other controls go."""
    code = ord(found[0])
    return bytes((code,)).decode("cp1252", "ignore") if 0x80 <= code <= 0x9F else ""


def _is_data(row: LexborNode) -> bool:
    """Whether a table row holds data, not the layout of a page."""
    if row.css_first("p,div,ul,ol,dl,table,h1,h2,h3,h4,blockquote,pre,section,article"):
        return False
    return len(row.css("td,th")) > 1


class _Writer:
    """Walks a tree once, without recursion, and writes its text block by block."""

    def __init__(self) -> None:
        self.lines: list[tuple[bool, str]] = []  # (a list item?, its text)
        self.words: list[str] = []
        self.items = 0  # list items and rows of data around us
        self.rows: list[bool] = []  # the table rows around us: of data?
        self.depth = 0
        self.last = " "  # the last character written
        self.edge = ""  # the tags since then: "" none | open | close | close a | apart
        self.apart_until: list[int] = []  # depths of elements whose end parts words, too

    def write(self, root: LexborNode) -> str:
        node: LexborNode | None = root
        while node is not None:
            child = node.child if self._enter(node) else None
            if child is not None:
                self.depth += 1
                node = child
                continue
            while node is not None:
                self._leave(node.tag or "")
                if node.mem_id == root.mem_id:
                    node = None
                elif node.next is not None:
                    node = node.next
                    break
                else:
                    self.depth -= 1
                    node = node.parent
        self._flush()
        return self._joined()

    def _joined(self) -> str:
        text, in_list = "", False
        for is_item, line in self.lines:
            text += "\n" if is_item and in_list else "\n\n"
            text += BULLET + line if is_item else line
            in_list = is_item
        return text

    def _enter(self, node: LexborNode) -> bool:
        """Begin a node; whether its children are to be read."""
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "")
            return False
        if tag in _SKIPPED or tag[:1] in "-!":
            return False
        if tag == "li":
            self._flush()
            self.items += 1
        elif tag == "tr":
            self._block()
            self.rows.append(not self.items and _is_data(node))
            self.items += self.rows[-1]
        elif tag in ("td", "th") and self.rows and self.rows[-1]:
            self._gap(" | " if "".join(self.words).strip() else " ")
        elif tag == "sup" and self.last.isalpha() and (node.text() or "")[:1] in "0123456789[":
            self.edge = "apart"  # the number of a footnote
            self.apart_until.append(self.depth)
        else:
            self._begin(tag)
        return True

    def _begin(self, tag: str) -> None:
        if tag == "br":
            self._gap("\n")
        elif tag in _BLOCKS:
            self._block()
        elif tag == "nobr" or (tag == "a" and self.edge == "close a"):
            self.edge = "apart"
        elif self.edge != "apart":
            self.edge = "open"

    def _leave(self, tag: str) -> None:
        if tag[:1] in "-!" or tag in _SKIPPED or tag == "br":
            return
        ends_apart = bool(self.apart_until) and self.apart_until[-1] >= self.depth
        while self.apart_until and self.apart_until[-1] >= self.depth:
            self.apart_until.pop()
        if tag == "li":
            self._flush()
            self.items -= 1
        elif tag == "tr":
            self._block()
            if self.rows and self.rows.pop():
                self._flush()
                self.items -= 1
        elif tag in _BLOCKS:
            if not (tag in ("td", "th") and self.rows and self.rows[-1]):
                self._block()
        elif tag == "nobr" or ends_apart:
            self.edge = "apart"
        elif self.edge != "apart":
            self.edge = "close a" if tag == "a" else "close"

    def _text(self, text: str) -> None:
        if not text:
            return
        if self.edge and is_apart(self.edge, self.last, text[0]):
            self.words.append(" ")
            if self.edge == "open":
                self.apart_until.append(self.depth - 1)
        self.words.append(spaced(text))
        self.last, self.edge = text[-1], ""

    def _gap(self, gap: str) -> None:
        self.words.append(gap)
        self.last, self.edge = " ", ""

    def _block(self) -> None:
        if self.items:
            self._gap(" ")
        else:
            self._flush()

    def _flush(self) -> None:
        self.last, self.edge = " ", ""
        if not self.words:
            return
        text = "".join(self.words)
        self.words.clear()
        if self.items:
            text = " ".join(text.split())
        if text.strip():
            self.lines.append((self.items > 0, text))

"""HTML to plain text, as rules and readers want it. selectolax is used here and in `page`.

Paragraphs are separated by an empty line. A list item or a table row is a line of its own
that starts with "• ", so that no rule joins words of two headlines. The text is never markup
again: what is sent on must be escaped there.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

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
_SIMPLE_BLOCKS = frozenset(("blockquote", "div", "p"))
_SIMPLE = re.compile(r"<(/?)(a|b|blockquote|div|em|i|p|span|strong)(\s[^<>]*)?>|<br\s*/?>")
_OTHER_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|nbsp|#39|#8[0-9]{3});)")
_MOST_SIMPLE = 100_000  # characters; longer texts are seldom simple
_SIGN = re.compile("[<&]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.I)
_NESTING = re.compile(r"<(/?)(?!(?:p|li|br|img|hr|t[dhr]|d[dt]|input|option)[\s/>])[a-z]", re.I)
_CUT_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s+[a-z-]+\s*=[^<>]*)?\Z", re.I)
_LIST_LINE = re.compile(r"\s*[•‣◦▪*·-]\s+(?=\S)")
_SPACES = re.compile(r"\s{2,}|[^\S ]")  # all that is not one plain space
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Accents piled on one letter: no script needs them, and to bring them into order takes for ever.
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]"
)
_MANY_MARKS = re.compile(f"({_MARK}{{30}}){_MARK}+")
# Scripts written without spaces between words: a separator there would cut words apart.
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff]")


def to_text(value: str) -> str:
    """`value`, be it HTML, escaped HTML, text with entities or plain text, as plain text."""
    if not value:
        return ""
    value = value[:MAX_MARKUP]
    if value[:1].isalnum() and value.isascii() and value.isprintable() and not _SIGN.search(value):
        return " ".join(value.split())[:MAX_TEXT]  # one plain line, as most titles are
    rendered = False
    for _ in range(4):  # feeds escape twice, some three times
        if "<" in value and _TAG.search(value):
            value, rendered = _render(value), True
        elif "&" in value and _ENTITY.search(value):
            value = html.unescape(value)
        else:
            break
    value = _CONTROL.sub(_windows_1252, value)
    return _tidy(value if rendered else _plain(value))[:MAX_TEXT]


def to_line(value: str) -> str:
    """`to_text` on one line: a title, a name, a category."""
    return " ".join(to_text(value).replace(BULLET, " ").split())


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


def _render(markup: str) -> str:
    markup = markup.replace("<![CDATA[", "").replace("]]>", "")
    if not _BLOCK_TAG.search(markup):  # then an empty line is what parts the paragraphs
        markup = re.sub(r"\n[ \t\r]*\n", "\n<p>", markup) if "\n" in markup else markup
    cut = markup.rfind("<")
    if cut > markup.rfind(">"):  # a tag that never ends would swallow the words after it
        rest = "" if _CUT_TAG.match(markup, cut) else "&lt;" + markup[cut + 1 :]
        markup = markup[:cut] + rest
    if too_deep(markup):
        return html.unescape(re.sub(r"<[^<>]*>", " ", markup))
    if len(markup) < _MOST_SIMPLE and (simple := _simple(markup)) is not None:
        return simple
    body = _tree(markup).body
    return _Writer().write(body) if body is not None else ""


def _tree(markup: str) -> LexborHTMLParser:
    from selectolax.lexbor import LexborHTMLParser  # an eighth of the parser's start

    return LexborHTMLParser(markup)


def _simple(markup: str) -> str | None:
    """The text of paragraphs with links and emphasis, without a tree; None for all else.

    Most texts of feeds are no more than this, and take half the time then.
    """
    parts = _SIMPLE.split(markup)  # a text, and in turns the three groups of a tag and a text
    texts = " ".join(parts[::4])
    if "<" in texts:
        return None
    if "&" in texts:
        if _OTHER_ENTITY.search(texts):
            return None
        parts[::4] = map(html.unescape, parts[::4])
    writer = _Writer()
    around: list[str] = []
    writer.depth = 1
    writer._text(parts[0])
    for end, name, said, text in zip(
        parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True
    ):
        if name is None:
            writer._gap("\n")
        elif end:
            if said or not around or around.pop() != name:
                return None
            writer.depth -= 1
            writer._leave(name)
        else:
            if said and (said[-1] == "/" or said.count('"') % 2 or said.count("'") % 2):
                return None  # a ">" within an attribute
            if around and (name in around or name in _SIMPLE_BLOCKS):
                return None
            writer._begin(name)
            around.append(name)
            writer.depth += 1
        if text:
            writer._text(text)
    if around:
        return None
    writer._flush()
    return writer._joined()


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


def _tidy(text: str) -> str:
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    if "\n\n\n" in lines:
        lines = re.sub(r"\n{3,}", "\n\n", lines)
    if not lines.isascii():
        lines = _MANY_MARKS.sub(r"\1", lines)
    return lines.strip()


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
        if self.edge and self._apart(self.last, text[0]):
            self.words.append(" ")
            if self.edge == "open":
                self.apart_until.append(self.depth - 1)
        plain = text.isprintable() and "  " not in text
        self.words.append(text if plain else _SPACES.sub(" ", text))
        self.last, self.edge = text[-1], ""

    def _apart(self, before: str, after: str) -> bool:
        """Whether tags between two characters stand for a space that the author left out.

        KCNA sets names in <nobr>, and "Comrade<b>Kim" is two words; but "<b>K</b>CNA" and
        "<a>North Korea</a>n" are one, as is everything in scripts without spaces.
        """
        if self.edge == "apart":
            apart = before.isalnum() and after.isalnum()
        else:
            apart = after.isupper() and (before.islower() or before in ".,;:!?")
        return apart and not (_SPACELESS.match(before) or _SPACELESS.match(after))

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

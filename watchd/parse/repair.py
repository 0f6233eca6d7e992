"""A broken XML document made whole: found, cleaned, and closed after its last whole item.

feedparser falls back to a lenient reading of a document that is not well-formed, and then
changes the items' ids and texts. So what can be mended is mended first; expat says what is
wrong and where, and each kind of mistake has one remedy.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from html.entities import html5
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat
from xml.parsers.expat import errors

from watchd.values import Struct, field

MAX_ATTRIBUTES = 500  # of one element: feedparser is quadratic in them
_HEAD = '<?xml version="1.0" encoding="utf-8"?>'
_SPACE = re.compile(r"[\s\ufeff\x00]*")
_PROLOG = re.compile(
    r"<\?.*?(?:\?>|\Z)|<!--.*?(?:-->|\Z)|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?(?:>|\Z)", re.S | re.I
)
_ROOT = re.compile(
    r"<(?P<root>(?:[\w.-]{1,20}:)?(?:rss|rdf|feed|urlset|sitemapindex|opml|channel))(?=[\s/>])",
    re.I,
)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.I)
# A feed that some server wrapped in a web page.
_WRAPPED = re.compile(r"<(?:rss\s[^<>]*\bversion\s*=|feed\s[^<>]*www\.w3\.org/2005/Atom)", re.I)
_ENTITY_VALUE = re.compile(r"<!ENTITY\s+(\w{1,40})\s+(?:\"([^\"&<%]{0,200})\"|'([^'&<%]{0,200})')")
_NUMERIC_VALUE = re.compile(r"<!ENTITY\s+(\w{1,40})\s+[\"'](&#x?[0-9a-f]{1,6};)[\"']", re.I)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# CDATA and comments are passed over whole; an unclosed one reaches to the end.
_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|&(?:(?P<name>[A-Za-z]\w{0,40});|#(?P<number>x[0-9a-fA-F]{1,8}|\d{1,9});)?",
    re.S,
)
_PREFIX = re.compile(r"(?:</?|\s)([A-Za-z_][\w.-]{0,40}):[\w.-]+(?=[\s=/>])")
_XML_NAMES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
_END_OF_ITEM = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|(?P<end></(?:\w+:)?(?:item|entry|url)\s*>)",
    re.S | re.I,
)
_WHOLE_ITEM = re.compile(
    r"<(?P<name>(?:\w+:)?(?:item|entry))(?=[\s>])"
    r"(?:<!\[CDATA\[.*?(?:\]\]>|\Z)|(?!</?(?P=name)[\s>]).)*+</(?P=name)\s*>",
    re.S | re.I,
)
_ITEMS = frozenset(("item", "entry", "url"))
_WITH_TREE = frozenset(("rss", "feed"))  # of these `plainfeed` reads most, from their tree
_AT_END = frozenset(
    errors.codes[message]
    for message in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        errors.XML_ERROR_PARTIAL_CHAR,
    )
)
_JUNK_AFTER = errors.codes[errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_UNBOUND = errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]
_WORDS = {
    errors.codes[errors.XML_ERROR_TAG_MISMATCH]: "a tag is not closed",
    errors.codes[errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: "an attribute is given twice",
    errors.codes[errors.XML_ERROR_INVALID_TOKEN]: "a character that XML does not allow there",
}


class Document(Struct, kw_only=True):
    """An XML document under repair. `root` is the name of its outermost element, in small."""

    text: str  # from the root element on
    root: str
    entities: dict[str, str] = field(default_factory=dict)  # as its DTD defines them
    problems: list[str] = field(default_factory=list)
    truncated: bool = False
    well_formed: bool = False
    tree: Element | None = None  # of a well-formed feed

    @property
    def data(self) -> bytes:
        """The document for an XML parser: UTF-8, without a DTD."""
        return (_HEAD + self.text).encode("utf-8", "replace")


class _Fault(Struct, frozen=True):
    code: int
    line: int
    offset: int  # in bytes
    whole_until: int  # where the last whole item ends, in bytes; 0: there is none
    still_open: tuple[str, ...]  # the elements around it


def find(text: str) -> Document | None:
    """The feed or sitemap in `text`, from its root element on; None when there is none.

    What stands before it (a DTD with its entities, blank lines, a PHP warning) is left out.
    """
    start = _SPACE.match(text).end()  # type: ignore[union-attr]  # it matches nothing, too
    problems = ["blank lines before the XML declaration"] if text[:start].strip("\ufeff") else []
    if problems and not text.startswith("<?xml", start):
        problems = []
    at, entities = start, {}
    while prolog := _PROLOG.match(text, at):
        if prolog[0][:9].upper() == "<!DOCTYPE":
            entities = _entities(prolog[0])
        at = _SPACE.match(text, prolog.end()).end()  # type: ignore[union-attr]
    root = _ROOT.match(text, at)
    if root is None:
        root = _ROOT.search(text, at)
        if root and _PAGE.search(text, start, root.start()):
            wrapped = _WRAPPED.search(text, at)
            root = _ROOT.match(text, wrapped.start()) if wrapped else None
        if root is None:
            return None
        problems.append("text before the XML document")
    name = root["root"].rpartition(":")[2].lower()
    return Document(text=text[root.start() :], root=name, entities=entities, problems=problems)


def repair(document: Document) -> None:
    """Make `document` well-formed where that is possible, and say what was wrong."""
    remedies: dict[int, Callable[[Document, _Fault], None]] = {
        **dict.fromkeys(_AT_END, _close),
        _JUNK_AFTER: _cut_tail,
        _UNBOUND: _declare_prefixes,
    }
    tried: set[object] = set()
    while fault := _fault(document):
        remedy = remedies.get(fault.code, _clean)
        if remedy in tried:
            break
        tried.add(remedy)
        remedy(document, fault)
        if not document.text:  # cut before its first item ended
            return
    document.well_formed = fault is None
    if fault is not None:
        _give_up(document, fault, cleaned=_clean in tried)


def one_by_one(document: Document) -> Iterator[Document]:
    """Each item of `document` in a document of its own, for when the whole cannot be read."""
    root = re.match(r"<([^\s/>]+)[^<>]*>", document.text)
    if root is None:
        return
    before, after = root[0], f"</{root[1]}>"
    if document.root == "rss":
        before, after = f"{before}<channel>", f"</channel>{after}"
    for item in _WHOLE_ITEM.finditer(document.text):
        yield Document(text=before + item[0] + after, root=document.root)


def _fault(document: Document) -> _Fault | None:
    """The first thing that keeps the document from being well-formed XML; None if it is."""
    if _is_well_formed(document):  # as nearly all are: no need to keep count of its items
        return None
    parser = expat.ParserCreate("utf-8", "}")
    parser.namespace_prefixes = True
    still_open: list[str] = []
    whole_until: int = 0
    around: tuple[str, ...] = ()

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(attributes) > MAX_ATTRIBUTES:
            raise ValueError(f"an element with {len(attributes)} attributes")
        still_open.append(name)

    def end(name: str) -> None:
        nonlocal whole_until, around
        still_open.pop()
        if len(still_open) <= 2 and _local(name) in _ITEMS:
            whole_until = parser.CurrentByteIndex
            around = tuple(still_open)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    data = document.data
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        if whole_until:
            whole_until = data.index(b">", whole_until) + 1
        names = tuple(_as_written(name) for name in around)
        return _Fault(error.code, error.lineno, parser.ErrorByteIndex, whole_until, names)
    return None


def _is_well_formed(document: Document) -> bool:
    if document.root in _WITH_TREE:
        try:
            document.tree = _tree(document.data)
            return document.tree is not None
        except MemoryError:  # of far too many elements; without their tree there is room
            pass
    parser = expat.ParserCreate("utf-8", "}")

    def start(_name: str, attributes: list[str]) -> None:
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            raise ValueError(f"an element with {len(attributes) // 2} attributes")

    parser.ordered_attributes = True
    parser.StartElementHandler = start
    try:
        parser.Parse(document.data, True)
    except expat.ExpatError:
        return False
    return True


def _tree(data: bytes) -> Element | None:
    try:
        tree = fromstring(data)
    except ParseError:
        return None
    for element in tree.iter():
        if len(element.keys()) > MAX_ATTRIBUTES:
            raise ValueError(f"an element with {len(element.keys())} attributes")
    return tree


def _local(name: str) -> str:
    parts = name.split("}")
    return parts[1] if len(parts) > 1 else name


def _as_written(name: str) -> str:
    parts = name.split("}")  # uri, name and, where it has one, its prefix
    return f"{parts[2]}:{parts[1]}" if len(parts) == 3 else parts[-1]


def _close(document: Document, fault: _Fault) -> None:
    """The document ends too early: keep what is whole, and close it there."""
    document.truncated = True
    if fault.whole_until:
        whole = document.data[: fault.whole_until].decode("utf-8", "replace")
        closing = "".join(f"</{name}>" for name in reversed(fault.still_open))
        document.text = whole.removeprefix(_HEAD) + closing
    else:  # no whole item where one should be; perhaps in a document that is broken, too
        document.text = _until_last_item(document.text)


def _until_last_item(text: str) -> str:
    ends = [found.end() for found in _END_OF_ITEM.finditer(text) if found["end"]]
    return text[: ends[-1]] if ends else ""


def _cut_tail(document: Document, fault: _Fault) -> None:
    document.text = document.data[: fault.offset].decode("utf-8", "replace").removeprefix(_HEAD)
    document.problems.append(f"text after the end of the XML document (line {fault.line})")


def _declare_prefixes(document: Document, fault: _Fault) -> None:
    text = document.text
    head_end = re.match(r"<[^\s/>]+", text).end()  # type: ignore[union-attr]  # find() saw to it
    unbound = [
        prefix
        for prefix in list(dict.fromkeys(_PREFIX.findall(text)))[:50]
        if prefix not in ("xml", "xmlns") and not re.search(rf"\bxmlns:{prefix}\s*=", text)
    ]
    declarations = "".join(
        f' xmlns:{prefix}="{_NAMESPACES.get(prefix, "urn:undeclared:" + prefix)}"'
        for prefix in unbound
    )
    document.text = text[:head_end] + declarations + text[head_end:]
    document.problems.append(f"the prefix {', '.join(unbound[:5])} is used but not declared")


def _clean(document: Document, fault: _Fault) -> None:
    """Take out what XML does not allow in text: control characters, stray & and entities."""
    known = dict(document.entities)
    wrong: dict[str, None] = {}

    def mend(found: re.Match[str]) -> str:
        name, number = found["name"], found["number"]
        if found[0][0] == "<" or name in _XML_NAMES:
            return found[0]
        if number:
            code = int(number[1:], 16) if number[0] == "x" else int(number)
            if code in (9, 10, 13) or 32 <= code < 0xD800 or 0xDFFF < code < 0x110000:
                return found[0]
            wrong["references to characters that do not exist"] = None
            return ""
        if name in known:
            return html.escape(known[name])
        if name and f"{name};" in html5:
            wrong["undefined entities"] = None
            return html.escape(html5[f"{name};"])
        wrong["a stray &"] = None
        return "&amp;" + found[0][1:]

    text = _CONTROL.sub("", document.text)
    if text != document.text:
        wrong["control characters"] = None
    document.text = _AMPERSAND.sub(mend, text)
    if wrong:
        document.problems.append(f"{', '.join(wrong)} (first near line {fault.line})")


def _give_up(document: Document, fault: _Fault, *, cleaned: bool) -> None:
    """Leave the document to feedparser's lenient reading, but not with a half item in it."""
    if not cleaned:
        _clean(document, fault)
    said = _WORDS.get(fault.code, expat.ErrorString(fault.code) or "broken")
    document.problems.append(f"not well-formed XML: {said} (line {fault.line})")
    end_of_root = re.compile(rf"</(?:\w+:)?{document.root}\s*>", re.I)
    if not document.truncated and not end_of_root.search(document.text):
        document.truncated = True
        document.text = _until_last_item(document.text)


def _entities(doctype: str) -> dict[str, str]:
    """What a DTD defines, but for anything that could grow: no entity within an entity."""
    plain = {name: one or two for name, one, two in _ENTITY_VALUE.findall(doctype[:100_000])}
    coded = _NUMERIC_VALUE.findall(doctype[:100_000])
    return plain | {name: html.unescape(value) for name, value in coded}

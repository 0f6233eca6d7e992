"""Of a document that changed, only the entries that did not stand in the last one are read.

What comes out is what reading all of it would give, but for the entries left out, and for where
older ones are, which is asked of documents that have none in common with the last. Where that is
not certain (another language or setting, an entry whose key depends on one that came or went),
there is no answer, and the document is read whole.
"""

from __future__ import annotations

from collections.abc import Callable

from watchd import __version__
from watchd.model import Item, ParsedFeed
from watchd.parse.cut import Cut, passed_on
from watchd.parse.identity import PLAIN, distinct, forms, in_form
from watchd.parse.repair import Document, repair
from watchd.parse.window import NO_TEXT, Entry, Window, digest, digests, pack
from watchd.values import replace

Reader = Callable[[Document], ParsedFeed]

_NO_LINK = digest("")


def settings_said(url: str, encoding: str, lang: str, timezone: str, identity: str) -> str:
    """What the reading of a document depends on besides the document, on one line."""
    return "\0".join((__version__, url, encoding, lang, timezone, identity))


def read_new(
    document: Document, cut: Cut, before: Window, settings: str, read: Reader | None
) -> ParsedFeed | None:
    """The entries of a document that are not in the window `before`. None: read it whole.

    `settings` are those of `settings_said`; `read` reads a document that has been through
    `repair`, and gives an item for each entry, in their order. Without it nothing is read, and
    there is only an answer where nothing has to be.
    """
    shell = cut.shell
    if before.passed_on != digest(settings + passed_on(shell), 16):
        return None
    stood = {entry.raw: entry for entry in before.entries if entry.raw != NO_TEXT}
    raws = digests(cut.items)
    kept = {number for number, raw in enumerate(raws) if raw in stood}
    if not kept:
        return None
    shell_digest = digest(shell, 16)
    has_news = len(kept) < len(raws) or shell_digest != before.shell
    new: list[Item] = []
    title, lang = before.title, before.lang
    if read is None:
        if has_news or not cut.is_plain:
            return None
    else:
        rest = Document(text=cut.without(kept), root=document.root)
        repair(rest)
        if rest.problems or rest.truncated:
            return None
        if has_news:
            parsed = read(rest)
            new, title, lang = list(parsed.items), parsed.title, parsed.lang
            if parsed.problems or len(new) != len(raws) - len(kept) or lang != before.lang:
                return None
    entries = _joined(raws, stood, new)
    if entries is None:
        return None
    made = [entry.form for number, entry in enumerate(entries) if number not in kept]
    unique = {
        (item.key, item.url, item.content_hash): in_form(item, form)
        for item, form in zip(new, made, strict=True)
    }
    window = Window(
        passed_on=before.passed_on, shell=shell_digest, title=title, lang=lang, entries=entries
    )
    return ParsedFeed(
        status="ok",  # parse_document knows better
        title=title,
        lang=lang,
        entries=len(raws),
        items=tuple(unique.values()),
        problems=tuple(document.problems),
        kept=len(kept),
        window=pack(window),
    )


def _joined(raws: list[bytes], stood: dict[bytes, Entry], new: list[Item]) -> list[Entry] | None:
    """All entries of the document, in its order; None when one that stood has another key now."""
    fresh = iter(new)
    entries = [stood[raw] if raw in stood else _entry(next(fresh), raw, PLAIN) for raw in raws]
    made = forms([entry[1:4] for entry in entries], _NO_LINK)
    fresh = iter(new)
    old = {entry[1:4] for entry in entries if entry.raw in stood}
    for number, (entry, form) in enumerate(zip(entries, made, strict=True)):
        if entry.raw in stood:
            if entry.form != form:
                return None
        elif entry[1:4] in old:
            return None
        else:
            item = next(fresh)
            if form != PLAIN:
                key = digest(in_form(item, form).key)
                entries[number] = entry._replace(key=key, form=form)
    return entries


def with_window(parsed: ParsedFeed, cut: Cut | None, settings: str) -> ParsedFeed:
    """A document that was read whole, with the window it leaves, each item with its own key.

    Without a `cut` that has an item for each part, the next document is read whole as well.
    """
    items = parsed.items
    made = forms([(item.key, item.url, item.content_hash) for item in items])
    whole = cut is not None and len(cut.places) == parsed.entries == len(items)
    raws = digests(cut.items) if cut and whole else [NO_TEXT] * len(items)
    shell = cut.shell if cut and whole else ""
    window = Window(
        passed_on=digest(settings + passed_on(shell), 16),
        shell=digest(shell, 16),
        title=parsed.title,
        lang=parsed.lang,
        entries=[_entry(*entry) for entry in zip(items, raws, made, strict=True)],
    )
    return replace(parsed, items=distinct(items), window=pack(window))


def _entry(item: Item, raw: bytes, form: int) -> Entry:
    name = digest(item.key)
    key = name if form == PLAIN else digest(in_form(item, form).key)
    content = bytes.fromhex(item.content_hash)[:8]
    return Entry(raw, name, digest(item.url), content, key, form)

"""The message as Slack blocks.

`rich_text` holds plain text nodes, bold as a style and links as nodes of their own: there is
nothing to escape in it, and no mention can fire. Apprise can send blocks only inside an
attachment, beside `color` and `fallback`; Slack refuses an attachment with blocks that carries
other old fields. Should a workspace not take `rich_text` there, `plain` says the same with
`section` blocks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from watchd.model import Severity
from watchd.render.board import BoardPart
from watchd.render.bulletin import Bulletin, fitted
from watchd.render.entry import Entry
from watchd.render.excerpt import Line
from watchd.render.inert import cut
from watchd.render.message import Message
from watchd.render.text import one_line, text, text_of_digest
from watchd.values import replace

COLORS: dict[Severity, str] = {
    "info": "#8a94a6",
    "low": "#3a78c2",
    "medium": "#d9a514",
    "high": "#e0661f",
    "critical": "#c1121f",
}
_SECTION = 2900  # Slack takes 3,000 characters in a section
_MESSAGE = 12_000  # and some 13,000 in a message
FILE = 34_000  # Apprise reads templates of up to 35 kB

Json = dict[str, Any]


def attachment(message: Message) -> Json:
    """The attachment: a colour for the level, a line for notifications, one rich text."""
    # Whether two sections of one rich text stand on two lines is nowhere said: line feeds are ours.
    above = (message.source, message.times, message.difference)
    head = [
        _node(message.lead, bold=True),
        _node(" — "),
        *_nodes(message.headline),
        _node("".join(f"\n{line}" for line in above if line)),
    ]
    tail = [
        _node("Why: ", bold=True),
        _node(f"{message.why}\n"),
        *([_link(message)] if message.stands_alone else []),
        _node("".join(f"\n{line}" for line in (*message.beneath, message.footer)), italic=True),
    ]
    rows = [
        _row(*head),
        *_over_time(message),
        *(
            {"type": "rich_text_quote", "elements": list(_nodes(snippet))}
            for snippet in message.snippets
        ),
        _row(*tail),
    ]
    rich = [{"type": "rich_text", "elements": rows}]
    return _attachment(message.severity, one_line(message), rich)


def plain(message: Message) -> Json:
    """The same without rich text and without marks."""
    blocks = [_plain(text(replace(message, url="")))]
    if message.url:
        # The only mrkdwn we ever write: an address in which <, > and | are encoded.
        address = f"<{escape(message.url, quote=False)}>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": address}})
    return _attachment(message.severity, one_line(message), blocks)


def template(message: Message, *, rich: bool = True) -> str:
    """The attachment as the text of an Apprise template file: ASCII, and nothing to fill in."""
    while True:
        content = as_file(attachment(message) if rich else plain(message))
        if message.stories and (len(content) > FILE or len(text(message)) > _MESSAGE):
            message = replace(message, stories=message.stories[:-1], more=message.more + 1)
        elif message.snippets and len(content) > FILE:
            message = replace(message, snippets=message.snippets[:-1])
        else:
            return content


def as_file(of_message: Json) -> str:
    """An attachment as the text of an Apprise template file: ASCII, and nothing to fill in."""
    # {{ can only be inside a string: between JSON's own braces there is always a quote.
    return json.dumps(of_message).replace("{{", "{\\u007b")


def attachment_of_digest(bulletin: Bulletin) -> Json:
    """A digest: one rich text, with a list for each rule."""
    rows: list[Json] = [
        _row(_node(bulletin.lead, bold=True), _node(f"\n{bulletin.intro}")),
    ]
    rows += _board(bulletin.board) if bulletin.board else ()
    for section in bulletin.sections:
        rows.append(_row(_node(section.title, bold=True)))
        if section.entries:
            rows.append(_list(section.entries))
        if section.more:
            rows.append(_row(_node(section.more)))
    if bulletin.left_out:
        rows.append(_row(_node(bulletin.left_out)))
    rows.append(_row(_node(bulletin.footer, italic=True)))
    rich = [{"type": "rich_text", "elements": rows}]
    return _attachment(bulletin.severity, cut(bulletin.line, 280), rich)


def plain_digest(bulletin: Bulletin) -> Json:
    """The same without rich text, and so without links that can be clicked but as Slack has it."""
    blocks = [_plain(text_of_digest(bulletin))]
    return _attachment(bulletin.severity, cut(bulletin.line, 280), blocks)


def template_of_digest(bulletin: Bulletin, *, rich: bool = True) -> str:
    """As `template`, of a digest: with as many headlines as there is room for."""

    def fits(smaller: Bulletin) -> bool:
        words = len(text_of_digest(smaller))
        return words <= (_MESSAGE if rich else _SECTION) and len(content(smaller)) <= FILE

    def content(smaller: Bulletin) -> str:
        return as_file(attachment_of_digest(smaller) if rich else plain_digest(smaller))

    return content(fitted(bulletin, fits))


def _row(*nodes: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(nodes)}


def _over_time(message: Message) -> Iterator[Json]:
    """The picture of a rule over time, in letters, and the stories behind it."""
    if message.picture:
        yield _row(_node(f"{message.picture.told}\n"))
    if message.stories:
        yield _list(message.stories)
    if message.rest:
        yield _row(_node(f"{message.rest}\n"))


def _board(board: BoardPart) -> Iterator[Json]:
    yield _row(_node(f"\n{board.title}", bold=True))
    for problem in board.problems:
        yield _row(_node(problem.title))
        if problem.rows:
            each = [
                _row(_node(f"{row.headline}\n"), _node(row.told, italic=True))
                for row in problem.rows
            ]
            yield {"type": "rich_text_list", "style": "bullet", "elements": each}
        if problem.more:
            yield _row(_node(problem.more))
    if board.left_out:
        yield _row(_node(board.left_out))


def _list(entries: Iterable[Entry]) -> Json:
    each = [_row(*_entry(entry)) for entry in entries]
    return {"type": "rich_text_list", "style": "bullet", "elements": each}


def _entry(entry: Entry) -> Iterator[Json]:
    yield _node(f"{entry.headline}\n")
    yield _node(entry.source, italic=True)
    if entry.url:
        yield _node("\n")
        yield {"type": "link", "url": entry.url, "text": entry.url}


def _attachment(severity: Severity, line: str, blocks: list[Json]) -> Json:
    """`line` is what notifications show."""
    return {"color": COLORS[severity], "fallback": escape(line, quote=False), "blocks": blocks}


def _plain(words: str) -> Json:
    """A section of text in which nothing is live."""
    return {
        "type": "section",
        "text": {"type": "plain_text", "emoji": False, "text": cut(words, _SECTION)},
    }


def _nodes(line: Line) -> Iterator[Json]:
    for segment in line:
        yield _node(segment.text, bold=segment.marked)


def _node(words: str, *, bold: bool = False, italic: bool = False) -> Json:
    node: Json = {"type": "text", "text": words}
    style = {name: True for name, on in (("bold", bold), ("italic", italic)) if on}
    return {**node, "style": style} if style else node


def _link(message: Message) -> Json:
    if not message.url:
        return _node(message.without_url)
    return {"type": "link", "url": message.url, "text": message.url}

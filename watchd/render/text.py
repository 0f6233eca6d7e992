"""The message as plain text: webhooks, terminals, logs, and the shortest form for text messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from watchd.render.board import BoardPart
from watchd.render.bulletin import Bulletin
from watchd.render.entry import Entry
from watchd.render.excerpt import Line, plain
from watchd.render.inert import cut
from watchd.render.message import Message

LINE = 280  # characters of the shortest form
_LEAST = 30  # of them for level, rule and headline


def text(message: Message, on: str = "", off: str = "") -> str:
    """The whole message; `on` and `off` surround each matched word (a terminal's bold, say)."""
    lines = [
        f"{message.lead} — {_marked(message.headline, on, off)}",
        message.source,
        message.times,
        *filter(None, [message.difference]),
        *over_time(message),
        *(f"\n  {_marked(snippet, on, off)}" for snippet in message.snippets),
        f"\nWhy: {message.why}",
        *([message.url or message.without_url] if message.stands_alone else []),
        *message.beneath,
        message.footer,
    ]
    return "\n".join(lines)


def over_time(message: Message) -> Iterator[str]:
    """What a rule over time shows: its picture, and the stories behind it; nothing of another."""
    if message.picture:
        yield f"\n{message.picture.told}"
    if message.stories:
        yield ""
        yield from entries(message.stories)
    if message.rest:
        yield message.rest


def entries(stories: Iterable[Entry]) -> Iterator[str]:
    """The lines of a list of headlines."""
    for one in stories:
        yield f"- {one.headline}"
        yield f"  {one.source}"
        if one.url:
            yield f"  {one.url}"


def one_line(message: Message, limit: int = LINE) -> str:
    """Level, rule and headline in `limit` characters, the marks, and the link, whole.

    Where level and headline would have too little room, or there is no link, the number of the
    hit stands in its place, then nothing does.
    """
    marks = f" · {', '.join(message.marks)}" if message.marks else ""
    number = f"hit {message.hit}" if message.hit else ""
    link = f" {message.url}" if message.url else number and f" · {number}"
    hit = number and f" (long link: {number})"
    ends = (marks + link, marks + hit, marks, "")
    least = max(_LEAST, limit // 4)
    end = next(one for one in ends if limit - len(one) >= least or not one)
    return _first(message, limit - len(end)) + end


def _first(message: Message, room: int) -> str:
    """Level, rule and headline, the rule cut where it would take more than a third."""
    level = f"{'TEST: ' if message.trial else ''}[{message.severity.upper()}] "
    headline = plain(message.headline)
    left = room - len(level) - len(" — ")
    rule = cut(message.rule_title, max(left // 3, left - len(headline), 2))
    return cut(f"{level}{rule} — {headline}", room)


def _marked(line: Line, on: str, off: str) -> str:
    if not on:
        return plain(line)
    return "".join(f"{on}{each.text}{off}" if each.marked else each.text for each in line)


def _board(board: BoardPart) -> Iterator[str]:
    yield board.title
    for problem in board.problems:
        yield problem.title
        for row in problem.rows:
            yield f"- {row.headline}"
            yield f"  {row.told}"
        if problem.more:
            yield problem.more
    if board.left_out:
        yield board.left_out


def text_of_digest(bulletin: Bulletin) -> str:
    """A whole digest."""
    lines = [bulletin.lead, bulletin.intro]
    if bulletin.board:
        lines += ["", *_board(bulletin.board)]
    for section in bulletin.sections:
        lines.append(f"\n{section.title}")
        lines += entries(section.entries)
        lines += [section.more] if section.more else []
    lines += [f"\n{bulletin.left_out}"] if bulletin.left_out else []
    return "\n".join([*lines, f"\n{bulletin.footer}"])

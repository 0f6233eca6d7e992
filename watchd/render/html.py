"""The message as one escaped piece of HTML, which Apprise converts to what each service takes.

The text of the link is the link: what Apprise makes of HTML for plain text drops addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from watchd.render.board import BoardPart, OfProblem
from watchd.render.bulletin import Bulletin
from watchd.render.entry import Entry, Section
from watchd.render.excerpt import Line
from watchd.render.message import Message


def fragment(message: Message) -> str:
    """One HTML fragment: paragraphs, bold, a quote for each snippet, a link."""
    link = escape(message.without_url)
    if message.url:
        address = escape(message.url)
        link = f'<a href="{address}">{address}</a>'
    quotes = "".join(
        f"<blockquote>{_marked(snippet)}</blockquote>\n" for snippet in message.snippets
    )
    return (
        f"<p><b>{escape(message.lead)}</b> — {_marked(message.headline)}</p>\n"
        f"<p>{_lines(message.source, message.times, message.difference)}</p>\n"
        f"{picture(message)}{stories(message)}"
        f"{quotes}"
        f"<p><b>Why:</b> {escape(message.why)}</p>\n"
        + (f"<p>{link}</p>\n" if message.stands_alone else "")
        + f"<p><small>{_lines(*message.beneath, message.footer)}</small></p>\n"
    )


def picture(message: Message) -> str:
    """The picture of a rule over time, in letters; "" of any other."""
    return f"<p>{escape(message.picture.told)}</p>\n" if message.picture else ""


def stories(message: Message) -> str:
    """The stories behind the numbers of a rule over time; "" of any other."""
    rest = f"<p>{escape(message.rest)}</p>\n" if message.rest else ""
    return f"<ul>\n{_entries(message.stories)}</ul>\n{rest}" if message.stories else ""


def _lines(*lines: str) -> str:
    return "<br>".join(escape(line) for line in lines if line)


def _marked(line: Line) -> str:
    """Bold as well as <mark>: some services drop one, some the other."""
    return "".join(
        f"<b><mark>{escape(each.text)}</mark></b>" if each.marked else escape(each.text)
        for each in line
    )


def fragment_of_digest(bulletin: Bulletin) -> str:
    """A whole digest: a list for each rule."""
    return (
        f"<p><b>{escape(bulletin.lead)}</b></p>\n<p>{escape(bulletin.intro)}</p>\n"
        + (_board(bulletin.board) if bulletin.board else "")
        + "".join(_section(section) for section in bulletin.sections)
        + (f"<p>{escape(bulletin.left_out)}</p>\n" if bulletin.left_out else "")
        + f"<p><small>{escape(bulletin.footer)}</small></p>\n"
    )


def _board(board: BoardPart) -> str:
    """The board: a list for each problem."""
    return (
        f"<p><b>{escape(board.title)}</b></p>\n"
        + "".join(map(_problem, board.problems))
        + (f"<p>{escape(board.left_out)}</p>\n" if board.left_out else "")
    )


def _problem(problem: OfProblem) -> str:
    rows = "".join(
        f"<li>{escape(row.headline)}<br><small>{escape(row.told)}</small></li>\n"
        for row in problem.rows
    )
    return (
        f"<p>{escape(problem.title)}</p>\n"
        + (f"<ul>\n{rows}</ul>\n" if rows else "")
        + (f"<p>{escape(problem.more)}</p>\n" if problem.more else "")
    )


def _entries(entries: Iterable[Entry]) -> str:
    return "".join(
        f"<li>{escape(entry.headline)}<br><small>{escape(entry.source)}</small>"
        + (f'<br><a href="{escape(entry.url)}">{escape(entry.url)}</a>' if entry.url else "")
        + "</li>\n"
        for entry in entries
    )


def _section(section: Section) -> str:
    entries = _entries(section.entries)
    return (
        f"<p><b>{escape(section.title)}</b></p>\n"
        + (f"<ul>\n{entries}</ul>\n" if entries else "")
        + (f"<p>{escape(section.more)}</p>\n" if section.more else "")
    )

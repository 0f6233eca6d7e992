"""The body of a mail: one HTML page, which mail programs make their own text part of by Apprise.

Mail programs drop style sheets, so each element carries its own. No colour is set for text or
ground but together with the other, so that it reads in light and in dark; what is coloured by
itself is a bar. The text of the link is the link: the text part keeps no other.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby

from watchd.model import Severity
from watchd.render.board import BoardPart, OfProblem, Row
from watchd.render.bulletin import Bulletin
from watchd.render.entry import Entry, Section
from watchd.render.excerpt import Line
from watchd.render.message import Message
from watchd.render.overtime import Picture
from watchd.render.slack import COLORS

_FONT = "-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans CJK KR',sans-serif"
_TOP = (
    '<!doctype html>\n<html><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark"></head>\n'
    f'<body style="margin:0;padding:16px;font:16px/1.5 {_FONT}">\n'
    '<div style="max-width:640px;margin:0 auto">\n'
)
_END = "</div>\n</body></html>\n"
_SMALL = "font-size:13px;line-height:1.45"
_HIDDEN = "display:none;mso-hide:all"
_HEIGHT = 48  # pixels, of the highest bar
_LOW = 16  # of those on the board
_DAY = 6  # their width
_INK = "#3a78c2"  # seen on light and on dark
_TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
_MARK = "background:#ffe08a;color:#1a1a1a;padding:0 2px;border-radius:2px"


def page(message: Message) -> str:
    """The whole mail."""
    quotes = "".join(
        # No <blockquote>: in the text part, of it would be left a lone ">".
        '<p style="margin:12px 0;padding:2px 0 2px 12px;border-left:3px solid #8a94a6">'
        f"{_marked(snippet)}</p>\n"
        for snippet in message.snippets
    )
    link = _link(message.url) if message.url else escape(message.without_url)
    said = (message.source, message.times, message.difference)
    return (
        f"{_TOP}{_bar(message.severity)}"
        '<p style="margin:0 0 6px;font-size:19px;line-height:1.35">'
        f"<b>{escape(message.lead)}</b> — {_marked(message.headline)}</p>\n"
        f'<p style="margin:0;{_SMALL}">{_lines(*said)}</p></div>\n'
        f"{_over_time(message)}"
        f"{quotes}"
        f"<p><b>Why:</b> {escape(message.why)}</p>\n"
        + (f"<p>{link}</p>\n" if message.stands_alone else "")
        + f'<p style="{_SMALL}">{_lines(*message.beneath, message.footer)}</p>\n{_END}'
    )


def _over_time(message: Message) -> str:
    """The numbers of a rule over time as bars, and the stories behind them; "" of any other."""
    return "".join(
        (
            bars(message.picture) if message.picture else "",
            _list(message.stories),
            f'<p style="{_SMALL}">{escape(message.rest)}</p>\n' if message.rest else "",
        )
    )


def bars(picture: Picture) -> str:
    """A picture of table cells: it shows where images are blocked, and SVG is nowhere shown.

    The text part of the mail is made of the page's words: for it the picture is there in letters,
    too, and hidden in the page. Should a mail program show them, no harm is done.
    """
    most = max(picture.series)
    cells = "".join(
        f'<td valign="bottom" style="padding:0 1px">{_bar_of(count, most)}</td>'
        for count in picture.series
    )
    return (
        f'<table {_TABLE} style="margin:14px 0 0;border-bottom:1px solid #8a94a6">'
        f'<tr height="{_HEIGHT}">{cells}</tr></table>\n'
        f'<p style="margin:4px 0 14px;{_SMALL}"><span style="{_HIDDEN}">{picture.bars} </span>'
        f"{escape(picture.span)}</p>\n"
    )


def _bar_of(count: int, most: int) -> str:
    """A bar of a picture, or a gap as wide."""
    return _cell(14, _pixels(count, most, _HEIGHT)) if count else '<div style="width:14px"></div>'


def _pixels(count: int, most: int, highest: int) -> int:
    return max(3, round(count * highest / most))


def _cell(width: int, height: int) -> str:
    """A table of one cell: of a <div> Outlook does not heed the height."""
    cell = (
        f'<td width="{width}" height="{height}" bgcolor="{_INK}" '
        'style="font-size:1px;line-height:1px">'
    )
    return f"<table {_TABLE}><tr>{cell}</td></tr></table>"


def framed(html: str) -> str:
    """A piece of HTML of the receiver's own as a page, if it is none yet."""
    return html if "<html" in html.lower() else f"{_TOP}{html}\n{_END}"


def page_of_digest(bulletin: Bulletin) -> str:
    """A whole digest: a list for each rule."""
    left_out = f"<p>{escape(bulletin.left_out)}</p>\n" if bulletin.left_out else ""
    return (
        f"{_TOP}{_bar(bulletin.severity)}"
        f'<p style="margin:0 0 6px;font-size:19px;line-height:1.35"><b>{escape(bulletin.lead)}</b>'
        f'</p>\n<p style="margin:0;{_SMALL}">{escape(bulletin.intro)}</p></div>\n'
        + (_board(bulletin.board) if bulletin.board else "")
        + "".join(map(_section, bulletin.sections))
        + f'{left_out}<p style="{_SMALL}">{escape(bulletin.footer)}</p>\n{_END}'
    )


def _board(board: BoardPart) -> str:
    """The board: a list for each problem, with a small picture of 30 days in each row."""
    left_out = f'<p style="{_SMALL}">{escape(board.left_out)}</p>\n' if board.left_out else ""
    return (
        f'<p style="margin:20px 0 8px"><b>{escape(board.title)}</b></p>\n'
        + "".join(map(_problem, board.problems))
        + left_out
    )


def _problem(problem: OfProblem) -> str:
    rows = "".join(
        f'<li style="margin:0 0 8px">{escape(row.headline)}<br>'
        f'<span style="{_SMALL}">{escape(row.about)}</span>{_days(row)}</li>\n'
        for row in problem.rows
    )
    return (
        f'<p style="margin:12px 0 6px">{escape(problem.title)}</p>\n'
        + (f'<ul style="margin:0;padding:0 0 0 20px">\n{rows}</ul>\n' if rows else "")
        + (f'<p style="{_SMALL}">{escape(problem.more)}</p>\n' if problem.more else "")
    )


def _days(row: Row) -> str:
    """As `bars`, in one line; days without anything are together one cell."""
    if not row.series:
        return ""
    most = max(row.series)
    cells = ""
    for has_some, days in groupby(row.series, key=bool):
        counts = list(days)
        if has_some:
            bars = (_cell(_DAY, _pixels(count, most, _LOW)) for count in counts)
            cells += "".join(f'<td valign="bottom">{bar}</td>' for bar in bars)
        else:
            cells += f'<td width="{_DAY * len(counts)}"></td>'
    return (
        f'<br><span style="{_HIDDEN}">{row.bars}</span>\n'
        f'<table {_TABLE} style="margin:4px 0 0;border-bottom:1px solid #8a94a6">'
        f'<tr height="{_LOW}">{cells}</tr></table>'
    )


def _list(entries: Iterable[Entry]) -> str:
    each = "".join(
        f'<li style="margin:0 0 8px">{escape(entry.headline)}<br>'
        f'<span style="{_SMALL}">{escape(entry.source)}</span>'
        + (f"<br>{_link(entry.url)}" if entry.url else "")
        + "</li>\n"
        for entry in entries
    )
    return f'<ul style="margin:0;padding:0 0 0 20px">\n{each}</ul>\n' if each else ""


def _section(section: Section) -> str:
    return (
        f'<p style="margin:20px 0 8px"><b>{escape(section.title)}</b></p>\n'
        + _list(section.entries)
        + (f'<p style="{_SMALL}">{escape(section.more)}</p>\n' if section.more else "")
    )


def _bar(severity: Severity) -> str:
    return f'<div style="border-left:6px solid {COLORS[severity]};padding:2px 0 2px 12px">\n'


def _link(url: str) -> str:
    address = escape(url)
    return f'<a href="{address}" style="word-break:break-all">{address}</a>'


def _lines(*lines: str) -> str:
    return "<br>".join(escape(line) for line in lines if line)


def _marked(line: Line) -> str:
    """Bold as well as <mark>: some mail programs drop one, some the other."""
    return "".join(
        f'<b><mark style="{_MARK}">{escape(each.text)}</mark></b>'
        if each.marked
        else escape(each.text)
        for each in line
    )

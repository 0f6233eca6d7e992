"""What was probably meant where a TOML file is wrong: for the hints of tomlscan.

Each function returns a message and the text to put in the place of what was written; "" for none.
"""

from __future__ import annotations

import re
from calendar import monthrange

_UNIT = re.compile(r"[+-]?\d+(?:\.\d+)?[A-Za-z%][\w%]*")
_NUMBER = re.compile(r"[+-]?[\d_.,]+")
_DATE = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?!\d)")
_BOOLEAN = re.compile(r"(?i:true|false|yes|no)")
_DAY_FIRST = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})")
_QUOTES_ALONE = re.compile(r"""^[ \t]*(["'’‘“”`´]{1,6})[ \t]*$""", re.MULTILINE)
STATEMENT_LINE = re.compile(r"^[ \t]*(?:[A-Za-z0-9_-]+[ \t]*=|\[)", re.MULTILINE)
_TEXTS = re.compile(r"""(?:"[^"]*"|'[^']*')(?:\s*,\s*(?:"[^"]*"|'[^']*'))+,?""")


def quoted(text: str) -> str:
    """`text` as it stands, in the quotes that need no escape."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f"'{text}'" if "'" not in text else f"'''{text}'''"


def bare_value(token: str) -> tuple[str, str]:
    """A value without quotes that is no number, date, true or false."""
    if _UNIT.fullmatch(token):
        return "a value with a unit is a text: put it in quotes", f'"{token}"'
    if day := _DATE.match(token):
        return "there is no such date; write one as 2026-02-28", _date(day[1], day[2], day[3])
    if day := _DAY_FIRST.fullmatch(token):
        return "a date is written year first", _date(day[3], day[2], day[1])
    if day := _YEAR_FIRST.fullmatch(token):
        return "a date is written with hyphens", _date(day[1], day[2], day[3])
    if _NUMBER.fullmatch(token):
        return "not a number as TOML writes them; put it in quotes if it is a text", f'"{token}"'
    if _BOOLEAN.fullmatch(token):
        message = "write true or false, in small letters and without quotes"
        return message, "true" if token.lower() in ("true", "yes") else "false"
    return "", ""


def bare_line(line: str) -> tuple[str, str]:
    """Words without quotes, to the end of a line."""
    if re.fullmatch(r"\(.*\)", line):
        return "a list is written in square brackets", f"[{words_of_list(line[1:-1])}]"
    return "a text must be put in straight quotes", quoted(line)


def _date(year: str, month: str, day: str) -> str:
    """The likeliest date: with month and day changed round, or the last of the month."""
    y, m, d = int(year), int(month), int(day)
    if m > 12:
        m, d = d, m
    if not 1 <= m <= 12 or not 1 <= d <= 31:
        return ""
    return f"{y:04}-{m:02}-{min(d, monthrange(y or 4, m)[1]):02}"


def never_closed(text: str, at: int, quotes: str) -> tuple[str, int, int, str, int]:
    """Of a long text from `at` on that never ends: message, start and end, hint, and what to skip.

    A line of too few quotes, or of other ones, was meant to end it.
    """
    if end := _QUOTES_ALONE.search(text, at + 3):
        begun = text.count("\n", 0, at) + 1
        message = f"the text that begins on line {begun} ends with {quotes}, not with this"
        return message, end.start(1), end.end(1), quotes, end.end()
    following = STATEMENT_LINE.search(text, at + 3)
    stop = following.start() if following else len(text)
    line = text.count("\n", 0, len(text[:stop].rstrip())) + 1
    message = f"the closing {quotes} of this text is missing: add a line with it below line {line}"
    return message, at, at + 3, "", len(text)


def words_of_list(inner: str) -> str:
    """What stands in the brackets of a list on one line, each bare word of it in quotes."""
    parts = [part.strip() for part in inner.split(",")]
    return ", ".join(
        part if part[:1] in ("'", '"', "[", "{", "") else quoted(part) for part in parts
    )


def missing_third(text: str, end: int, quotes: str) -> int:
    """Where a long text ends that begins with too few quotes, at `end`; -1 when it does not.

    It ends at a line of nothing but the same quotes.
    """
    closing = re.compile(rf"^[ \t]*{quotes}[ \t]*$", re.MULTILINE).search(text, end + 1)
    if closing is None or text[end : text.find("\n", end)].strip():
        return -1
    return -1 if STATEMENT_LINE.search(text, end, closing.start()) else closing.end()


def over_lines(text: str, at: int, quote: str) -> int:
    """Where a text in single quotes ends that goes over several lines; -1 when it does not."""
    end = text.find(quote, at + 1)
    if end < 0 or text[end + 1 :].partition("\n")[0].partition("#")[0].strip():
        return -1
    return -1 if STATEMENT_LINE.search(text, at, end) else end + 1


def after_value(value: str, extra: str, *, apart: bool) -> tuple[str, str]:
    """A value and, behind it, `extra`, which ends the same line; `apart`: a space between them.

    The text to put in the place of both, without the comment in it.
    """
    whole = (value + extra).rstrip()
    if extra.strip() in (",", ";"):
        return f"nothing follows a value, also no {extra.strip()}", value.rstrip()
    if re.fullmatch(r"[+-]?\d+,\d+", whole):
        return "a number is written with a point, not a comma", whole.replace(",", ".")
    if _TEXTS.fullmatch(whole):
        message = "several texts are a list: put square brackets round them"
        return message, f"[{whole.removesuffix(',')}]"
    if whole[0] in "\"'" and "\n" not in whole:
        message = "unexpected text after the value; a text with quotes in it needs other quotes"
        if apart:  # "a" AND "b": no quotes round the whole
            return message, quoted(whole)
        within = whole[1:-1].replace(whole[0] * 2, whole[0])  # 'It''s', as SQL and YAML have it
        return message, quoted(within) if whole[-1] == whole[0] else ""
    message = "unexpected text after the value; is it a text that should be in quotes?"
    if whole[0] in "[{" or "\n" in whole:
        return message, ""
    return message, quoted(whole.split(" #")[0].rstrip())

"""CSV that a spreadsheet shows and does not run.

Excel, LibreOffice and Google Sheets take a cell for a formula that begins with = + - @ or |, some
also in their wide forms, and a formula can fetch addresses and start programs. As OWASP's page on
CSV injection has it, such a cell gets an apostrophe before it:
https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

BOM = "\ufeff"  # without it Excel takes UTF-8 for the code page of the machine

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠|]")


def cell(value: str | int | None) -> str:
    """A value as a cell: text stays text, whatever it begins with; None is an empty cell."""
    if isinstance(value, int):
        return str(value)
    text = _CONTROL.sub("", value or "").replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) or text.startswith(("\t", "\n")) else text


def row(values: Iterable[str | int | None]) -> str:
    """One line of CSV (RFC 4180), with its end."""
    line = io.StringIO()
    csv.writer(line).writerow([cell(value) for value in values])
    return line.getvalue()

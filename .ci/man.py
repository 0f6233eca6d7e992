#!/usr/bin/env python3
"""Man pages from the command line and the docs: watchd(1), watchd.toml(5), watchd-rules(5).

    python .ci/man.py DIR

Run it where watchd can be imported. The language of such pages is told in man(7).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from watchd import __version__
from watchd.cli.app import command_line

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {
    "watchd.1": ("cli.md", "watches feeds for the signals written in rule files"),
    "watchd.toml.5": ("config.md", "the config of watchd: feeds, receivers, routes"),
    "watchd-rules.5": ("rules.md", "the rule files of watchd, and their language"),
}
OTHERS = {"cli.md": "watchd(1)", "config.md": "watchd.toml(5)", "rules.md": "watchd-rules(5)"}
FILES = """\
.SH FILES
.TP
/etc/watchd/config.toml, /etc/watchd/rules/
The config and the rules of the service.
.TP
/etc/watchd/secrets/
Addresses of receivers, for root alone; systemd hands them to the service.
.TP
/var/lib/watchd/watchd.db
The database of the service.
"""
_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\[((?:`[^`]*`|[^]`])+)\]\(([^)]+)\)")


def page(name: str) -> str:
    """The man page of this name, as roff."""
    source, meaning = PAGES[name]
    stem, section = name.rsplit(".", 1)
    text = (DOCS / source).read_text(encoding="utf-8")
    others = [other for other in OTHERS.values() if other != f"{stem}({section})"]
    parts = [
        f'.TH "{stem.upper()}" "{section}" "" "watchd {__version__}" "watchd"\n.nh\n.ad l\n',
        f".SH NAME\n{stem} \\- {meaning}\n",
        _synopsis() if section == "1" else "",
        ".SH DESCRIPTION\n",
        *_blocks(text),
        FILES if section == "1" else "",
        f".SH SEE ALSO\n{', '.join(others)}, systemd.service(5)\n",
    ]
    return "".join(parts)


def _synopsis() -> str:
    """The verbs, with the first sentence of their help."""
    lines = [".SH SYNOPSIS\n.B watchd\n[OPTIONS] VERB [ARGUMENTS]\n.SH VERBS\n"]
    for name, command in typer.main.get_command(command_line()).commands.items():
        told = " ".join((command.help or "").split("\n\n")[0].split())
        lines.append(f".TP\n.B {_plain(name)}\n{_line(_plain(told))}\n")
    return "".join(lines)


def _blocks(text: str) -> Iterator[str]:
    """The blocks of a Markdown text, one after the other, without its title."""
    lines = iter(text.split("\n"))
    paragraph: list[str] = []
    for line in lines:
        begins = re.match(r"```|#+ |\||- |\d+\. |$", line)
        if begins and paragraph:
            yield f".PP\n{_line(_inline(' '.join(paragraph)))}\n"
            paragraph = []
        if line.startswith("```"):
            code = []
            while not (line := next(lines)).startswith("```"):
                code.append(_line(_plain(line)))
            yield ".PP\n.RS 4\n.nf\n" + "\n".join(code) + "\n.fi\n.RE\n"
        elif heading := re.match(r"(#+) (.+)", line):
            if len(heading[1]) > 1:
                title = _plain(heading[2].replace("`", "")).replace('"', "'")
                yield f'.{"SH" if len(heading[1]) == 2 else "SS"} "{title}"\n'
        elif line.startswith("|"):
            yield from _table(line, lines)
        elif entry := re.match(r"(- |\d+\. )(.*)", line):
            mark = "\\(bu" if entry[1] == "- " else entry[1].strip()
            yield f".IP {mark} 4\n{_line(_inline(entry[2]))}\n"
        elif line:
            paragraph.append(line.strip())
    if paragraph:
        yield f".PP\n{_line(_inline(' '.join(paragraph)))}\n"


def _table(first: str, lines: Iterator[str]) -> Iterator[str]:
    """A row is its first cell, and below it the others with the heads of their columns."""
    heads = _cells(first)
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        name, *cells = _cells(line)
        told = [
            _inline(cell) if number == len(cells) else f"{_inline(head)}: {_inline(cell)}."
            for number, (head, cell) in enumerate(zip(heads[1:], cells, strict=True), 1)
            if cell
        ]
        yield f".TP\n{_line(_inline(name) or '-')}\n{_line(' '.join(told) or '-')}\n"


def _cells(line: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [cell.strip().replace("\\|", "|") for cell in cells]


def _inline(text: str) -> str:
    """Code and what is bold in bold; links by their words, and by the page they lead to."""
    found, at = [], 0
    for match in _INLINE.finditer(text):
        found.append(_plain(text[at : match.start()]))
        code, bold, words, target = match.groups()
        if words is not None:
            page = OTHERS.get(target.partition("#")[0])
            link = page or (target if "://" in target else "")
            words = words.replace("`", "")
            found.append(_plain(link if page else f"{words} ({link})" if link else words))
        else:
            found.append(f"\\fB{_plain(code if code is not None else bold)}\\fR")
        at = match.end()
    return "".join([*found, _plain(text[at:])])


def _plain(text: str) -> str:
    """Text that means itself in roff."""
    for sign, written in (("\\", "\\e"), ("-", "\\-"), ("'", "\\(aq"), ("`", "\\(ga")):
        text = text.replace(sign, written)
    return text.replace("~", "\\(ti").replace("^", "\\(ha")


def _line(text: str) -> str:
    """A line of text that is no request, though it begins with a full stop."""
    return "\\&" + text if text.startswith(".") else text


if __name__ == "__main__":
    for name in PAGES:
        (Path(sys.argv[1]) / name).write_text(page(name), encoding="utf-8")

"""A receiver's own form for its alerts: files with placeholders, `$headline` or `${headline}`.

What stands for a placeholder is escaped for the place where it stands (HTML, JSON, Slack's
markup), never by the author of the file; and where a feed's words could do harm even so, within
a tag or as an address, `check` refuses them. Nothing here raises while a message is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape, unescape
from string import Template

from watchd.errors import Problem
from watchd.render.excerpt import Line, Segment, plain
from watchd.render.html import stories
from watchd.render.inert import cut
from watchd.render.message import Message
from watchd.render.slack import COLORS
from watchd.render.text import entries
from watchd.tomlfile import nearest
from watchd.values import replace

FILES = ("line.txt", "card.html", "message.html", "slack.json")
PLACEHOLDERS = {
    "level": "the level: `high`",
    "LEVEL": "the same in capitals",
    "color": "the colour of the level: `#e0661f`",
    "note": "what is special: an update, perhaps a repeat, delayed; in a line in short words",
    "rule_title": "the title of the rule",
    "rule": "its id",
    "headline": "the headline, the matched words marked",
    "source": "publisher, grade, feed, author, language",
    "times": "published, seen, and the delay",
    "difference": "what is new in an update",
    "snippets": "the passages, the matched words marked",
    "picture": "of a rule over time: its numbers as a row of bars, with their span",
    "stories": "of a rule over time: up to five stories behind the numbers",
    "why": "the reason of the rule, and what matched",
    "url": "the address of the item",
    "link": "the same, to be clicked; `no link` where there is none that is safe",
    "also": "other publishers of the story",
    "history": "how often the rule has matched",
    "hit": "the number of the hit",
    "footer": "hit, rule, the command that explains it, what silences kept back",
    "subject": "the subject that a mail has",
}
"""What each stands for."""

_IN_TAGS = ("url", "level", "LEVEL", "color", "hit")  # no feed chooses their words but the address
_MARKS = ('<b><mark style="background:#ffe08a;color:#1a1a1a">', "</mark></b>")
_RAW = re.compile(r"<(script|style|!--)(?:(?!</\1|-->).)*$", re.IGNORECASE | re.DOTALL)
_QUOTED = r""" "[^"]*"|'[^']*' """.strip()
_TAG = re.compile(rf"<[A-Za-z/!](?:{_QUOTED}|[^'\">])*>")
_BODY = re.compile(
    r"(?P<head>.*<body\b[^>]*>|)(?P<said>.*?)(?P<end>\s*</body\b.*|\s*)",
    re.IGNORECASE | re.DOTALL,
)
_OPEN_TAG = re.compile(r"<[A-Za-z/!].*$", re.DOTALL)


def problems(name: str, text: str, path: str) -> list[Problem]:
    """Every mistake in the file `name` of FILES, with its place."""
    found = list(_placeholders(name, text, path))
    if name.endswith(".json"):
        found += _json_problems(text, path)
    elif name.endswith(".html") and not re.search(r"\$\{?(?:url|link)\b", _words(text)):
        # Of <a href="$url">read</a> the text part of a mail keeps "read".
        message = "the link must stand among the words, as $link or $url, or some never see it"
        found.append(_problem("C155", message, text, 0, path))
    return found


def _placeholders(name: str, text: str, path: str) -> Iterator[Problem]:
    for at, word in _found(text):
        code, hint = "C152", ""
        if not word:
            message = "a $ begins a placeholder, as $headline; a plain one is written $$"
        elif word not in PLACEHOLDERS:
            message = f"there is no placeholder ${word}"
            if meant := nearest(word, PLACEHOLDERS):
                hint = f"did you mean '${meant}'?"
        elif name.endswith(".html") and (why := _misplaced(text[:at], word)):
            code, message = "C154", f"${word} {why}"
        else:
            continue
        yield _problem(code, message, text, at, path, length=len(word) + 1, hint=hint)


def _problem(
    code: str, message: str, text: str, at: int, path: str, *, length: int = 1, hint: str = ""
) -> Problem:
    return Problem(
        code=code,
        message=message,
        path=path,
        line=text.count("\n", 0, at) + 1,
        col=at - text.rfind("\n", 0, at),
        source=text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0],
        length=length,
        hint=hint,
    )


def _found(text: str) -> Iterator[tuple[int, str]]:
    """Each placeholder and its place; of a $ that begins none, ""."""
    for match in Template.pattern.finditer(text):
        if match["escaped"] is None:
            yield match.start(), match["named"] or match["braced"] or ""


def _misplaced(before: str, word: str) -> str:
    if _RAW.search(before):
        return "" if word in _IN_TAGS[1:] else "cannot stand in a script, a style or a comment"
    tag = _OPEN_TAG.search(_TAG.sub("", before))
    if tag is None:
        return ""
    if word not in _IN_TAGS:
        return f"cannot stand within a tag; only {', '.join(f'${one}' for one in _IN_TAGS)} can"
    if word == "url" and not re.search(r"""\shref\s*=\s*["']$""", tag[0], re.IGNORECASE):
        return 'within a tag can only be a whole address: href="$url"'
    return (
        "" if re.search("[\"']", re.sub(_QUOTED, "", tag[0])) else "must stand in quotes in a tag"
    )


def _words(html: str) -> str:
    return _TAG.sub("", html)


def _json_problems(text: str, path: str) -> Iterator[Problem]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}"
        yield _problem("C153", message, text, error.pos, path)
        return
    if not isinstance(value, dict) or not isinstance(value.get("blocks"), list):
        message = 'a Slack message is an object with a list of "blocks"'
        yield _problem("C153", message, text, 0, path)
        return
    for match in re.finditer(r'"\w*url"\s*:\s*"((?:[^"\\]|\\.)*)"', text):
        if "$" in match[1] and match[1] not in ("$url", "${url}"):
            message = "of the placeholders only $url, by itself, can be an address"
            yield _problem("C154", message, text, match.start(1), path, length=len(match[1]))


def filled_html(text: str, message: Message) -> str:
    """A template of HTML with the message in it."""
    address = escape(message.url)
    link = f'<a href="{address}">{address}</a>' if message.url else escape(message.without_url)
    values = {name: escape(value) for name, value in _values(message).items()}
    snippets = "".join(
        f"<blockquote>{_marked(snippet)}</blockquote>\n" for snippet in message.snippets
    )
    values |= {"headline": _marked(message.headline), "snippets": snippets, "link": link}
    values["stories"] = stories(message)
    note, aside = _left_out(text, message)
    note = f"<p><b>{escape(note)}</b></p>\n" if note else ""
    aside = f"\n<p><small>{escape(aside)}</small></p>" if aside else ""
    parts = _BODY.fullmatch(Template(text).safe_substitute(values))
    assert parts is not None
    return f"{parts['head']}{note}{parts['said']}{aside}{parts['end']}"


def _left_out(text: str, message: Message) -> tuple[str, str]:
    """What a form has no place for and yet must be said: the note, and what silences kept back."""
    has = _names(text)
    return ("" if "note" in has else message.note), ("" if "footer" in has else message.aside)


def _names(text: str) -> set[str]:
    return {word for _, word in _found(text)}


def words_of(html: str) -> str:
    """What a reader sees of HTML, about as long as it is for services without HTML."""
    return unescape(_words(html))


def filled_line(text: str, message: Message, limit: int) -> str:
    """A template of plain text in `limit` characters; "" when even a short headline is too long."""
    marks = ", ".join((*(["TEST"] if message.trial else []), *message.marks))
    if marks and "note" not in _names(text):
        text = f"$note · {text}"
    for _ in range(2):
        words = _line(text, message, marks)
        if len(words) <= limit:
            return words
        shown = plain(message.headline)
        room = max(20, len(shown) - (len(words) - limit))
        message = replace(message, headline=(Segment(text=cut(shown, room)),), snippets=())
    words = _line(text, message, marks)
    return words if len(words) <= limit else ""


def _line(text: str, message: Message, marks: str) -> str:
    return Template(text).safe_substitute({**_values(message), "note": marks}).strip()


def filled_slack(text: str, message: Message) -> dict[str, object]:
    """A Slack attachment from a template, with the colour and the line it may lack."""
    attachment = _node(json.loads(text), message)
    assert isinstance(attachment, dict)
    note, aside = _left_out(text, message)
    attachment["blocks"] = [*_said(note), *attachment["blocks"], *_said(aside)]
    line = escape(message.first_line, quote=False)
    return {"color": COLORS[message.severity], "fallback": line, **attachment}


def _said(words: str) -> list[dict[str, object]]:
    """A block of its own for words, or none."""
    text = {"type": "plain_text", "text": cut(words, 2900)}
    return [{"type": "section", "text": text}] if words else []


def _node(value: object, message: Message, key: str = "", kind: object = "") -> object:
    """A piece of the JSON, filled in; what would be empty, which Slack refuses, is left out."""
    if isinstance(value, dict):
        if value.get("type") == "link" and not message.url:
            return {"type": "text", "text": message.without_url}
        inner = value.get("type")
        return {name: _node(one, message, name, inner) for name, one in value.items()}
    if isinstance(value, list):
        nodes = [_node(one, message, key, kind) for one in value]
        return [one for one in nodes if not _empty(one)]
    if not isinstance(value, str):
        return value
    if key.endswith("url"):
        return Template(value).safe_substitute(url=message.url)
    values = _values(message)
    if key == "fallback" or kind == "mrkdwn":
        values = {name: escape(one, quote=False) for name, one in values.items()}
    words = Template(value).safe_substitute(values)
    return cut(words, 2900) if key == "text" else words


def _empty(node: object) -> bool:
    if not isinstance(node, dict):
        return False
    text = node.get("text")
    inner = text.get("text") if isinstance(text, dict) else text
    return inner == "" or node.get("elements") == []


def _values(message: Message) -> dict[str, str]:
    """What stands for each placeholder, in plain words."""
    return {
        "level": message.severity,
        "LEVEL": message.severity.upper(),
        "color": COLORS[message.severity],
        "note": message.note,
        "rule_title": message.rule_title,
        "rule": message.rule,
        "headline": plain(message.headline),
        "source": message.source,
        "times": message.times,
        "difference": message.difference,
        "snippets": "\n".join(map(plain, message.snippets)),
        "picture": message.picture.told if message.picture else "",
        "stories": "\n".join([*entries(message.stories), message.rest]).rstrip(),
        "why": message.why,
        "url": message.url,
        "link": message.url or message.without_url,
        "also": message.also,
        "history": message.history,
        "hit": str(message.hit),
        "footer": message.footer,
        "subject": message.subject,
    }


def _marked(line: Line) -> str:
    on, off = _MARKS
    return "".join(
        f"{on}{escape(each.text)}{off}" if each.marked else escape(each.text) for each in line
    )

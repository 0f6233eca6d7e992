"""What each service is handed: the rendering that suits it, in the size that it takes.

It knows Apprise's plug-ins by what they tell of themselves, and what the services behind them
make of words: which write mentions, and which count bytes.
"""

from __future__ import annotations

import quopri
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from html import escape
from pathlib import Path
from typing import Any

from watchd.model import Severity
from watchd.render import bulletin, email, mail, sizes, slack
from watchd.render.bulletin import Bulletin
from watchd.render.html import fragment, fragment_of_digest
from watchd.render.inert import cut
from watchd.render.message import Message
from watchd.render.templates import filled_html, filled_line, filled_slack, words_of
from watchd.render.text import LINE, one_line, text, text_of_digest

MAIL = ("mailto", "mailtos")
WEBHOOKS = ("json", "xml", "form")  # for programs: plain text, which keeps the link as it is
_MAIL_BYTES = 100_000  # Gmail cuts off what is over 102 kB
_MAIL_HEADERS = 3_000  # bytes of them, and of what stands between the parts
_TYPES: dict[Severity, str] = {
    "info": "info",
    "low": "info",
    "medium": "warning",
    "high": "failure",
    "critical": "failure",
}
# Above a body that begins with the same words they show the title as a first line of it, and
# Discord counts it as part of it.
_UNTITLED = ("discord", "matrix")
_BESIDE = 200  # characters of a line, beside a link that is longer than a line
# What is longer arrives as a file with ntfy; Matrix takes an event of 65,536 bytes, in which the
# words stand twice, with markup and without.
_BYTES = {"ntfy": 4000, "matrix": 25_000}
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()<>#+\-.!|~&]")


def service_of(plugin: Any) -> str:
    """The service by its plain name: "json" for jsons:// as well."""
    protocol = plugin.protocol or plugin.secure_protocol
    return str(protocol if isinstance(protocol, str) else protocol[0])


def dressed(
    plugin: Any,
    message: Message | Bulletin,
    left_behind: ExitStack,
    templates: Mapping[str, str],
    *,
    rich: bool,
) -> dict[str, Any]:
    """What to hand to the `notify` of a plug-in, which is set up for it.

    `left_behind` takes what is to be removed once it is sent. `templates` are the receiver's own
    form for it. `rich` False: Slack's second form.
    """
    service = service_of(plugin)
    words: dict[str, Any] = {
        "title": message.subject,
        "body": text_of_digest(message) if isinstance(message, Bulletin) else text(message),
        "body_format": "text",
        "notify_type": _TYPES[message.severity],
    }
    if service == "slack" and not plugin.mode.startswith(("workflow", "trigger")):
        folder = left_behind.enter_context(tempfile.TemporaryDirectory(prefix="watchd-"))
        path = Path(folder) / "alert.json"
        path.write_text(_template(message, templates, rich=rich), encoding="ascii")
        plugin.template.clear()
        plugin.template.add(str(path))
        plugin.tokens = {}
        plugin.use_blocks = True
    elif service in MAIL:
        body, headers = _mail(message, templates)
        plugin.headers = {**headers, **plugin.headers}
        words.update(body=body, body_format="html")
    elif service != "slack" and service not in WEBHOOKS:
        if service == "discord":
            _ring_only_for(plugin)
        words.update(body=_fitting(plugin, service, message, templates), body_format="html")
        if plugin.title_maxlen <= 0 or service in _UNTITLED:
            words["title"] = ""
    return words


def _ring_only_for(plugin: Any) -> None:
    """Discord: those whom the address names with ping=, and nobody else.

    With format=markdown Apprise looks for numbers and names behind an @ in the body, too, and
    rings for whom it finds: for user 123456 where a feed says "anna@123456.example".
    """
    ring = plugin.ping_payload
    plugin.ping_payload = lambda *_words: ring(" ".join(plugin.ping))


def _template(message: Message | Bulletin, templates: Mapping[str, str], *, rich: bool) -> str:
    if isinstance(message, Bulletin):
        return slack.template_of_digest(message, rich=rich)
    if rich and (own := templates.get("slack.json")):
        content = slack.as_file(filled_slack(own, message))
        if len(content) <= slack.FILE:
            return content
    return slack.template(message, rich=rich)


def _mail(message: Message | Bulletin, templates: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    if not isinstance(message, Bulletin):
        if own := templates.get("message.html"):
            return mail.framed(filled_html(own, message)), email.headers(message)
        return mail.page(message), email.headers(message)
    message = bulletin.fitted(message, lambda one: _mail_bytes(one) <= _MAIL_BYTES)
    return mail.page_of_digest(message), email.headers_of_digest(message)


def _mail_bytes(digest: Bulletin) -> int:
    """The size of a whole mail, whether its parts are sent as quoted-printable or in base64."""
    words = (mail.page_of_digest(digest) + text_of_digest(digest)).encode()
    encoded = max(len(quopri.encodestring(words)), len(words) * 4 // 3)
    return _MAIL_HEADERS + encoded * 78 // 76  # 76 characters a line, and its end


def _fitting(
    plugin: Any, service: str, message: Message | Bulletin, templates: Mapping[str, str]
) -> str:
    """HTML as long as the service takes: full, as a card, or one line with the link."""
    most: int = plugin.body_maxlen

    def fits(words: str) -> bool:
        return _length(words) <= most and len(words.encode()) <= _BYTES.get(service, most * 4)

    room = min(LINE, most * 4 // 5)
    if isinstance(message, Bulletin):
        least = bulletin.fitted(message, lambda one: fits(text_of_digest(one)))
        if fits(text_of_digest(least)):
            return fragment_of_digest(least)
        return f"<p>{escape(cut(message.line, room))}</p>"
    room = min(most * 4 // 5, max(room, len(message.url) + _BESIDE))
    for html in _html(message, templates):
        if fits(words_of(html)):
            return html
    own = templates.get("line.txt")
    line = (filled_line(own, message, room) if own else "") or one_line(message, room)
    return f"<p>{escape(line)}</p>"


def _html(message: Message, templates: Mapping[str, str]) -> Iterator[str]:
    """The message, then smaller: in the receiver's own form where it has one."""
    own, own_card = templates.get("message.html"), templates.get("card.html")
    yield filled_html(own, message) if own else fragment(message)
    for small in sizes.cards(message):
        yield filled_html(own_card, small) if own_card else fragment(small)


def _length(words: str) -> int:
    """Of a text at most, as a service counts it once Apprise has made Markdown of it.

    In UTF-16, as Telegram and Discord count; a backslash more before each sign of Markdown; some
    for bold, quotes and the link, which is written twice.
    """
    links = sum(map(len, re.findall(r"https?://\S+", words)))
    return len(words.encode("utf-16-le")) // 2 + len(_MARKDOWN.findall(words)) + links + 40

"""What each service is handed: the rendering that suits it, in the size that it takes.

It knows Apprise's plug-ins by what they tell of themselves, and what the services behind them
make of words: which write mentions, and which count bytes.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
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
from watchd.render.ownform import MAIL_BYTES, TooLong, mail_bytes, mail_page, slack_attachment
from watchd.render.templates import filled_html, filled_line, words_of
from watchd.render.text import LINE, one_line, text, text_of_digest

MAIL = ("mailto", "mailtos")
WEBHOOKS = ("json", "xml", "form")  # for programs: plain text, which keeps the link as it is
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
_BYTES = {"ntfy": 4000}  # a longer message arrives as a file
# An event has 65,536 bytes (https://spec.matrix.org/v1.11/client-server-api/#size-limits); one
# that is encrypted grows by a third, and by what is round it.
_MATRIX_BYTES = 45_000


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
    as_sent: Callable[[str], str],
    rich: bool,
    too_long: TooLong,
) -> dict[str, Any]:
    """What to hand to the `notify` of a plug-in, which is set up for it.

    `left_behind` takes what is to be removed once it is sent. `templates` are the receiver's own
    form for it, and `too_long` hears of one that the service does not take. `as_sent` tells what
    the plug-in makes of HTML. `rich` False: Slack's second form.
    """
    service = service_of(plugin)
    # An address may ask for more to be cut off or sent apart, in the middle of a tag if need be.
    plugin.overflow_mode = "upstream"
    words: dict[str, Any] = {
        "title": message.subject,
        "body": text_of_digest(message) if isinstance(message, Bulletin) else text(message),
        "body_format": "text",
        "notify_type": _TYPES[message.severity],
    }
    if service == "slack" and not plugin.mode.startswith(("workflow", "trigger")):
        folder = left_behind.enter_context(tempfile.TemporaryDirectory(prefix="watchd-"))
        path = Path(folder) / "alert.json"
        path.write_text(_template(message, templates, too_long, rich=rich), encoding="ascii")
        plugin.template.clear()
        plugin.template.add(str(path))
        plugin.tokens = {}
        plugin.use_blocks = True
    elif service in MAIL:
        body, headers = _mail(message, templates, too_long)
        plugin.headers = {**headers, **plugin.headers}
        words.update(body=body, body_format="html")
    elif service != "slack" and service not in WEBHOOKS:
        if service == "discord":
            _ring_only_for(plugin)
        fits = _fits(service, plugin.body_maxlen, as_sent)
        body = _fitting(message, templates, plugin.body_maxlen, fits, too_long)
        words.update(body=body, body_format="html")
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


def _template(
    message: Message | Bulletin, templates: Mapping[str, str], too_long: TooLong, *, rich: bool
) -> str:
    if isinstance(message, Bulletin):
        return slack.template_of_digest(message, rich=rich)
    own = slack_attachment(message, templates, too_long) if rich else None
    return slack.as_file(own) if own else slack.template(message, rich=rich)


def _mail(
    message: Message | Bulletin, templates: Mapping[str, str], too_long: TooLong
) -> tuple[str, dict[str, str]]:
    if not isinstance(message, Bulletin):
        return mail_page(message, templates, too_long), email.headers(message)
    message = bulletin.fitted(
        message, lambda one: mail_bytes(mail.page_of_digest(one)) <= MAIL_BYTES
    )
    return mail.page_of_digest(message), email.headers_of_digest(message)


def _fits(service: str, most: int, as_sent: Callable[[str], str]) -> Callable[[str], bool]:
    """Whether a service takes HTML, once Apprise has made of it what is sent."""

    def fits(html: str) -> bool:
        if service == "matrix":  # the words are in the event with their marks and without
            event = json.dumps([html, words_of(html)], ensure_ascii=False)
            return len(event.encode()) <= _MATRIX_BYTES
        sent = words_of(html) if service == "tgram" else as_sent(html)
        return _length(sent) <= most and len(sent.encode()) <= _BYTES.get(service, most * 4)

    return fits


def _fitting(
    message: Message | Bulletin,
    templates: Mapping[str, str],
    most: int,
    fits: Callable[[str], bool],
    too_long: TooLong,
) -> str:
    """HTML as long as the service takes: full, as a card, or one line with the link."""
    room = min(LINE, most * 4 // 5)
    if isinstance(message, Bulletin):
        least = bulletin.fitted(message, lambda one: fits(fragment_of_digest(one)))
        if fits(html := fragment_of_digest(least)):
            return html
        return f"<p>{escape(cut(message.line, room))}</p>"
    for html in _html(message, templates):
        if fits(html):
            return html
    if "card.html" in templates and "line.txt" not in templates:
        for html in map(fragment, sizes.cards(message)):
            if fits(html):
                too_long("card.html is too long for this service: watchd's own form is sent")
                return html
    room = max(room, min(len(message.url) + LINE // 2, most * 4 // 5))  # for a long link
    own = templates.get("line.txt")
    line = (filled_line(own, message, room) if own else "") or one_line(message, room)
    if not fits(html := f"<p>{escape(line)}</p>"):
        # Its signs of Markdown get backslashes, or its letters count by their bytes.
        html = f"<p>{escape(one_line(message, room * 3 // 5))}</p>"
    return html


def _html(message: Message, templates: Mapping[str, str]) -> Iterator[str]:
    """The message, then smaller: in the receiver's own form where it has one."""
    own, own_card = templates.get("message.html"), templates.get("card.html")
    yield filled_html(own, message) if own else fragment(message)
    for small in sizes.cards(message):
        yield filled_html(own_card, small) if own_card else fragment(small)


def _length(words: str) -> int:
    """Of a text as Telegram and Discord count it: in UTF-16."""
    return len(words.encode("utf-16-le")) // 2

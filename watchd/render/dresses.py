"""One message in every dress: for previews, and for the golden files of the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import tzinfo

from watchd.model import Alert, Digest, Notice
from watchd.render import email, mail, slack
from watchd.render.bulletin import Bulletin, compose_digest, fitted
from watchd.render.html import fragment, fragment_of_digest
from watchd.render.inert import cut
from watchd.render.message import Message, compose
from watchd.render.ownform import TooLong, mail_page, slack_attachment
from watchd.render.sizes import CARD, card
from watchd.render.templates import filled_html, filled_line, words_of
from watchd.render.text import LINE, one_line, text, text_of_digest

FILES = {
    "text": ("message.txt",),
    "card": ("card.txt",),
    "line": ("line.txt",),
    "html": ("message.html",),
    "email": ("mail.txt", "mail.html"),
    "slack": ("slack.json",),
}
"""The files of each dress; of a mail, its headers and its page."""


def dresses(
    alert: Alert | Notice | Digest,
    templates: Mapping[str, str] | None = None,
    zone: tzinfo | None = None,
    too_long: TooLong = lambda _: None,
) -> dict[str, str]:
    """The content of each file of FILES, by its name; of an alert, in a receiver's own form.

    `zone` is that of its readers. `too_long` hears of a form in which it would not be sent.

    The text of a message, which programs get, has no form but ours.
    """
    if isinstance(alert, Digest):
        return _of_digest(compose_digest(alert, zone))
    message = compose(alert, zone)
    own = templates if templates and isinstance(alert, Alert) else {}
    return {**_ours(message), **_own(message, own, too_long)}


def _own(message: Message, templates: Mapping[str, str], too_long: TooLong) -> dict[str, str]:
    files = {}
    if html := templates.get("message.html"):
        files["message.html"] = filled_html(html, message)
        files["mail.html"] = mail_page(message, templates, too_long)
    if html := templates.get("card.html"):
        files["card.txt"] = _file(words_of(filled_html(html, card(message))))
    if line := templates.get("line.txt"):
        files["line.txt"] = _file(filled_line(line, message, LINE) or one_line(message))
    if blocks := slack_attachment(message, templates, too_long):
        files["slack.json"] = _json(blocks)
    return files


def _ours(message: Message) -> dict[str, str]:
    return {
        "message.txt": _file(text(message)),
        "card.txt": _file(text(card(message))),
        "line.txt": _file(one_line(message)),
        "message.html": fragment(message),
        "mail.txt": _headers(message.subject, email.headers(message)),
        "mail.html": mail.page(message),
        "slack.json": _json(slack.attachment(message)),
    }


def _of_digest(bulletin: Bulletin) -> dict[str, str]:
    """As a card it has as many headlines as there is room for."""
    small = fitted(bulletin, lambda one: len(text_of_digest(one)) <= CARD)
    return {
        "message.txt": _file(text_of_digest(bulletin)),
        "card.txt": _file(text_of_digest(small)),
        "line.txt": _file(cut(bulletin.line, LINE)),
        "message.html": fragment_of_digest(bulletin),
        "mail.txt": _headers(bulletin.subject, email.headers_of_digest(bulletin)),
        "mail.html": mail.page_of_digest(bulletin),
        "slack.json": _json(slack.attachment_of_digest(bulletin)),
    }


def _file(words: str) -> str:
    return words.rstrip("\n") + "\n"


def _headers(subject: str, headers: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in {"Subject": subject, **headers}.items())


def _json(attachment: slack.Json) -> str:
    return json.dumps(attachment, ensure_ascii=False, indent=1) + "\n"

"""A receiver's own form of a message where its service takes it, else watchd's.

A form that is too long is not cut: of half a page nobody knows what it lacks, and its tags stay
open. watchd's form has everything, and fits.
"""

from __future__ import annotations

import quopri
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from watchd.render import mail, slack
from watchd.render.message import Message, compose
from watchd.render.sample import sample_alert
from watchd.render.templates import filled_html, filled_slack, words_of

MAIL_BYTES = 95_000
"""Of both parts of a mail; Gmail cuts off what is over 102 kB, headers included."""

TooLong = Callable[[str], None]
"""Hears of a form that is not used, in a sentence."""


def mail_page(message: Message, templates: Mapping[str, str], too_long: TooLong) -> str:
    """The page of a mail."""
    if own := templates.get("message.html"):
        page = mail.framed(filled_html(own, message))
        if (size := mail_bytes(page)) <= MAIL_BYTES:
            return page
        too_long(
            f"message.html makes a mail of {size:,} bytes; with more than {MAIL_BYTES:,}, programs "
            "cut off the end: watchd's own form is sent"
        )
    return mail.page(message)


def slack_attachment(
    message: Message, templates: Mapping[str, str], too_long: TooLong
) -> slack.Json | None:
    """The attachment of a Slack message in the receiver's form; None: watchd's is to be sent."""
    if own := templates.get("slack.json"):
        attachment = filled_slack(own, message)
        if (size := len(slack.as_file(attachment))) <= slack.FILE:
            return attachment
        too_long(
            f"slack.json makes a message of {size:,} bytes; Apprise takes {slack.FILE:,}: "
            "watchd's own form is sent"
        )
    return None


def always_too_long(name: str, text: str) -> str:
    """Why a template is of no use, however short the message; "": it is."""
    said = list[str]()
    message = compose(sample_alert(datetime(2026, 1, 1, tzinfo=UTC)))
    if name == "message.html":
        mail_page(message, {name: text}, said.append)
    elif name == "slack.json":
        slack_attachment(message, {name: text}, said.append)
    return "".join(said)


def mail_bytes(page: str) -> int:
    """Of a mail's page and its text part, in lines of 76 characters (RFC 2045).

    As quoted-printable or in base64, whichever is longer: Python goes by what the words are.
    """
    words = (page + words_of(page)).encode()
    return max(len(quopri.encodestring(words)), len(words) * 4 // 3) * 78 // 76

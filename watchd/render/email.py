"""What mail has beside its body: headers that make alerts easy to filter and to thread."""

from __future__ import annotations

import hashlib
import re

from watchd.model import Severity
from watchd.render.bulletin import Bulletin
from watchd.render.inert import header
from watchd.render.message import Message


def headers_of_digest(bulletin: Bulletin) -> dict[str, str]:
    """Headers of a digest: mails of many. Those of one day are one thread."""
    return {**_common(bulletin.kind, bulletin.thread, bulletin.severity), "Precedence": "bulk"}


def headers(message: Message) -> dict[str, str]:
    """Headers of one mail.

    A mail's own Message-ID is Apprise's, so mails of one day about one story are tied together by a
    parent that never existed: mail programs thread them all the same.
    """
    rule = re.sub(r"[^a-z0-9-]+", ".", message.rule.lower()).strip(".")
    if not message.rule.isascii():
        # A List-Id is ASCII; two rules named in Korean must not become one list.
        rule = f"{rule}.{hashlib.sha256(message.rule.encode()).hexdigest()[:8]}".lstrip(".")
    return {
        **_common(rule, message.thread, message.severity),
        "X-Watchd-Hit": str(message.hit),
        "X-Watchd-Rule": header(message.rule),
    }


def _common(name: str, thread: str, severity: Severity) -> dict[str, str]:
    parent = f"<{thread}@watchd.localhost>"
    return {
        "List-Id": f"<{name}.watchd.localhost>",
        "Auto-Submitted": "auto-generated",
        "References": parent,
        "In-Reply-To": parent,
        "X-Watchd-Level": severity,
    }

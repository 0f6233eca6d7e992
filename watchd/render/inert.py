"""Feed text is a stranger's: `inert` makes it harmless wherever it is shown.

Every renderer passes each foreign string through here and then escapes for its own target, so
that one forgotten escape is a blemish and not a way into the reader's channel.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

MAX_URL = 2000  # Slack refuses a link element above 3,000; browsers choke soon after

# Zero-width characters, bidi controls, tags: they hide text or turn it round.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# An @ stays only inside what looks like a mail address; Discord, Mattermost and Matrix ring the
# bell for these words even in the middle of another word.
_CALL = r"(?:everyone|here|channel|all|room)\b"
_MENTION = re.compile(rf"(?<!\w)@|@(?!\w)|@(?={_CALL})", re.IGNORECASE)
_URL_CALL = re.compile(rf"@(?={_CALL})", re.IGNORECASE)
# Telegram makes links of tg://…, and other programs of whatever they know; those of the web only
# lead where they say.
_SCHEME = re.compile(r"\b(?!https?:)([a-z][a-z0-9+.-]{0,30}:)(?=//)", re.IGNORECASE)
# Apprise fills in {{app_body}} and its like; Markdown makes links of [words](address), of
# [words][name] and of [name]: address.
_JOINTS = re.compile(r"\{(?=\{)|\}(?=\})|\](?=[(\[:])")
_HEADING = re.compile(r"^#(?=#{0,5} )")  # of Markdown
_LOOKALIKE = str.maketrans({"<": "‹", ">": "›"})


def inert(text: str, limit: int | None = None) -> str:
    """`text` on one line, without markup, mentions, templates or hidden characters.

    Runs of white space become one blank; `limit` (in characters) cuts as `cut` does.
    """
    if limit is not None:
        text = text[: 20 * limit]  # a headline of ten megabytes must not cost seconds
    text = _HIDDEN.sub("", _SURROGATE.sub("�", text))
    text = _SPACE.sub(" ", text).translate(_LOOKALIKE)
    text = _MENTION.sub("＠", text)
    text = _HEADING.sub("＃", _SCHEME.sub(r"\1 ", _JOINTS.sub(r"\g<0> ", text)))
    return text if limit is None else cut(text, limit)


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters; where something is missing it ends in "…".

    Cut at a word end, unless that would cost more than a quarter (Chinese has no blanks).
    """
    text = text.strip()
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    blank = kept.rfind(" ")
    if not text[limit - 1].isspace() and blank >= limit * 3 // 4:
        kept = kept[:blank]
    return kept.rstrip() + "…"


def header(text: str, limit: int = 100) -> str:
    """`text` short enough for a mail header: `limit` characters and 300 bytes.

    Apprise writes a header on one line, three characters for each byte that is not ASCII, and
    mail servers refuse lines of over 998 characters.
    """
    text = cut(text, limit)
    while len(text.encode()) > 300:
        text = cut(text, len(text) - 1)
    return text


def link(url: str) -> str:
    """The address if it is safe to offer as a link (http or https, with a host); else ""."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no number
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return ""
    # Letters of any script stay readable; whatever could end the link, or hide in it, is encoded.
    url = re.sub(r"[^\w:/?#\[\]@!$&'()*+,;=%~.-]", lambda found: _encoded(found[0]), url)
    # Brackets belong round the number of a host; anywhere else Markdown makes links of them.
    head, slashes, rest = url.partition("://")
    host = re.match(r"[^/?#]*", rest)
    assert host is not None
    tail = rest[host.end() :].replace("[", "%5B").replace("]", "%5D")
    url = f"{head}{slashes}{host[0]}{tail}"
    url = _URL_CALL.sub("%40", url)
    return url if len(url) <= MAX_URL else ""


def _encoded(character: str) -> str:
    return quote(character, safe="", errors="replace")

"""An address without what only says how one came to it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from watchd.parse.identity import clean_id
from watchd.rules.address import readable

_TRACKING = re.compile(
    r"(?:utm_\w+|mtm_\w+|fbclid|gclid|dclid|msclkid|igshid|mc_[ce]id|yclid|ocid|cmpid)(?:=|$)", re.I
)


def canonical_url(url: str) -> str:
    """The address as it is compared; "" when it tells no page from another of its site.

    Scheme, `www.` and a last slash do not count, nor do tracking parameters. All other
    parameters and the fragment do: on many sites they name the article.
    """
    try:
        parts = urlsplit(clean_id(url))
        host, port = (parts.hostname or "").removeprefix("www."), parts.port
    except ValueError:  # brackets or a port that are none
        return ""
    asked = "&".join(one for one in parts.query.split("&") if one and not _TRACKING.match(one))
    path = readable(parts.path).rstrip("/")
    if parts.scheme not in ("http", "https") or not host or not (path or asked or parts.fragment):
        return ""
    where = host if port in (None, 80, 443) else f"{host}:{port}"
    ending = f"#{parts.fragment}" if parts.fragment else ""
    return f"{where}{path}?{asked}{ending}"

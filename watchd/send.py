"""Sending through Apprise, the only file that knows it: addresses in, one honest answer out.

Apprise costs most of a second to import, so it is imported when first needed.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta, tzinfo
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import quote, unquote

from watchd import log
from watchd.dressing import MAIL, WEBHOOKS, dressed, service_of
from watchd.errors import WatchdError
from watchd.model import Alert, Digest, Endpoint, Notice, Outcome, SendResult
from watchd.render.bulletin import Bulletin, compose_digest
from watchd.render.inert import cut, inert
from watchd.render.message import Message, compose
from watchd.render.payload import FACTS, beside
from watchd.values import replace

CONNECT_TIMEOUT = 10.0  # seconds, where the address has no cto=
READ_TIMEOUT = 30.0  # seconds, where the address has no rto=; Apprise's own 4 s are too few
DEADLINE = timedelta(seconds=60)

_DETAIL = 300  # characters
_MAIL_OPTIONS = ("to", "from", "name", "smtp", "mode", "reply", "user", "rto", "cto", "format")
# Where Apprise's plug-ins keep those a message goes to.
_TARGETS = ("targets", "channels", "topics", "rooms", "users", "groups", "devices")
_NOT_RICH = re.compile(r"\binvalid_(?:blocks|attachments)")
_loading = threading.Lock()
_log = log.Log("watchd.send")


class _Unusable(Exception):
    """Why an address cannot be used, without its secrets."""


def endpoints(receiver: str, urls: Sequence[str], salt: bytes = b"") -> list[Endpoint]:
    """One endpoint for each channel and each recipient of a receiver's Apprise addresses.

    Names say where it goes, never a token, and stay the same between starts; equal ones are told
    apart by -2, -3 in the order of the config. With a salt, of up to 64 bytes, each has a mark by
    which it is known wherever it stands. Raises WatchdError, in one sentence without a secret,
    for an address that cannot be used.
    """
    found: list[Endpoint] = []
    taken: dict[str, int] = {}
    for number, url in enumerate(urls, start=1):
        which = f"receiver '{receiver}'" + (f", address {number}" if len(urls) > 1 else "")
        try:
            for target, service, leads_to in _split(url):
                name = f"{receiver}/{service}"
                taken[name] = taken.get(name, 0) + 1
                if taken[name] > 1:
                    name += f"-{taken[name]}"
                # The whole address and the number of its target: an address for one target,
                # rebuilt by Apprise, loses the domain of a mail login.
                mark = _mark(leads_to, salt) if salt else ""
                found.append(
                    Endpoint(
                        receiver=receiver,
                        name=name,
                        url=f"{url}\n{target}",
                        mark=mark,
                        is_program=service.partition(":")[0] in FACTS,
                    )
                )
        except _Unusable as error:
            raise WatchdError(f"{which}: {error}") from None
    for endpoint in found:
        _hide(endpoint)
    return found


def deliver(
    endpoint: Endpoint, alert: Alert | Notice | Digest, *, deadline: timedelta = DEADLINE
) -> SendResult:
    """Send an alert to an endpoint, blocking; never raises.

    The result's detail is the provider's own words, without a secret. After `deadline` the
    answer is UNKNOWN, though the attempt may still go on in its thread and succeed.
    """
    answer: SimpleQueue[SendResult] = SimpleQueue()
    # A thread of our own: a plug-in cannot be interrupted, and must not keep the process alive.
    threading.Thread(
        target=lambda: answer.put(_attempt(endpoint, alert)), name="deliver", daemon=True
    ).start()
    try:
        return answer.get(timeout=deadline.total_seconds())
    except Empty:
        seconds = f"{deadline.total_seconds():g}"
        return SendResult(outcome=Outcome.UNKNOWN, detail=f"no answer within {seconds} s")


def _attempt(endpoint: Endpoint, alert: Alert | Notice | Digest) -> SendResult:
    try:
        message = _composed(alert, endpoint.zone)
        # A form of the receiver's own is for alerts; what watchd tells of itself, and digests,
        # have their own.
        templates = endpoint.templates if isinstance(alert, Alert) else {}
        result = _send(endpoint, message, alert, templates)
        if result.outcome is Outcome.REFUSED and _NOT_RICH.search(result.detail):
            # This workspace does not take rich text inside an attachment; nothing was posted.
            result = _send(endpoint, message, alert, {}, rich=False)
    except Exception as error:
        # Apprise wraps a hundred and thirty services; a bug in one is trouble at that receiver.
        return SendResult(outcome=Outcome.RETRY, detail=f"{type(error).__name__} in Apprise")
    return result


def _composed(about: Alert | Notice | Digest, zone: tzinfo | None) -> Message | Bulletin:
    return compose_digest(about, zone) if isinstance(about, Digest) else compose(about, zone)


def _send(
    endpoint: Endpoint,
    message: Message | Bulletin,
    about: Alert | Notice | Digest,
    templates: Mapping[str, str],
    *,
    rich: bool = True,
) -> SendResult:
    """One attempt, with a plug-in object of its own: a used one waits before its next message."""
    url, _, target = endpoint.url.partition("\n")
    _library()
    from watchd import answers

    with answers.listening() as heard, ExitStack() as left_behind:
        said = ""
        try:
            plugin = _narrowed(_plugin(url), int(target or 0))
            heard.warnings.clear()
            if facts := beside(service_of(plugin), about):  # Apprise sends what is added as it is
                plugin.payload_extras.setdefault("watchd", facts)
            words = dressed(
                plugin,
                message,
                left_behind,
                templates,
                as_sent=_as_sent(plugin),
                rich=rich,
                too_long=lambda said: _log.warning(
                    "delivery.reshaped", to=endpoint.name, said=said
                ),
            )
            if plugin.notify(**words):
                return SendResult(outcome=Outcome.SENT)
        except Exception as error:
            said = f"{type(error).__name__} in Apprise"
        result = heard.failure(said)
    secrets = _secrets(url, shown=endpoint.name)
    return replace(result, detail=_clean(result.detail, secrets))


def _as_sent(plugin: Any) -> Callable[[str], str]:
    """What Apprise makes of HTML for a service: text, Markdown, or HTML of fewer tags."""
    from apprise.conversion import convert_between

    form = plugin.resolve_format("html")
    convert: Callable[[str, str, str], str] = convert_between
    return lambda html: str(plugin.dialect_convert(convert("html", form, html), form))


@cache
def _asset() -> Any:
    import apprise

    return apprise.AppriseAsset(
        app_id="watchd",
        app_desc="watchd alerts",
        app_url="",
        image_url_mask="",  # else messages show pictures fetched from Apprise's repository
        image_url_logo="",
        interpret_emojis=False,  # ":smile:" and "\n" in a headline are the author's text
        interpret_escapes=False,
        http_redirects=False,  # a POST that follows one arrives as a GET, without the message
        storage_mode="memory",
        async_mode=False,
    )


@cache
def _loaded() -> Any:
    import apprise

    from watchd import answers

    answers.install()
    return apprise


def _library() -> Any:
    with _loading:  # two threads must not install the listeners twice
        return _loaded()


def _plugin(url: str) -> Any:
    """Apprise's object for an address, set up our way. Raises _Unusable."""
    apprise = _library()
    from watchd import answers

    with answers.listening() as heard:
        settings = apprise.plugins.url_to_dict(url)
        if settings is None:
            raise _Unusable(_unreadable(url))
        if apprise.utils.parse.parse_bool(settings.get("optional")):
            raise _Unusable("'optional=yes' would report every failure as success; remove it")
        settings["retry"] = 0  # trying again is the outbox's work, which knows what may repeat
        settings.setdefault("rto", READ_TIMEOUT)
        # For mail Apprise waits that long for each answer, not only for the connection.
        mail = settings["schema"] in MAIL
        settings.setdefault("cto", settings["rto"] if mail else CONNECT_TIMEOUT)
        if settings["schema"] == "tgram":
            # With format=markdown Apprise hands our HTML to Telegram's reader of Markdown.
            settings.pop("format", None)
        settings.update(include_image=False, include_footer=False, include_timestamp=False)
        try:
            plugin = apprise.Apprise.instantiate(
                settings, asset=_asset(), suppress_exceptions=False
            )
        except apprise.exception.AppriseImproperlyConfigured as error:
            raise _Unusable(_clean(str(error), _secrets(url))) from None
        except Exception as error:
            raise _Unusable(f"Apprise cannot use the address ({type(error).__name__})") from None
    if plugin is None:
        scheme = settings["schema"]
        raise _Unusable(f"{scheme}:// needs a library that is not installed here")
    if heard.warnings:
        # Say, an option with a value that Apprise does not know, and would leave out.
        raise _Unusable(_clean(heard.warnings[0], _secrets(url)))
    if mail and any("@" not in each for each in ",".join(settings["targets"]).split(",") if each):
        raise _Unusable("one of the recipients is no mail address")  # Apprise would leave it out
    if getattr(plugin, "cc", None) or getattr(plugin, "bcc", None):
        raise _Unusable("cc= and bcc= cannot be sent again one by one; name everybody in to=")
    return plugin


def _unreadable(url: str) -> str:
    found = re.match(r"\s*([A-Za-z][\w.+-]{0,30})://", url)
    if found is None:
        return "the address must begin with a service, as slack://… or mailto://… do"
    scheme = found[1].lower()
    known = _library().manager_plugins.NotificationManager().schemas()
    if scheme in known:
        return f"the {scheme}:// address cannot be read; compare it with Apprise's documentation"
    if scheme in ("http", "https"):
        instead = "json" if scheme == "http" else "jsons"
        return (
            f"Apprise knows no service at this {scheme}:// address; "
            f"for a webhook of your own write {instead}:// in its place"
        )
    near = difflib.get_close_matches(scheme, known, n=1)
    return f"unknown service '{scheme}://'" + (f"; did you mean '{near[0]}://'?" if near else "")


def _split(url: str) -> Iterator[tuple[int, str, str]]:
    """Of each target of an address: its number, its name without the receiver, where it leads."""
    count = len(_plugin(url))
    for target in range(max(1, count)):
        plugin = _narrowed(_plugin(url), target)
        yield target, _named(plugin), _leads_to(plugin, f"{url}\n{target}")


def _leads_to(plugin: Any, url: str) -> str:
    """A whole address for one target, always worded alike; `url` is ours, where Apprise has none.

    Without its password: those are weak now and then, and could be guessed from a hash of it.
    """
    password = _password(url)
    with suppress(Exception):  # a plug-in that cannot do without a password
        plugin.password = ""
        return str(plugin.url())
    return url.replace(f":{password}@", "@", 1) if password else url


def _mark(leads_to: str, salt: bytes) -> str:
    return hashlib.blake2b(leads_to.encode(), key=salt, digest_size=16).hexdigest()


def _narrowed(plugin: Any, target: int) -> Any:
    """The plug-in with one of its targets only. Raises _Unusable where that cannot be done."""
    if len(plugin) <= 1:
        return plugin
    lists = {
        name: sorted(value, key=str) if isinstance(value, set) else list(value)
        for name in _TARGETS
        if isinstance(value := getattr(plugin, name, None), list | tuple | set)
    }
    spots = [(name, value) for name, values in lists.items() for value in values]
    if len(spots) != len(plugin):
        raise _Unusable(
            f"this {service_of(plugin)}:// address leads to {len(plugin)} places; "
            "give each an address of its own, so that one can fail without the others"
        )
    chosen, value = spots[target]
    for name in lists:
        setattr(plugin, name, [value] if name == chosen else [])
    return plugin


def _named(plugin: Any) -> str:
    """What an endpoint is called behind its receiver. Only what is known to be no secret."""
    service = service_of(plugin)
    where = ""
    if service == "slack" and plugin.channels and plugin.channels[0]:
        channel = plugin.channels[0]
        where = channel if channel[0] in "#@+" else f"#{channel}"
    elif service in MAIL:
        where = plugin.targets[0][1]
    elif service in WEBHOOKS:
        where = plugin.host + (f":{plugin.port}" if plugin.port else "")
    where = re.sub(r"[^\w#@+.:\[\]-]", "_", where)[:80]
    return f"{service}:{where}" if where else service


def _password(url: str) -> str:
    """The password before the host, as it stands in the address."""
    authority = re.split(r"[/?]", url.partition("://")[2], maxsplit=1)[0]
    return authority.rpartition("@")[0].partition(":")[2]


def _secrets(url: str, shown: str = "") -> list[str]:
    """Every part of an address that must not be shown, the longest first.

    Tokens stand anywhere in Apprise's addresses, so all of it counts but the service, the names
    of options, words of under four letters, and what the endpoint's name shows anyway. Of mail
    it is known better: who and where is no secret, and helps to read what a server says.
    """
    service, _, rest = url.partition("://")
    path, _, query = rest.partition("?")
    options = [option.partition("=") for option in query.split("&")]
    mail = service.lower() in MAIL
    hidden = [value for name, _, value in options if not (mail and name in _MAIL_OPTIONS)]
    if not mail:
        hidden.append(path)
    parts = {part for each in hidden for part in re.split(r"[/:@#,\s]+", each) if len(part) >= 4}
    password = _password(url)
    parts |= {url, rest, password}
    parts |= {unquote(part) for part in parts}
    if password:
        login = f"{unquote(path.partition(':')[0])}:{unquote(password)}"
        parts.add(base64.b64encode(login.encode()).decode())
    parts |= {quote(part, safe="") for part in parts}
    return sorted((part for part in parts if part and part not in shown), key=len, reverse=True)


def _clean(words: str, secrets: list[str]) -> str:
    for secret in secrets:
        words = words.replace(secret, "***")
    return cut(inert(words), _DETAIL)


def _hide(endpoint: Endpoint) -> None:
    """Tell the log what it must never print. Short words are left: they are in other texts too."""
    url = endpoint.url.partition("\n")[0]
    password = _password(url)
    for part in _secrets(url, shown=endpoint.name):
        if len(part) >= 16 or part in (password, unquote(password)):
            log.hide(part)

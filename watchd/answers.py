"""What receivers really answered.

Apprise says yes or no. Whether a "no" means later, never, or perhaps it did arrive, is in the
status, in Retry-After and in the way a connection broke, and Apprise keeps none of these. So we
listen where its plug-ins speak: in `requests` and in `smtplib`. Only the thread that is sending
is listened to; for everybody else both behave as ever.
"""

from __future__ import annotations

import json
import logging
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import wraps
from ssl import SSLError
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from watchd.model import Outcome, SendResult

_READ = 20_000  # bytes of an answer that may be quoted
_LATER = (408, 425, 429)  # and every 5xx
# Slack says these with a status of 200; they pass.
_PASSING = ("ratelimited", "internal_error", "service_unavailable", "request_timeout")
_STEPS = {
    "connect": "could not reach the mail server",
    "starttls": "no secure connection with the mail server",
    "login": "could not log in to the mail server",
}


class Answers:
    """What came back while one message was being sent, in order."""

    def __init__(self) -> None:
        self.results: list[SendResult] = []
        self.warnings: list[str] = []  # Apprise's own words
        self.mail_code = 0  # of the last reply by a mail server

    def add(self, outcome: Outcome, detail: str, retry_after: timedelta | None = None) -> None:
        self.results.append(SendResult(outcome=outcome, detail=detail, retry_after=retry_after))

    def failure(self, said: str = "") -> SendResult:
        """What it means that Apprise said no, or raised `said`."""
        if self.results:
            last = self.results[-1]
            if last.outcome is not Outcome.SENT:
                return last
            # The status was good, so Apprise took offence at what stands in the answer.
            outcome = Outcome.UNKNOWN if said else _meaning(last.detail)
            return SendResult(outcome=outcome, detail=said or f"answered: {last.detail}")
        words = said or "; ".join(self.warnings) or "Apprise could not send it and did not say why"
        if self.mail_code == 354:
            return SendResult(outcome=Outcome.DROPPED, detail=f"broke off while sending: {words}")
        return SendResult(outcome=Outcome.RETRY, detail=words)


_listener: ContextVar[Answers | None] = ContextVar("watchd_answers", default=None)


@contextmanager
def listening() -> Iterator[Answers]:
    """Collect what receivers answer to this thread."""
    # Nothing of Apprise's log reaches ours: it names addresses with their secrets.
    logging.getLogger("apprise").setLevel(logging.WARNING)
    answers = Answers()
    token = _listener.set(answers)
    try:
        yield answers
    finally:
        _listener.reset(token)


def install() -> None:
    """Start to listen, in this process, for good. To be called once."""
    _wrap(requests.Session, "send", _http)
    _wrap(smtplib.SMTP, "getreply", _mail_reply)
    for name in _STEPS:
        _wrap(smtplib.SMTP, name, _mail_step)
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.addHandler(_Overhear())


def _wrap(owner: type, name: str, wrapper: Callable[[Callable[..., Any]], Any]) -> None:
    setattr(owner, name, wrapper(getattr(owner, name)))


class _Overhear(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        answers = _listener.get()
        if answers is not None and record.levelno >= logging.WARNING:
            answers.warnings.append(record.getMessage())


def _http(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    def listened(self: Any, request: Any, **kwargs: Any) -> Any:
        answers = _listener.get()
        if answers is None:
            return send(self, request, **kwargs)
        try:
            response = send(self, request, **kwargs)
        except requests.RequestException as error:
            answers.add(*_http_failure(error))
            raise
        answers.add(*_http_answer(response))
        return response

    return listened


def _http_answer(response: Any) -> tuple[Outcome, str, timedelta | None]:
    status = response.status_code
    body = response.content[:_READ].decode("utf-8", "replace").strip()
    if 200 <= status < 300:
        return Outcome.SENT, body, None
    later = status >= 500 or status in _LATER
    detail = f"{status} {response.reason or ''}".strip()
    if 300 <= status < 400:
        # Followed, a redirected POST becomes a GET without the message, and looks like success.
        detail += ": the address has moved; name the new one"
    elif body:
        detail += f": {body}"
    return Outcome.RETRY if later else Outcome.REFUSED, detail, _retry_after(response.headers)


def _http_failure(error: requests.RequestException) -> tuple[Outcome, str]:
    chain = list(_chain(error))
    if any(isinstance(each, NewConnectionError | ConnectTimeoutError) for each in chain):
        return Outcome.RETRY, f"could not connect: {_root(chain)}"
    if isinstance(error, requests.exceptions.ProxyError):
        return Outcome.RETRY, f"the proxy failed: {_root(chain)}"
    if any(isinstance(each, SSLError) and "EOF" not in str(each) for each in chain):
        return Outcome.RETRY, f"no secure connection: {_root(chain)}"
    if any(isinstance(each, TimeoutError) for each in chain) or isinstance(
        error, requests.exceptions.Timeout
    ):
        return Outcome.UNKNOWN, "no answer in time"
    if isinstance(
        error,
        requests.exceptions.ConnectionError
        | requests.exceptions.ChunkedEncodingError
        | requests.exceptions.ContentDecodingError,
    ):
        return Outcome.DROPPED, f"the connection broke before an answer: {_root(chain)}"
    return Outcome.REFUSED, f"could not be sent: {type(error).__name__}"


def _mail_reply(getreply: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(getreply)
    def listened(self: smtplib.SMTP) -> Any:
        answers = _listener.get()
        if answers is None:
            return getreply(self)
        try:
            code, words = getreply(self)
        except Exception as error:
            answers.add(*_mail_failure(error, sending=answers.mail_code == 354))
            raise
        answers.mail_code = code
        if code >= 400:
            outcome = Outcome.RETRY if code < 500 else Outcome.REFUSED
            answers.add(outcome, f"{code} {words.decode('utf-8', 'replace')}")
        return code, words

    return listened


def _mail_failure(error: Exception, *, sending: bool) -> tuple[Outcome, str]:
    chain = list(_chain(error))
    late = any(isinstance(each, TimeoutError) for each in chain)
    if not sending:
        said = "the mail server did not answer in time" if late else "the mail server hung up"
        return Outcome.RETRY, said
    if late:
        return Outcome.UNKNOWN, "no answer in time to a mail that was handed over"
    return Outcome.DROPPED, "the mail server hung up before it took or refused the mail"


def _mail_step(step: Callable[..., Any]) -> Callable[..., Any]:
    """Around connect, starttls and login: failures in which the server says nothing."""

    @wraps(step)
    def listened(self: smtplib.SMTP, *args: Any, **kwargs: Any) -> Any:
        try:
            return step(self, *args, **kwargs)
        except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
            raise  # heard already, as a reply or as a missing one
        except Exception as error:
            answers = _listener.get()
            if answers is not None:
                words = _root(list(_chain(error)))
                answers.add(Outcome.RETRY, f"{_STEPS[step.__name__]}: {words}")
            raise

    return listened


def _meaning(body: str) -> Outcome:
    """What an answer means that looked good by its status and was none."""
    try:
        said = json.loads(body)
    except ValueError:
        return Outcome.UNKNOWN
    if isinstance(said, dict) and (said.get("ok") is False or said.get("error")):
        return Outcome.RETRY if said.get("error") in _PASSING else Outcome.REFUSED
    return Outcome.UNKNOWN


def _retry_after(headers: Any) -> timedelta | None:
    """Retry-After, in seconds or as a date; a date is counted from the server's own clock."""
    said = headers.get("Retry-After", "").strip()
    if said.isdecimal() and said.isascii():
        return timedelta(seconds=min(int(said), 10**7))
    until, date = _date(said), _date(headers.get("Date", ""))
    if until is None or date is None:
        return None
    return max(until - date, timedelta(0))


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, the first cause last."""
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__


def _root(chain: list[BaseException]) -> str:
    """The first cause in the system's words; never an error's own text, which names addresses."""
    root = chain[-1]
    if isinstance(root, TimeoutError):
        return "timed out"
    if isinstance(root, smtplib.SMTPNotSupportedError):
        return str(root)
    return str(getattr(root, "strerror", None) or type(root).__name__)

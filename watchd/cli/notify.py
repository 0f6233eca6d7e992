"""`watchd notify test`: does an alert arrive?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import console, now, session
from watchd.errors import EXIT_PROBLEM, WatchdError

if TYPE_CHECKING:
    from watchd.model import Alert

EXAMPLES = "\b\nExample:\n  watchd notify test"

# What to do about the words of providers that people meet most; they say what, not what to do.
_ADVICE = (
    (r"\bnot_in_channel\b", "the app is no member of this channel: write /invite in it"),
    (r"\bchannel_not_found\b", "there is no such channel, or the app may not see it"),
    (r"\b(?:invalid_auth|token_revoked|account_inactive|not_authed)\b", "the token is not good"),
    (r"\bmissing_scope\b", "the app may not do this: give it the scope chat:write"),
    (r"\b(?:no_service|invalid_token)\b", "this webhook was removed: make a new one"),
    (r"^535\b", "the name or the password is not taken; many providers want an app password"),
    (r"^55[0-4]\b", "the server refuses this sender or this recipient: see what it says"),
    (r"^40[13]\b", "the token, or what it may do, is not good"),
    (r"^(?:404|410)\b", "nothing is at this address any more: make a new webhook"),
    (r"^could not (?:connect|reach)", "nobody answers there: check host, port and firewall"),
)

app = typer.Typer(rich_markup_mode=None, help="Try the receivers.", no_args_is_help=True)


@app.callback()
def notify() -> None:
    """Try the receivers."""


@app.command("test", epilog="\b\nExamples:\n  watchd notify test\n  watchd notify test desk-slack")
def notify_test(
    receiver: Annotated[str, typer.Argument(metavar="[RECEIVER]", help="One; else all.")] = "",
    _config: ConfigFile = "",
) -> None:
    """Send the newest hit as a trial alert, and print what the provider answers."""
    from watchd.desk import deliver, receivers_of
    from watchd.model import Outcome
    from watchd.tomlfile import nearest

    session().start_log()
    receivers = receivers_of(session().config())
    if receiver and receiver not in receivers:
        guess = nearest(receiver, receivers)
        hint = f"; did you mean '{guess}'?" if guess else ""
        raise WatchdError(f"there is no receiver '{receiver}' in config.toml{hint}")
    chosen = [receivers[receiver]] if receiver else list(receivers.values())
    endpoints = [endpoint for one in chosen for endpoint in one.endpoints]
    if not endpoints:
        raise WatchdError("config.toml has no [[receiver]] yet; see the examples in it")
    out, failed, alert = console(), 0, _trial()
    for endpoint in endpoints:
        result = deliver(endpoint, alert)
        good = result.outcome is Outcome.SENT
        failed += not good
        out.print(f"{'sent' if good else result.outcome.value:8} {endpoint.name}  {result.detail}")
        if not good and (advice := _advice(result.detail)):
            out.print(f"{'':8} {advice}")
    if failed:
        raise typer.Exit(EXIT_PROBLEM)


def _trial() -> Alert:
    """The newest hit, as the alert it is or would be, marked as a test; else one made up."""
    from watchd.render.sample import sample_alert
    from watchd.store import NoDatabase, archive
    from watchd.store.around import behind
    from watchd.values import replace

    publishers = {feed.name: feed.publisher for feed in session().config().feeds}
    try:
        with session().store() as store:
            found = store.read(archive.list_hits, limit=1)
            stories = store.read(behind, found[0], publishers) if found else ()
    except NoDatabase:
        found = []
    if not found:
        return sample_alert(now())
    source = found[0].stored.feed
    console(stderr=True).print(f"the message is that of hit {found[0].id}, marked as a test")
    alert = found[0].alert(publisher=publishers.get(source, source), behind=stories)
    return replace(alert, sample=True)


def _advice(detail: str) -> str:
    """What to do about a provider's words; "" where they say enough."""
    said = detail.removeprefix("answered: ")
    return next((advice for words, advice in _ADVICE if re.search(words, said)), "")

"""`watchd silence`: hits that are kept, and not sent, for a while."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.saying import By, author, sentence
from watchd.cli.session import MOST, ago, console, iso, now, number, print_json, session
from watchd.errors import WatchdError

if TYPE_CHECKING:
    from watchd.config import Config
    from watchd.model.triage import Matcher, Silence

EXAMPLES = (
    "\b\nExample:\n"
    '  watchd silence add rule=dprk/party-congress -d 3d -c "congress week, we watch it live"'
)

_LONGEST = timedelta(days=366)

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Keep hits back for a while, with a reason.",
)


@app.callback()
def default(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Keep hits back for a while, with a reason. Alone it lists what is in force."""
    if ctx.invoked_subcommand is None:
        list_(everything=everything, as_json=as_json)


@app.command(
    "add",
    epilog="\b\nExamples:\n"
    "  watchd silence add 'rule=dprk/*' 'source=kcna*' -d 4h -c 'their site repeats the year'\n"
    '  watchd silence add words="party congress" --until 2026-02-01T08:00 -c "live team" --by Kim',
)
def add(
    matchers: Annotated[
        list[str],
        typer.Argument(metavar="MATCHER…", help="rule=, tag=, source=, words=; all must fit."),
    ],
    reason: Annotated[
        str, typer.Option("--comment", "-c", metavar="TEXT", help="The reason; it is needed.")
    ] = "",
    lasts: Annotated[
        str, typer.Option("--duration", "-d", metavar="SPAN", help="For so long: 30m, 4h, 3d.")
    ] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help="Until then: 2026-02-01T08:00.")
    ] = "",
    by: By = "",
    critical: Annotated[
        bool, typer.Option("--critical", help="Keep back what is critical, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: Annotated[str, typer.Option("--config", metavar="FILE", help="See `watchd`.")] = "",
) -> None:
    """Keep back hits that fit, until an end that has to be named. They are stored all the same."""
    from watchd.holding.silences import matcher
    from watchd.model.triage import Silence
    from watchd.store import silences

    if _config:
        session().config_file = _config
    if not reason.strip():
        raise typer.BadParameter('say why: -c "…"', param_hint="--comment")
    if reason.strip().endswith(".toml"):
        said = f"is '{reason}' the reason? Behind `silence add` the config file is --config"
        raise typer.BadParameter(said, param_hint="-c")
    moment, config = now(), session().config()
    wanted = tuple(matcher(one) for one in matchers)
    silence = Silence(
        matchers=wanted,
        reason=sentence(reason, "--comment"),
        by=author(by),
        critical=critical,
        created_at=moment,
        ends_at=_end(lasts, until, moment, config),
    )
    with session().store() as store:
        made = store.write(silences.add, silence)
    for remark in _in_vain(wanted, config):
        console(stderr=True).print(remark)
    if as_json:
        print_json({"id": made, "matchers": list(matchers), "ends": iso(silence.ends_at)})
        return
    end = silence.ends_at.astimezone(config.notify.zone)
    console().print(f"silence {made}: {silence.told} until {end:%a %Y-%m-%d %H:%M %Z}")


def _end(lasts: str, until: str, moment: datetime, config: Config) -> datetime:
    if bool(lasts) == bool(until):
        raise typer.BadParameter("say when it ends: one of -d 4h and --until 2026-02-01T08:00")
    if lasts:
        from watchd.config.values import Wrong, duration

        try:
            end = moment + duration(lasts)
        except Wrong:
            said = f"'{lasts}' is no span like 30m, 4h or 3d"
            raise typer.BadParameter(said, param_hint="--duration") from None
    else:
        try:
            end = datetime.fromisoformat(until)
        except ValueError:
            said = f"'{until}' is no time like 2026-02-01T08:00"
            raise typer.BadParameter(said, param_hint="--until") from None
        end = end if end.tzinfo else end.replace(tzinfo=config.notify.zone)
        if end <= moment:
            raise typer.BadParameter(f"{until} is over", param_hint="--until")
    if end > moment + _LONGEST:
        raise typer.BadParameter("a silence lasts a year at most: name an earlier end")
    return end


def _in_vain(matchers: Iterable[Matcher], config: Config) -> Iterable[str]:
    """Remarks on what nothing fits, which is mostly a slip."""
    from fnmatch import fnmatchcase

    from watchd.rules.files import rule_files

    for one in matchers:
        names: list[str] = []
        if one.key == "rule":
            names = [name for name, _ in rule_files(config.rules_dir)]
        elif one.key == "source":
            names = [feed.name for feed in config.feeds]
        else:
            continue
        if not any(fnmatchcase(name, one.value) for name in names):
            what = "rule" if one.key == "rule" else "feed"
            yield f"remark: there is no {what} like '{one.value}' now"


@app.command("list", epilog="\b\nExample:\n  watchd silence list --all --json")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    _config: ConfigFile = "",
) -> None:
    """List the silences in force, and how many hits each has kept back."""
    from rich.table import Table

    from watchd.store import silences

    reference = now()
    with session().store() as store:
        found = store.read(silences.list_silences, now=None if everything else reference)
    if as_json:
        print_json([silence_json(one) for one in found])
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("silence", "keeps back", "critical", "ends", "by", "why", "kept"):
        table.add_column(name)
    for one in found:
        table.add_row(
            str(one.id),
            one.told,
            "too" if one.critical else "no",
            ago(one.ends_at, reference),
            one.by,
            one.reason,
            number(one.kept, "hit"),
        )
    console().print(table if found else "nothing is silenced")


def silence_json(one: Silence) -> dict[str, object]:
    """One element of `silence list --json`."""
    return {
        "id": one.id,
        "matchers": [{"key": it.key, "value": it.value} for it in one.matchers],
        "critical": one.critical,
        "reason": one.reason,
        "by": one.by,
        "created": iso(one.created_at),
        "ends": iso(one.ends_at),
        "kept": one.kept,
    }


@app.command("expire", epilog="\b\nExample:\n  watchd silence expire 3")
def expire(
    silence: Annotated[int, typer.Argument(metavar="SILENCE", min=1, max=MOST)],
    _config: ConfigFile = "",
) -> None:
    """End a silence now. The next message says what it kept back."""
    from watchd.store import silences

    with session().store() as store:
        ended = store.write(silences.expire, silence, now())
        known = store.read(silences.list_silences, ids=[silence])
    if not ended:
        said = "has ended already" if known else "is not there"
        raise WatchdError(f"silence {silence} {said}; see `watchd silence list --all`")
    kept = number(known[0].kept, "hit")
    console().print(f"silence {silence} has ended; it kept back {kept}")

"""`watchd db`: copies of the database, and whether it is well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from watchd.cli.options import ConfigFile
from watchd.cli.session import console, now, session, since
from watchd.errors import EXIT_PROBLEM, WatchdError

EXAMPLES = "\b\nExample:\n  watchd db backup"

app = typer.Typer(rich_markup_mode=None, help="Keep the database safe.", no_args_is_help=True)


@app.callback()
def db() -> None:
    """Keep the database safe."""


@app.command(
    "backup",
    epilog=(
        "\b\nExamples:\n"
        "  watchd db backup\n"
        "  watchd db backup /backup/watchd.db\n"
        "  watchd db backup --keep 30     the newest thirty, as for a timer"
    ),
)
def backup(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Else beside the database.")] = "",
    keep: Annotated[
        int, typer.Option("--keep", min=1, help="How many copies stay of those without a FILE.")
    ] = 7,
    _config: ConfigFile = "",
) -> None:
    """Write a whole copy of the database; watchd may run meanwhile."""
    from watchd.store import copies

    path = copies.sqlite_file(session().config().database_url)
    target = Path(file) if file else copies.default_name(path, now())
    size = copies.copy(path, target)
    typer.echo(f"{target}: {size:,} bytes, one moment of {path.name}, complete")
    for old in copies.older(path, keep) if not file else ():
        old.unlink(missing_ok=True)
        typer.echo(f"{old}: removed, {keep} newer ones are there")


@app.command("restore", epilog="\b\nExample:\n  watchd db restore /backup/watchd.db")
def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A copy that `backup` made.")],
    _config: ConfigFile = "",
) -> None:
    """Put a copy in the place of the database; the old one is kept. Stop watchd first."""
    from watchd.store import copies
    from watchd.store.engine import file_of

    url = session().config().database_url
    path = file_of(url) or copies.sqlite_file(url)
    kept = copies.restore(path, Path(file), now())
    typer.echo(f"{path}: restored from {file}")
    if kept is not None:
        typer.echo(f"{kept}: the database that was here; remove it when all is well")


@app.command("check", epilog="\b\nExample:\n  watchd db check /backup/watchd.db")
def check(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="A copy; else ours.")] = "",
    _config: ConfigFile = "",
) -> None:
    """Read all of the database, and tell whether it is whole. Exit code 1 if it is not."""
    from watchd.store import copies
    from watchd.store.schema import SCHEMA_VERSION
    from watchd.store.troubles import DatabaseError

    path = Path(file) if file else copies.sqlite_file(session().config().database_url)
    if not path.is_file():
        raise DatabaseError(f"{path}: there is no such file")
    found = copies.look(path)
    for problem in found.problems:
        typer.echo(f"{path}: {problem}")
    if found.problems:
        typer.echo("put a copy back: watchd db restore FILE", err=True)
        raise typer.Exit(EXIT_PROBLEM)
    is_ours = found.version == SCHEMA_VERSION
    note = "" if is_ours else f"; this watchd has {SCHEMA_VERSION}"
    typer.echo(f"{path}: whole, format {found.version}{note}")
    if found.is_newer:
        typer.echo("it was written by a newer watchd: pip install --upgrade watchd", err=True)
        raise typer.Exit(EXIT_PROBLEM)


@app.command("migrate", epilog="\b\nExample:\n  watchd db migrate")
def migrate(_config: ConfigFile = "") -> None:
    """Bring the database to the format of this watchd, after a copy. `run` does so by itself."""
    from watchd.store import copies, open_store
    from watchd.store.engine import locked
    from watchd.store.schema import SCHEMA_VERSION

    url = session().config().database_url
    path = copies.sqlite_file(url)
    with locked(path.with_name(path.name + ".lock")):
        before = copies.version_of(path)
        open_store(url, create=False).close()
    if before == SCHEMA_VERSION:
        typer.echo(f"{path}: has format {before}, the newest; nothing to do")
        return
    typer.echo(f"{path}: format {before} before, {SCHEMA_VERSION} now")
    typer.echo(f"{path}.before-{SCHEMA_VERSION}: the database as it was")


@app.command(
    "prune",
    epilog=(
        "\b\nExamples:\n"
        "  watchd db prune                  as [store] in config.toml says\n"
        "  watchd db prune --keep 2026-01-31 --keep-hits 730d"
    ),
)
def prune(
    keep: Annotated[
        str, typer.Option("--keep", help="Forget items without a hit from before: 90d, or a day.")
    ] = "",
    keep_hits: Annotated[
        str, typer.Option("--keep-hits", help="Forget hits, with their items, from before.")
    ] = "",
    _config: ConfigFile = "",
) -> None:
    """Forget what is old now, in small steps; watchd may run meanwhile."""
    from watchd.desk import evidence_folder
    from watchd.store import pruning
    from watchd.upkeep import forget_records

    here, moment = session(), now()
    kept = here.config().store
    if keep or keep_hits:
        of_items = since(keep, moment, "--keep")
        bounds = pruning.Bounds(items=of_items, hits=since(keep_hits, moment, "--keep-hits"))
    else:
        found = pruning.bounds(moment, keep=kept.keep, keep_hits=kept.keep_hits)
        if found is None:
            typer.echo("everything is kept: [store] in config.toml has no `keep`; see --keep")
            return
        bounds = found
    talk = console(stderr=True)
    gone = 0
    with here.store() as store, talk.status("Forgetting") as status:
        for done in pruning.prune(store, bounds):
            gone += done.items
            status.update(f"Forgetting: {gone:,} items")
        try:
            folder = evidence_folder(here.config(), store)
            freed = forget_records(store, folder, bounds, moment)
        except OSError as error:
            raise WatchdError(f"an old WARC file cannot be removed: {error}") from None
    typer.echo(f"{gone:,} items forgotten; what their feeds still show, and the newest, stays")
    if freed:
        typer.echo(f"WARC files without a hit that is kept: {freed / 1e6:,.1f} MB removed")

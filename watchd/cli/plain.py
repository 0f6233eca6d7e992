"""`watchd run` as cron and systemd call it, without the library of the command line.

That takes a tenth of a round to import. Whatever is not as plain as can be, help and slips with
it, is left to the library: this understands a part of what it does, and that part the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchd.cli.session import begin
from watchd.errors import EXIT_PROBLEM
from watchd.values import Struct

_INTERRUPTED = 130


class Asked(Struct, frozen=True, kw_only=True):
    """What `run` is asked for."""

    config_file: str = ""
    verbosity: int = 0
    once: bool = False


def run(words: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """Do it. Returns the exit code; None when this is not plainly `run`. Raises WatchdError."""
    if (asked := read(words)) is None or "_WATCHD_COMPLETE" in environ:
        return None
    from watchd.cli.rounds import start

    begin(config_file=asked.config_file, verbosity=asked.verbosity)
    try:
        return start(once=asked.once, dry_run=False)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # nobody reads what is told
        return EXIT_PROBLEM


def read(words: Sequence[str]) -> Asked | None:
    """What the arguments ask of `run`; None where they might mean anything else."""
    config_file, behind, flags = "", False, set[str]()
    rest = iter(words)
    for word in rest:
        if word in ("-c", "--config"):
            value = next(rest, "")
            if not value or value.startswith("-"):
                return None
            config_file = value
        elif word == "run" and not behind:
            behind = True
        elif word in (("--once",) if behind else ("-v", "--verbose", "-q", "--quiet")):
            flags.add(word.lstrip("-")[0])
        else:
            return None
    if not behind:
        return None
    return Asked(
        config_file=config_file,
        verbosity=("v" in flags) - ("q" in flags),
        once="o" in flags,
    )

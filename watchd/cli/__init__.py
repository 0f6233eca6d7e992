"""The command line. Data goes to stdout, talk to stderr; each verb is a module of its own.

The modules import what they need inside their functions: `hits` need not wait for what `run`
needs, and `--help` for nothing. `run` as cron and systemd call it does without typer (plain.py).
"""

from __future__ import annotations

import atexit
import errno
import gc
import io
import os
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from watchd.cli import plain
from watchd.cli.session import talk
from watchd.errors import EXIT_OK, EXIT_PROBLEM, FileProblems, WatchdError


def main() -> None:
    """Run the command line; ends the process with the code that docs/design.md gives it."""
    gc.set_threshold(20_000, 20, 50)  # imports make much that stays, and little garbage
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # feeds speak more than some terminals
    try:
        _run()
    except SystemExit as ending:
        _leave(ending)


def _run() -> NoReturn:
    try:
        if (code := plain.run(sys.argv[1:], os.environ)) is not None:
            sys.exit(code)
        _any_verb(sys.argv[1:])
    except FileProblems as error:
        talk(str(error))
        sys.exit(error.exit_code)
    except WatchdError as error:
        talk(f"watchd: {error}")
        sys.exit(error.exit_code)
    except OSError as error:  # what is asked of files is answered for by each verb
        if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
            raise
        talk(f"watchd: the output cannot be written: {error.strerror}")
        sys.stdout = io.StringIO()  # what is left in it cannot be written either
        sys.exit(EXIT_PROBLEM)
    sys.exit(EXIT_OK)


def _any_verb(words: Sequence[str]) -> None:
    from watchd.cli.app import VERBS, command_line

    # Whatever word is a verb may be the one meant; without any, help and suggestions need all.
    asked = [word for word in VERBS if word in words]
    command_line(asked or VERBS)(prog_name="watchd")


def _leave(ending: SystemExit) -> NoReturn:
    """End the process at once, where nothing is left to do but to free its memory.

    To take half a thousand modules down one object at a time is a tenth of a short run.
    """
    code, looked_at = ending.code, sys.gettrace() or sys.getprofile()
    if not isinstance(code, int) or threading.active_count() > 1 or looked_at:
        raise ending
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # which Python has its own way to tell of
        raise ending from None
    os._exit(code)

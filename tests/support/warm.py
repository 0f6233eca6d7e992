"""Becomes a process of watchd for each order it gets: forked, so that imports are paid once.

An order is one line of JSON on stdin: {"words", "folder", "environ", "stdout", "stderr"}, the
last two names of files. The answer is a line with the exit code, below 0 for a signal's.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

import watchd
from watchd import cli

PATIENCE = 60  # seconds for one verb
# What our modules import only when they come to it, and most verbs do come to it.
LAZY = ("apprise", "feedparser", "httpx", "rich.console", "rich.progress", "rich.table")


def become(order: dict[str, Any]) -> None:
    """Take on the arguments, folder, environment and streams of a process of its own."""
    signal.alarm(PATIENCE)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    time.tzset()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(order[name], os.O_WRONLY), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = ["watchd", *order["words"]]


def end_early(run: Callable[[], None]) -> NoReturn:
    """Run to the end and leave, without taking all modules apart: that would copy their memory."""
    code: Any = 0
    try:
        run()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Serve until stdin ends."""
    for module in pkgutil.walk_packages(watchd.__path__, "watchd."):
        if not module.name.startswith(("watchd.__main__", "watchd.store.migrations")):
            import_module(module.name)
    for name in LAZY:
        import_module(name)
    assert threading.active_count() == 1  # a fork takes no other thread along
    gc.freeze()
    answers = sys.stdout
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            become(json.loads(line))
            end_early(cli.main)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    main()

"""Imports go inwards only; each library has one home; only the shells read the clock.

The table below is the one in docs/design.md. A module imports from the layers beneath its own,
and from its own unit: an edge never imports an edge, a story never a story. The pure modules of
layer 1, which have neither I/O nor a clock, may build on one another, without a circle.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "watchd"

LAYERS = {
    -1: "values",
    0: "model errors log+journal",
    1: "tables letters text language tomladvice tomlcursor tomlscan tomlplain tomlfile timing "
    "routing scoring hostqueue gathering guard headers body response addedlines parse polling "
    "rules render judging holding stories overdue overtime words indicators chain report",
    2: "config fetch+exchange+http11+connection parser robots sitemaps store send+answers+dressing "
    "systemd demo metrics listener evidence+warc",
    3: "check+sources+lookback windows reading notify waiting status inforce adding search "
    "heartbeat configdiff saves followups board+briefing evaluate "
    "vocabulary",
    4: "desk",
    5: "backtest checks readings sends reloads ticks vitals answering exports evaluations upkeep "
    "wordreports clockjumps tally",
    6: "daemon",
    7: "cli",
    8: "__main__",
}
UNITS = {
    module: (layer, unit)
    for layer, units in LAYERS.items()
    for unit in units.split()
    for module in unit.split("+")
}

HOMES = {
    "msgspec": ["values", "parse.wire", "rules.packed"],
    "httpx": ["fetch", "exchange"],
    "h11": ["http11"],
    "httpcore": ["exchange", "http11"],
    "feedparser": ["parse.feed"],
    "selectolax": ["parse.html", "parse.page"],
    "protego": ["robots"],
    "trafilatura": ["parse.article"],
    "ahocorasick_rs": ["rules.index"],
    "pydantic": ["tables.models", "config.refused", "rules.keys"],
    "sqlalchemy": ["store"],
    "alembic": ["store"],
    "sqlite3": ["store"],
    "apprise": ["send"],
    "requests": ["answers"],  # Apprise's own: where its plug-ins speak, answers listen
    "urllib3": ["answers"],
    "smtplib": ["answers"],
    "apscheduler": ["ticks"],
    "inotify_simple": ["saves"],
    "prometheus_client": ["metrics"],
    "tldextract": ["polling.politeness"],
    "warcio": ["warc"],
    "typer": ["cli"],
    "rich": ["cli"],
    "jinja2": ["report.pages"],
    "markupsafe": ["report.pages"],
}

# The bundled site dates its news, as any publisher does.
CLOCKS = {"daemon", "clockjumps", "ticks", "cli.session", "demo.site"}
READS = {"now", "utcnow", "today", "time", "time_ns", "gmtime", "localtime"}


def name_of(path: Path) -> str:
    """watchd/store/feeds.py is "store.feeds", watchd/store/__init__.py is "store"."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES.pop("__init__")  # the version, for everybody


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """What a module imports: "watchd.store.feeds" for our own, "sqlalchemy" for a library's."""
    return frozenset(_imports(module))


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are written in full"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                known = name.removeprefix("watchd.") in MODULES
                yield name if known else str(node.module)


def own_imports(module: str) -> set[str]:
    names = {name for name in imports(module) if name.startswith("watchd.")}
    return {name.removeprefix("watchd.") for name in names}


def test_every_module_has_its_layer() -> None:
    assert {module.partition(".")[0] for module in MODULES} == set(UNITS)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_inwards(module: str) -> None:
    layer, unit = UNITS[module.partition(".")[0]]
    for other in own_imports(module):
        beneath, other_unit = UNITS[other.partition(".")[0]]
        allowed = beneath < layer or other_unit == unit or beneath == layer == 1
        assert allowed, f"{module} (layer {layer}) imports {other} (layer {beneath})"


def test_no_module_imports_itself_by_a_detour() -> None:
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join([*way[way.index(module) :], module])
        if module not in done:
            for other in own_imports(module) & set(MODULES):
                visit(other, (*way, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library: str) -> None:
    users = {m for m in MODULES if library in {name.partition(".")[0] for name in imports(m)}}
    strangers = {
        module
        for module in users
        if not any(module == home or module.startswith(f"{home}.") for home in HOMES[library])
    }
    assert users
    assert strangers == set()


def test_every_library_is_one_we_know_and_the_nouns_need_none() -> None:
    for module in MODULES:
        names = {name.partition(".")[0] for name in imports(module)}
        libraries = names - set(sys.stdlib_module_names) - {"watchd"}
        assert libraries <= set(HOMES), module
        if UNITS[module.partition(".")[0]][0] == 0:
            assert libraries == set(), module


def test_only_the_shells_read_the_clock() -> None:
    """A story is told the time. (A monotonic clock, which only measures, is for everybody.)"""
    readers = {
        module
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("datetime", "date", "time")
        and node.func.attr in READS
    }
    assert readers == CLOCKS


def test_the_design_shows_these_layers() -> None:
    docs = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    (drawing,) = re.findall(r"```text\n(watchd/\n[\s\S]*?)```", docs)
    shown = dict[str, int]()
    layer = 8
    for line in drawing.splitlines()[1:]:
        if number := re.match(r" *(-?\d) ", line):
            layer = int(number[1])
        shown |= dict.fromkeys(re.findall(r"(\w+)(?:\.py|/)", line), layer)
    assert shown == {module: layer for module, (layer, _) in UNITS.items()}

"""Statements that are run over and over, straight by the driver.

SQLAlchemy writes the SQL and knows how each column is kept. Run its own way, a statement costs
several times what SQLite takes for the row; here that is worked out once for each statement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect

from watchd.values import Struct


class _Prepared(Struct, frozen=True):
    sql: str
    keeps: tuple[tuple[str, Callable[[Any], Any] | None], ...]  # each value, and what is made of it
    fixed: Mapping[str, Any]  # what the statement itself says
    positional: bool

    def kept(self, row: Mapping[str, Any]) -> Any:
        """The values of a row as the driver is handed them."""
        row = {**self.fixed, **row} if self.fixed else row
        values = [row[name] if keep is None else keep(row[name]) for name, keep in self.keeps]
        if self.positional:
            return tuple(values)
        return {name: value for (name, _), value in zip(self.keeps, values, strict=True)}


def run(db: Connection, statement: Any, *rows: Mapping[str, Any]) -> CursorResult[Any]:
    """Run a statement for each row, of which all have the same names.

    The statement has to be the same object each time, and may have no lists of values.
    """
    made = _prepared(db.dialect, statement, tuple(rows[0]))
    kept = [made.kept(row) for row in rows]
    return db.exec_driver_sql(made.sql, kept if len(kept) > 1 else kept[0])


@cache
def _prepared(dialect: Dialect, statement: Any, names: tuple[str, ...]) -> _Prepared:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    order = compiled.positiontup if compiled.positional else list(binds)
    keeps = ((name, _keep(binds[name].type, dialect)) for name in order)
    return _Prepared(
        sql=str(compiled),
        keeps=tuple(keeps),
        fixed={name: compiled.params[name] for name in order if name not in names},
        positional=compiled.positional,
    )


def _keep(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    found: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found

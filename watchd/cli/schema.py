"""`watchd schema`: the JSON Schema of rule files or of config.toml for editors, of alerts for
programs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

import watchd
from watchd.cli.options import ConfigFile

EXAMPLES = "\b\nExample:\n  watchd schema rule > rule.schema.json"
_SCHEMAS = Path(watchd.__file__).parent / "schemas"


def schema(
    kind: Annotated[
        Literal["rule", "config", "alert"],
        typer.Argument(
            metavar="rule|config|alert",
            help="Of rule files, of config.toml, or of what json:// receivers get.",
        ),
    ],
    _config: ConfigFile = "",
) -> None:
    """Print a JSON Schema: by it an editor completes, explains and checks keys."""
    sys.stdout.write(schema_text(kind))


def schema_text(kind: str) -> str:
    """The schema as shipped; `kind` is "rule", "config" or "alert"."""
    return (_SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8")


def copy_schemas(folder: Path) -> None:
    """Put the schemas into the desk in `folder`, and their line on top of its files."""
    ours = folder / ".schema"
    ours.mkdir(exist_ok=True)
    for kind in ("rule", "config"):
        (ours / f"{kind}.schema.json").write_text(schema_text(kind), encoding="utf-8")
    for path in (folder / "config.toml", *(folder / "rules").rglob("*.toml")):
        kind = "config" if path.parent == folder else "rule"
        up = "../" * len(path.parent.relative_to(folder).parts)
        line = f"#:schema {up}.schema/{kind}.schema.json\n"
        path.write_text(line + path.read_text(encoding="utf-8"), encoding="utf-8")

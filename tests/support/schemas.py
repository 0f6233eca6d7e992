"""The JSON Schemas in watchd/schemas, made from the models that read the files.

After a change of a model:  python -m tests.support.schemas
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from watchd.config import schema as config
from watchd.rules import schema as rules
from watchd.tables.models import model_of
from watchd.values import fields

FOLDER = Path(__file__).parents[2] / "watchd" / "schemas"
KINDS: dict[str, tuple[str, type[BaseModel]]] = {
    "rule": ("A rule of watchd.", model_of(rules.RuleFile)),
    "config": ("The config.toml of watchd.", model_of(config.File)),
}
WRITTEN = {"rule": rules, "config": config}  # the modules that say what each key is for


def generated(kind: str) -> str:
    """The text of the schema of this kind of file."""
    meaning, model = KINDS[kind]
    schema = _plain(model.model_json_schema(), descriptions(WRITTEN[kind]))
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": meaning}
    text = json.dumps({**head, **schema}, ensure_ascii=False, indent=2)
    # What editors know best is draft 7, where these have another name.
    return text.replace('"$defs"', '"definitions"').replace("#/$defs/", "#/definitions/") + "\n"


def descriptions(module: Any) -> dict[str, dict[str, str]]:
    """The docstring below each field of each table, by the table's name and the key."""
    found = {}
    for table in vars(module).values():
        if not inspect.isclass(table) or table.__module__ != module.__name__:
            continue
        of_table = {}
        for ancestor in reversed(table.__mro__):
            if ancestor.__module__ == module.__name__:
                of_table |= _docstrings(ancestor)
        keys = {one.name: one.encode_name for one in fields(table)}
        found[table.__name__] = {keys[name]: text for name, text in of_table.items()}
    return found


def _docstrings(model: type) -> dict[str, str]:
    (tree,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(tree, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(below.value.value).replace("\n", " ")
        for field, below in pairwise(tree.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


def _plain(schema: dict[str, Any], told: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Without what is for programs: names made up from keys, null (which TOML has not)."""
    told_here = told.get(schema.pop("title", ""), {})
    choice = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(choice) == 1:
        del schema["anyOf"]
        schema |= choice[0]
    default = schema.get("default")
    as_in_a_file = re.search(schema.get("pattern", ""), str(default))  # and not PT1H for "1h"
    if default in (None, "", []) or "$ref" in schema or not as_in_a_file:
        schema.pop("default", None)
    for key, inner in schema.get("properties", {}).items():
        schema["properties"][key] = _plain(inner, told)
        if key in told_here:
            schema["properties"][key] = {"description": told_here[key], **inner}
    for name, inner in schema.get("$defs", {}).items():
        schema["$defs"][name] = _plain(inner, told)
    if isinstance(schema.get("items"), dict):
        schema["items"] = _plain(schema["items"], told)
    return schema


if __name__ == "__main__":
    for kind in KINDS:
        (FOLDER / f"{kind}.schema.json").write_text(generated(kind), encoding="utf-8")

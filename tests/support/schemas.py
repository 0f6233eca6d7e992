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

FOLDER = Path(__file__).parents[2] / "watchd" / "schemas"
KINDS: dict[str, tuple[str, type[BaseModel]]] = {
    "rule": ("A rule of watchd.", rules.RuleFile),
    "config": ("The config.toml of watchd.", config.File),
}


def generated(kind: str) -> str:
    """The text of the schema of this kind of file."""
    meaning, model = KINDS[kind]
    schema = _plain(model.model_json_schema(), descriptions(inspect.getmodule(model)))
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": meaning}
    text = json.dumps({**head, **schema}, ensure_ascii=False, indent=2)
    # What editors know best is draft 7, where these have another name.
    return text.replace('"$defs"', '"definitions"').replace("#/$defs/", "#/definitions/") + "\n"


def descriptions(module: Any) -> dict[str, dict[str, str]]:
    """The docstring below each field of each model, by the model's name and the key."""
    found = {}
    for model in vars(module).values():
        if inspect.isclass(model) and issubclass(model, BaseModel) and model is not BaseModel:
            of_model = {}
            for ancestor in reversed(model.__mro__):
                if ancestor.__module__ == module.__name__:
                    of_model |= _docstrings(ancestor)
            aliases = {name: field.alias or name for name, field in model.model_fields.items()}
            found[model.__name__] = {aliases[name]: text for name, text in of_model.items()}
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

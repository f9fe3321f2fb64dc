"""The relational expressions as Spark SQL, for clusters that speak Spark Connect."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
from ibis.expr.datatypes import string

from interactions.analytics.cluster.errors import KeyRefused
from interactions.analytics.engine import MOMENT


@ibis.udf.scalar.builtin(signature=(("string", "string"), "string"))
def get_json_object(text: Any, path: Any) -> Any:
    """What stands at a path of a text of JSON: texts without their quotes, all else as it is written."""


@ibis.udf.scalar.builtin(signature=((MOMENT,), "int64"))
def unix_micros(moment: Any) -> Any:
    """Microseconds since 1970."""


@ibis.udf.scalar.builtin(signature=(("array<string>", "int64"), "string"))
def try_element_at(texts: Any, place: Any) -> Any:
    """A text of a list, by its place from 1; null beyond its end, where ``element_at`` fails."""


def sql_of(expression: ibis.Table) -> str:
    """Its SQL; tables in memory and those that aren't bound go by their names. Raises KeyRefused."""
    _load_options()
    return str(ibis.to_sql(expression.op().replace(_in_spark).to_expr(), dialect="pyspark"))


def tables_in_memory(expression: ibis.Table) -> dict[str, pa.Table]:
    """The small tables that the expression joins, by their names."""
    found = expression.op().find(ops.InMemoryTable)
    return {node.name: node.data.to_pyarrow(node.schema) for node in found}


def tables_by_name(expression: ibis.Table) -> set[str]:
    """The names of the tables that aren't bound to anything."""
    return {node.name for node in expression.op().find(ops.UnboundTable)}


def _in_spark(node: ops.Node, kwargs: Mapping[str, Any] | None) -> ops.Node:
    """JSON is a text there, and is looked into by paths; moments are numbers without being written as texts first."""
    given = dict(kwargs) if kwargs is not None else dict(zip(node.__argnames__, node.__args__, strict=True))
    if isinstance(node, ops.UnwrapJSONString) or (isinstance(node, ops.Cast) and node.to.is_json()):
        return given["arg"]
    if isinstance(node, ops.Cast) and node.arg.dtype.is_json() and node.to == string:
        return given["arg"]
    if isinstance(node, ops.Add) and isinstance(node.right, ops.Cast) and isinstance(node.right.arg, ops.Strftime):
        return unix_micros(given["right"].arg.arg.to_expr()).op()  # relational.moments.microseconds
    if isinstance(node, ops.CountStar) and node.where is not None:
        return node.__recreate__(given).to_expr().fill_null(0).op()  # compiled as a sum, which is null of no rows
    if isinstance(node, ops.ArrayIndex) and node.arg.dtype.value_type.is_string():
        return try_element_at(given["arg"].to_expr(), given["index"].to_expr() + 1).op()
    if isinstance(node, ops.JSONGetItem) and isinstance(node.index, ops.Literal):
        return get_json_object(given["arg"].to_expr(), _path(_key(str(node.index.value)))).op()
    return node if kwargs is None else node.__recreate__(given)


def _key(step: str) -> str:
    """The key that a step names, which can be a JSON pointer."""
    return step[1:].replace("~1", "/").replace("~0", "~") if step.startswith("/") else step


def _path(key: str) -> str:
    if key == "*":
        raise KeyRefused
    if not set(key) & set(".["):
        return f"$.{key}"
    if not set(key) & set("'?"):
        return f"$['{key}']"
    raise KeyRefused


@cache
def _load_options() -> None:
    """Naming the backend registers the options that its compiler reads."""
    ibis.pyspark  # noqa: B018

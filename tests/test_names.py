"""One meaning per name: a class name says which class is meant, wherever it's read."""

import ast
from collections import defaultdict

from tests.processes import HOUSE

_GIVEN_BY_DJANGO = {"Command", "Migration"}


def test_no_two_public_classes_share_a_name() -> None:
    modules = defaultdict(list)
    for package in ("dojo", "interactions"):
        for path in sorted((HOUSE / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    modules[node.name].append(str(path.relative_to(HOUSE)))
    shared = {name: paths for name, paths in modules.items() if len(paths) > 1 and name not in _GIVEN_BY_DJANGO}
    assert modules
    assert not shared

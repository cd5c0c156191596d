"""Modules import each other in one direction: no circle, be it for types or within a function."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("bench", "cli", "functions", "local", "shared")
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for folder in OURS
    for path in (ROOT / folder).rglob("*.py")
}


def imported(path: Path) -> set[str]:
    """Our modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                found |= {each.name for each in node.names}
            case ast.ImportFrom(module=str(module)):
                found |= {module, *(f"{module}.{each.name}" for each in node.names)}
    return found & MODULES.keys()


def test_no_module_imports_one_that_imports_it() -> None:
    sorter = TopologicalSorter({name: imported(path) for name, path in MODULES.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None

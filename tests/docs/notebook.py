"""Runs a notebook as Jupyter would: its cells from top to bottom in one process, each showing its last expression.

`python notebook.py NOTEBOOK` prints JSON: for each code cell what it shows, as `html`, `svg` or `text`, and None where
it ends with no value.
"""

import ast
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any


def code_cells(path: Path) -> list[str]:
    """The source of a notebook's code cells."""
    cells = json.loads(path.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Execute a cell; the value of its last line where that is an expression."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<cell>", "exec"), names)
        return None
    tree.body.pop()
    exec(compile(tree, "<cell>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def shown(value: Any) -> dict[str, str] | None:
    """What a notebook shows of a value."""
    for kind in ("html", "svg"):
        if hasattr(value, f"_repr_{kind}_"):
            return {kind: getattr(value, f"_repr_{kind}_")()}
    return None if value is None else {"text": repr(value)}


if __name__ == "__main__":
    names: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(sys.stderr):
        outputs = [shown(run_cell(source, names)) for source in code_cells(Path(sys.argv[1]))]
    print(json.dumps(outputs))

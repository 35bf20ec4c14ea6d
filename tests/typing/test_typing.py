"""The library's types, as a product's own type checker sees them: mypy, strict."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import tenure

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
IGNORED = re.compile(r"  # type: ignore\[([a-z-]+)\]")
ERROR = re.compile(r"^[^:]+:(\d+): error: .*\[([a-z-]+)\]$", re.MULTILINE)


def errors(program: Path) -> list[tuple[int, str]]:
    """Line and code of what mypy finds."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return [(int(line), code) for line, code in ERROR.findall(done.stdout)]


def test_right_programs_type_check() -> None:
    """Every public name has its type, and `match` over the statuses is known to be whole."""
    assert errors(HERE / "license_accepted.py") == []


def test_wrong_programs_do_not(tmp_path: Path) -> None:
    """Each marked line is found, by its code, and no other."""
    source = (HERE / "license_refused.py").read_text()
    expected = [
        (number, found.group(1))
        for number, line in enumerate(source.splitlines(), 1)
        if (found := IGNORED.search(line))
    ]
    program = tmp_path / "program.py"
    program.write_text(IGNORED.sub("", source))
    assert len(expected) > 15
    assert errors(program) == expected


def test_the_stub_says_what_the_package_exports() -> None:
    """`__init__.pyi` and `__init__.py` name the same, and each name can be imported."""
    stub = ast.parse((ROOT / "src" / "tenure" / "__init__.pyi").read_text())
    imported = {
        (name.name, node.module)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    public = set(tenure.__all__) - {"__version__"}
    assert {name for name, _ in imported} == public
    assert all(getattr(tenure, name).__module__ == module for name, module in imported)
    assert set(dir(tenure)) == public | {"__version__"}

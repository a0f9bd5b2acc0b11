"""What imports cannot show: who may commit, who knows the clock, and how large things may grow."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "satisfaction").rglob("*.py"))
PRODUCT = [*CORE, *sorted(ROOT.glob("kiosk/**/*.py")), *sorted(ROOT.glob("admin/**/*.py"))]
PRODUCT = [*PRODUCT, ROOT / "wsgi.py"]
WRITTEN = [path for path in PRODUCT if "versions" not in path.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MOST_LINES = 500
MOST_FUNCTION_LINES = 60
MOST_PLACED = 2
MOST_NAMED = 6
FACES = [path for face in ("kiosk", "admin") for path in (ROOT / face).glob("[a-z]*.py")]
MODULES = "|".join(rf"{path.parent.name}\.{path.stem}" for path in FACES)
ENDPOINT = re.compile(rf"({MODULES})(\.[a-z_]+)?|.*\b(kiosk|admin)/[\w/]+\.html")
CLOCKS = {
    "datetime": {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp"},
    "date": {"today", "fromtimestamp"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime"},
    "func": {"now", "current_timestamp", "current_date", "localtimestamp"},
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _words(tree: ast.Module) -> Iterator[str]:
    """Return every string that is not a docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return (
        node.value
        for node in constants
        if isinstance(node.value, str) and id(node) not in docstrings
    )


def _faults(paths: Iterable[Path], find: Callable[[Path], Iterable[str]]) -> dict[str, list[str]]:
    """Return what a rule finds in each file; a file in which it finds nothing is left out."""
    found = {_name(path): list(find(path)) for path in paths}
    return {name: faults for name, faults in found.items() if faults}


def test_there_is_something_to_look_at() -> None:
    assert len(CORE) > 30
    assert len(PRODUCT) > len(CORE)


def test_the_core_names_no_endpoint_and_no_template_of_a_face() -> None:
    def named(path: Path) -> list[str]:
        return [word for word in _words(_tree(path)) if ENDPOINT.fullmatch(word)]

    assert _faults(CORE, named) == {}


@pytest.mark.parametrize("word", ["kiosk.rating.index", "admin.session", "kiosk/rating/index.html"])
def test_endpoints_and_templates_would_be_found(word: str) -> None:
    assert ENDPOINT.fullmatch(word)


def test_only_the_database_module_commits() -> None:
    commits = re.compile(r"\.commit\(")
    assert _faults(PRODUCT, partial(_found, commits)).keys() == {"satisfaction/database.py"}


def test_only_the_htmx_module_knows_its_headers() -> None:
    headers = re.compile(r"\bHX-|\bHX_")
    knowing = _faults([*PRODUCT, *TEMPLATES], partial(_found, headers))
    assert knowing.keys() == {"satisfaction/web/htmx.py"}


def _found(pattern: re.Pattern[str], path: Path) -> list[str]:
    return pattern.findall(path.read_text(encoding="utf-8"))


def test_only_the_clock_module_reads_the_time() -> None:
    def read(path: Path) -> list[str]:
        return [
            f"{node.value.id}.{node.attr}"
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in CLOCKS.get(node.value.id, ())
        ]

    assert _faults(PRODUCT, read) == {"satisfaction/clock.py": ["datetime.now"]}


def test_no_clock_comes_in_by_another_name() -> None:
    def imported(path: Path) -> set[str]:
        names = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(_tree(path))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.asname or node.module == "time"
        }
        return names & {"datetime.datetime", "datetime.date", "time.time", "time.time_ns"}

    assert _faults(PRODUCT, imported) == {}


def test_modules_and_functions_stay_readable() -> None:
    def long(path: Path) -> list[str]:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        return [f"{lines} lines"] * (lines > MOST_LINES) + [
            function.name
            for function in _functions(_tree(path))
            if (function.end_lineno or 0) - function.lineno >= MOST_FUNCTION_LINES
        ]

    assert _faults(WRITTEN, long) == {}


def test_arguments_are_few_and_named_beyond_the_second() -> None:
    def crowded(path: Path) -> Iterator[str]:
        for function in _public_functions(_tree(path)):
            placed = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
            is_placed = len(set(placed) - {"self", "cls", "session", "connection"}) > MOST_PLACED
            if is_placed or len(function.args.kwonlyargs) > MOST_NAMED:
                yield function.name

    assert _faults(WRITTEN, crowded) == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [_name(path) for path in PRODUCT if not ast.get_docstring(_tree(path))] == []


def test_every_public_function_of_the_core_says_what_it_does() -> None:
    def silent(path: Path) -> list[str]:
        functions = _public_functions(_tree(path))
        return [function.name for function in functions if not ast.get_docstring(function)]

    assert _faults(CORE, silent) == {}


def _public_functions(tree: ast.Module) -> Iterator[Function]:
    """Yield the functions of a module, and of its classes, that others may call."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    open_classes = [node.body for node in classes if not node.name.startswith("_")]
    for body in (tree.body, *open_classes):
        for node in body:
            if isinstance(node, Function) and not node.name.startswith("_"):
                yield node

"""What imports cannot show: who may commit, who knows the clock, and how large things may grow."""

import ast
import re
from collections.abc import Iterator
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


def test_there_is_something_to_look_at() -> None:
    assert len(CORE) > 30
    assert len(PRODUCT) > len(CORE)


@pytest.mark.parametrize("path", CORE, ids=_name)
def test_the_core_names_no_endpoint_and_no_template_of_a_face(path: Path) -> None:
    assert [word for word in _words(_tree(path)) if ENDPOINT.fullmatch(word)] == []


@pytest.mark.parametrize("word", ["kiosk.rating.index", "admin.session", "kiosk/rating/index.html"])
def test_endpoints_and_templates_would_be_found(word: str) -> None:
    assert ENDPOINT.fullmatch(word)


@pytest.mark.parametrize("path", PRODUCT, ids=_name)
def test_only_the_database_module_commits(path: Path) -> None:
    commits = ".commit(" in path.read_text(encoding="utf-8")
    assert commits is (_name(path) == "satisfaction/database.py")


@pytest.mark.parametrize("path", [*PRODUCT, *TEMPLATES], ids=_name)
def test_only_the_htmx_module_knows_its_headers(path: Path) -> None:
    knows = re.search(r"\bHX-|\bHX_", path.read_text(encoding="utf-8")) is not None
    assert not knows or _name(path) == "satisfaction/web/htmx.py"


@pytest.mark.parametrize("path", PRODUCT, ids=_name)
def test_only_the_clock_module_reads_the_time(path: Path) -> None:
    read = [
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.attr in CLOCKS.get(node.value.id, ())
    ]
    assert read == (["datetime.now"] if _name(path) == "satisfaction/clock.py" else [])


@pytest.mark.parametrize("path", PRODUCT, ids=_name)
def test_no_clock_comes_in_by_another_name(path: Path) -> None:
    imported = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname or node.module == "time"
    }
    assert not imported & {"datetime.datetime", "datetime.date", "time.time", "time.time_ns"}


@pytest.mark.parametrize("path", WRITTEN, ids=_name)
def test_modules_and_functions_stay_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    long = [
        function.name
        for function in _functions(_tree(path))
        if (function.end_lineno or 0) - function.lineno >= MOST_FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("path", WRITTEN, ids=_name)
def test_arguments_are_few_and_named_beyond_the_second(path: Path) -> None:
    crowded = []
    for function in _public_functions(_tree(path)):
        placed = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        if len(set(placed) - {"self", "cls", "session", "connection"}) > MOST_PLACED:
            crowded.append(function.name)
        if len(function.args.kwonlyargs) > MOST_NAMED:
            crowded.append(function.name)
    assert crowded == []


@pytest.mark.parametrize("path", PRODUCT, ids=_name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(_tree(path))


@pytest.mark.parametrize("path", CORE, ids=_name)
def test_every_public_function_of_the_core_says_what_it_does(path: Path) -> None:
    functions = _public_functions(_tree(path))
    assert [function.name for function in functions if not ast.get_docstring(function)] == []


def _public_functions(tree: ast.Module) -> Iterator[Function]:
    """Yield the functions of a module, and of its classes, that others may call."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    open_classes = [node.body for node in classes if not node.name.startswith("_")]
    for body in (tree.body, *open_classes):
        for node in body:
            if isinstance(node, Function) and not node.name.startswith("_"):
                yield node

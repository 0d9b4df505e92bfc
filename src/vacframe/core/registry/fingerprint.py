"""Fingerprints of code: what a product's numbers depend on, as syntax trees, found without importing anything.

The fingerprint of a module covers the modules that it imports (also inside functions), and those that they import,
within its own top-level package and the shared libraries. Comments, docstrings, layout and ``if TYPE_CHECKING:``
blocks do not count. The ``__init__`` of a package counts only where a name that it defines itself is imported from
it; a name that it merely imports is followed to where it comes from. So another product module beside this one,
which only ``__init__`` imports, does not count.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vacframe.core.contract.errors import PluginError

MANIFEST_SUFFIX = "vacframe.json"
FACADE = "vacframe"
"""Package whose public names plugins use, as ``vf.read_table`` or imported from it."""
SHARED = ("vacframe.astro", "vacframe.ml", "vacframe.io")
"""Packages of vacframe whose code counts where a plugin reaches it."""


@dataclass(frozen=True)
class _Import:
    """One imported name: ``import module``, or ``from module import name`` (`level` dots before it)."""

    module: str
    name: str = ""
    level: int = 0
    bound: str = ""


@dataclass(frozen=True)
class _Source:
    """What counts of one Python file."""

    digest: str
    imports: tuple[_Import, ...]
    defined: frozenset[str]


def code_fingerprint(module: str, extra_packages: tuple[str, ...] = SHARED) -> str:
    """Return the fingerprint of a module's code, 32 hexadecimal digits.

    Parameters
    ----------
    module : str
        Dotted name, such as that of the module in which a product's function is defined.
    extra_packages : tuple of str
        Packages besides the module's own top-level one whose modules count where they are imported.

    Raises
    ------
    PluginError
        If the module cannot be found or a file of the closure cannot be parsed.
    """
    parts = [f"{name} {digest}" for name, digest in sorted(closure(module, extra_packages).items())]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def closure(module: str, extra_packages: tuple[str, ...] = SHARED) -> dict[str, str]:
    """Return what the fingerprint of a module covers: name of each module or data file → its digest.

    Data files are those of the module's own top-level package, and of the extra packages that it reaches.
    """
    top = module.partition(".")[0]
    roots = (top, *extra_packages)
    if _locate(module) is None:
        raise PluginError(f"the module {module!r} cannot be found, so its code has no fingerprint")
    found: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _locate(name)
        if name in found or path is None:
            continue
        source = _source(path)
        found[name] = source.digest
        for item in source.imports:
            waiting += _targets(item, name, path, roots)
    reached = [top] + [p for p in extra_packages if any(_inside(name, (p,)) for name in found)]
    for package in dict.fromkeys(reached):
        found |= dict(_data_files(package))
    return found


def library_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each distribution, ``"not installed"`` where there is none."""
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def top_level_files(module: str) -> tuple[Path | None, tuple[Path, ...]]:
    """Return the file of a top-level module, or None and the folders of a package, without importing it.

    Raises
    ------
    PluginError
        If there is no such module.
    """
    top = module.partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ValueError, ImportError, AttributeError):
        spec = None
    if spec is None:
        raise PluginError(f"there is no module {top!r}; is its distribution installed?")
    if spec.submodule_search_locations is not None:
        return None, tuple(Path(p) for p in spec.submodule_search_locations)
    return Path(spec.origin or ""), ()


def _locate(module: str) -> Path | None:
    """Return the Python file of a module (``__init__.py`` of a package), None where there is none."""
    top, _, rest = module.partition(".")
    try:
        single, folders = top_level_files(top)
    except PluginError:
        return None
    if single is not None:
        return single if not rest and single.suffix == ".py" else None
    parts = rest.split(".") if rest else []
    for folder in folders:
        place = folder.joinpath(*parts)
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                return path
    return None


def _inside(module: str, packages: Iterable[str]) -> bool:
    return any(module == p or module.startswith(f"{p}.") for p in packages)


def _targets(item: _Import, importer: str, path: Path, roots: tuple[str, ...]) -> Iterator[str]:
    """Yield the modules within `roots` that one import statement of `importer` reads code from."""
    package = importer if path.name == "__init__.py" else importer.rpartition(".")[0]
    yield from _named(_absolute(package, item), item.name, roots, frozenset())


def _named(base: str, name: str, roots: tuple[str, ...], seen: frozenset[str]) -> Iterator[str]:
    """Yield the modules that ``from base import name`` reads, ``__init__`` files and public names looked through."""
    if base == FACADE and name in _public_names():
        base = _public_names()[name]
    path = _locate(base) if _inside(base, roots) else None
    step = f"{base}.{name}"
    if not name or path is None or path.name != "__init__.py":
        if path is not None:
            yield base
        if name and path is None and _inside(step, roots) and _locate(step) is not None:
            yield step
        return
    source = _source(path)
    carried = [i for i in source.imports if i.bound == name]
    is_module = _locate(step) is not None
    if is_module:
        yield step
    if name in source.defined or (not carried and not is_module) or step in seen:
        yield base
        return
    for item in carried:
        yield from _named(_absolute(base, item), item.name, roots, seen | {step})


@lru_cache(maxsize=1)
def _public_names() -> dict[str, str]:
    """Return, for each public name of vacframe, the module that defines it: they are imported when first used."""
    from vacframe import HOMES

    return {name: f"{FACADE}.{module}" for module, names in HOMES.items() for name in names}


def _absolute(package: str, item: _Import) -> str:
    """Return the absolute name of the module that a statement in a module of `package` imports."""
    if not item.level:
        return item.module
    parts = package.split(".")
    above = parts[: len(parts) - item.level + 1]
    return ".".join([*above, item.module] if item.module else above)


def _source(path: Path) -> _Source:
    stat = path.stat()
    return _read_source(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _read_source(path: str, _mtime_ns: int, _size: int) -> _Source:
    try:
        tree = ast.parse(Path(path).read_bytes(), filename=path)
    except SyntaxError as error:
        raise PluginError(f"{path}: line {error.lineno}: not valid Python ({error.msg})") from None
    tree = _Bare().visit(tree)
    digest = hashlib.blake2b(digest_size=16)
    for piece in _pieces(tree):
        digest.update(piece.encode(errors="surrogatepass"))
        digest.update(b"\0")
    defined = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    defined |= {n.name for n in ast.walk(tree) if isinstance(n, definitions)}
    return _Source(digest.hexdigest(), tuple(_imports(tree)), frozenset(defined))


class _Bare(ast.NodeTransformer):
    """Takes away what does nothing: docstrings and other bare text, ``pass``, type-only imports."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Drop bare text."""
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else self.generic_visit(node)

    def visit_Pass(self, node: ast.Pass) -> None:
        """Drop ``pass``."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Keep the else branch of ``if TYPE_CHECKING:``."""
        visited = self.generic_visit(node)
        test = node.test
        name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
        return node.orelse if name == "TYPE_CHECKING" else visited


def _pieces(node: ast.AST) -> Iterator[str]:
    """Yield a tree as text that is the same for every Python version that has the syntax."""
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        is_value = isinstance(node, ast.Constant) and name == "value"
        if not is_value and (value is None or value == [] or name in ("ctx", "type_comment", "kind")):
            continue
        yield name
        if isinstance(value, ast.AST):
            yield from _pieces(value)
        elif isinstance(value, list):
            yield "["
            for item in value:
                if isinstance(item, ast.AST):
                    yield from _pieces(item)
                else:
                    yield repr(item)
            yield "]"
        else:
            yield f"{type(value).__name__} {value!r}"
    yield ")"


def _imports(tree: ast.AST) -> Iterator[_Import]:
    bound = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == FACADE
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in bound:
            yield _Import(FACADE, node.attr)
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _Import(alias.name, bound=alias.asname or alias.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = "" if alias.name == "*" else alias.name
                yield _Import(node.module or "", name, node.level, alias.asname or name)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            text = node.args[0].value
            if called == "import_module" and isinstance(text, str):
                module = text.lstrip(".")
                yield _Import(module, level=len(text) - len(module))


def _data_files(package: str) -> Iterator[tuple[str, str]]:
    """Yield name and digest of the files of a package that are not Python."""
    path = _locate(package)
    folders = [path.parent] if path is not None and path.name == "__init__.py" else []
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            inner = file.relative_to(folder)
            hidden = any(p.startswith(".") or p == "__pycache__" for p in inner.parts)
            is_code = file.suffix in (".py", ".pyc", ".pyi") or file.name.endswith(MANIFEST_SUFFIX)
            if not hidden and not is_code and file.is_file():
                stat = file.stat()
                yield f"{package}/{inner.as_posix()}", _file_digest(str(file), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _file_digest(path: str, _mtime_ns: int, _size: int) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()

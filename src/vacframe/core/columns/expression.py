"""Expressions over columns: parsed with `ast`, walked over a whitelist, never evaluated as Python.

Grammar: numbers, text in quotes, ``True`` and ``False``, column names, ``+ - * / % **``, unary minus, comparisons
(also chained, and ``in [..]``), ``and or not``, and the functions ``abs sqrt exp log log10 sin cos min max where
is_null round`` (``min`` and ``max`` compare their arguments row by row; angles are in radians).

Nulls and NaN are one thing. A comparison with one is False, ``!=`` and ``not in`` included; arithmetic with one is
null; ``is_null(x)`` asks for one; a null truth value counts as False.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any

from vacframe.core.contract.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    import numpy as np

_ARITHMETIC: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "true_divide",
    ast.Mod: "remainder",
    ast.Pow: "power",
}
_COMPARISONS: dict[type, str] = {
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
}
_ARGUMENTS = {
    **dict.fromkeys(("abs", "sqrt", "exp", "log", "log10", "sin", "cos", "is_null"), (1, 1)),
    "round": (1, 2),
    "where": (3, 3),
    "min": (2, 99),
    "max": (2, 99),
}
_NO_OPERATORS: dict[type, str] = {
    ast.BitAnd: "the operator & is not allowed; write 'and'",
    ast.BitOr: "the operator | is not allowed; write 'or'",
    ast.BitXor: "the operator ^ is not allowed; a power is written **",
    ast.FloorDiv: "the operator // is not allowed; write / and round()",
    ast.Invert: "the operator ~ is not allowed; write 'not'",
    ast.Is: "'is' is not allowed; write == or is_null(x)",
    ast.IsNot: "'is not' is not allowed; write != or not is_null(x)",
    ast.IfExp: "'if … else' is not allowed; write where(condition, a, b)",
    ast.Attribute: "a dot is not allowed in a column name",
}


_BLANKS = str.maketrans("\r\n\t", "   ")


class _Fault(Exception):
    """Something wrong at one place of an expression."""

    def __init__(self, message: str, node: ast.expr | None = None, place: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.node, self.place, self.hint = message, node, place, hint


def check_expression(expression: str, *, what: str = "expression") -> None:
    """Parse an expression without evaluating it.

    Raises
    ------
    ConfigError
        If it is not within the grammar.
    """
    _guarded(lambda: _parse(expression), expression, what)


def names_in(expression: str, *, what: str = "expression") -> tuple[str, ...]:
    """Return the names of the columns that an expression reads, in order of first appearance."""
    tree: ast.expr = _guarded(lambda: _parse(expression), expression, what)
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called]
    return tuple(dict.fromkeys(n.id for n in sorted(found, key=lambda n: n.col_offset)))


def evaluate(expression: str, columns: Mapping[str, Any], *, what: str = "expression") -> np.ndarray:
    """Return the values of an expression, one per row.

    Parameters
    ----------
    expression : str
        In the grammar of this module.
    columns : mapping of str to ndarray of shape (n,), or to (ndarray, mask)
        Values by column name; `mask` is True where null, or None.
    what : str
        What the expression is, for messages (``"where of sources.gaia_sources"``).

    Returns
    -------
    ndarray, shape (n,)
        Null floats are NaN; integers, truth values and text with nulls come as a masked array, so that 64-bit
        identifiers stay exact. Shape () where the expression is a constant and `columns` is empty.

    Raises
    ------
    ConfigError
        Naming the expression, the token and its position: outside the grammar, an unknown column, text where
        a number is needed.
    """
    return _guarded(lambda: _Rows(columns).result(_parse(expression)), expression, what)


def select_rows(expression: str, columns: Mapping[str, Any], *, what: str = "where") -> np.ndarray:
    """Return which rows satisfy a condition, shape (n,), dtype bool (parameters as for `evaluate`).

    Raises
    ------
    ConfigError
        Also where the expression is not a condition.
    """
    return _guarded(lambda: _Rows(columns).condition(_parse(expression)), expression, what)


def _guarded(work: Callable[[], Any], expression: str, what: str) -> Any:
    try:
        return work()
    except _Fault as fault:
        place, token = fault.place, ""
        if fault.node is not None:
            raw = expression.encode()
            place = len(raw[: fault.node.col_offset].decode()) + 1
            token = f" ({raw[fault.node.col_offset : fault.node.end_col_offset].decode()!r})"
        where = f" at character {place}{token}" if place else ""
        raise ConfigError(f"{what} {expression!r}: {fault.message}{where}.{fault.hint}") from None
    except (RecursionError, MemoryError):
        raise ConfigError(f"{what}: the expression is nested too deeply ({len(expression)} characters)") from None


@lru_cache(maxsize=512)
def _parse(expression: str) -> ast.expr:
    """Return the checked tree; positions in it are those in `expression`."""
    body = expression.lstrip()
    blanks = len(expression) - len(body)
    text = body.translate(_BLANKS).rstrip()
    if not text:
        raise _Fault("it is empty")
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        place = (error.offset or 1) + blanks
        hint = " (an equality is written ==)" if "==" in (error.msg or "") or ":=" in (error.msg or "") else ""
        raise _Fault(f"it cannot be parsed ({error.msg})", place=place, hint=hint) from None
    except ValueError as error:
        raise _Fault(f"it cannot be parsed ({error})") from None
    rest = text.encode()[tree.end_col_offset :].decode().strip(") ")
    if rest:
        raise _Fault(f"comments are not allowed ({rest!r})")
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.col_offset += blanks
            node.end_col_offset = (node.end_col_offset or 0) + blanks
    _check(tree)
    return tree


def _check(node: ast.expr) -> None:
    """Refuse everything that is not in the grammar."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str()) | ast.Name():
            return
        case ast.Constant(value=None):
            raise _Fault("None is not allowed", node, hint=" Write is_null(x) to ask for nulls.")
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            _check(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            _check(left)
            _check(right)
        case ast.BoolOp(values=values):
            for value in values:
                _check(value)
        case ast.Compare():
            _check_comparison(node)
        case ast.Call():
            _check_call(node)
        case _:
            operator = type(getattr(node, "op", node))
            raise _Fault(_NO_OPERATORS.get(operator, "this is not allowed in an expression"), node)


def _check_comparison(node: ast.Compare) -> None:
    _check(node.left)
    for op, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(right, ast.List | ast.Tuple | ast.Set) or not right.elts:
                raise _Fault("'in' needs a list such as [1, 2]", right)
            for item in right.elts:
                _check(item)
        elif type(op) in _COMPARISONS:
            _check(right)
        else:
            raise _Fault(_NO_OPERATORS[type(op)], node)


def _check_call(node: ast.Call) -> None:
    if not isinstance(node.func, ast.Name) or node.func.id not in _ARGUMENTS:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        hint = did_you_mean(name, tuple(_ARGUMENTS)) or f" Functions are {', '.join(sorted(_ARGUMENTS))}."
        raise _Fault("unknown function", node.func, hint=hint)
    if node.keywords:
        raise _Fault("arguments are not named", node)
    low, high = _ARGUMENTS[node.func.id]
    if not low <= len(node.args) <= high:
        wanted = str(low) if low == high else f"{low} or more" if high == 99 else f"{low} to {high}"
        raise _Fault(f"{node.func.id}() takes {wanted} argument{'s' * (wanted != '1')}, got {len(node.args)}", node)
    for argument in node.args:
        _check(argument)


@dataclass(frozen=True)
class _Value:
    """A Python scalar or an array of shape (n,), with a mask of nulls for what cannot be NaN."""

    data: Any
    mask: Any = None

    @property
    def kind(self) -> str:
        kind = getattr(getattr(self.data, "dtype", None), "kind", "")
        if kind == "O" or isinstance(self.data, str):
            return "text"
        return "truth value" if kind == "b" or isinstance(self.data, bool) else "number"


class _Rows:
    """Evaluates a tree over columns."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        import numpy

        self.np = numpy
        self.columns = columns
        self.used: dict[str, _Value] = {}

    def result(self, tree: ast.expr) -> Any:
        with self.np.errstate(all="ignore"):
            value = self.visit(tree)
        data = self._broadcast(value.data)
        if value.mask is None or not self.np.any(value.mask):
            return data
        return self.np.ma.MaskedArray(data, mask=self._broadcast(value.mask))

    def condition(self, tree: ast.expr) -> Any:
        with self.np.errstate(all="ignore"):
            return self._broadcast(self._truth(self.visit(tree), tree))

    def _broadcast(self, data: Any) -> Any:
        rows = next((len(v.data) for v in self.used.values()), None)
        if rows is None and self.columns:
            first = next(iter(self.columns.values()))
            rows = len(first[0] if isinstance(first, tuple) else first)
        array = self.np.asarray(data, dtype=object if isinstance(data, str) else None)
        return array if rows is None or array.ndim else self.np.full(rows, array, dtype=array.dtype)

    def visit(self, node: ast.expr) -> _Value:
        match node:
            case ast.Constant(value=constant):
                return _Value(constant)
            case ast.Name():
                return self._column(node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _Value(self._plain(self.np.logical_not(self._truth(self.visit(operand), operand))))
            case ast.UnaryOp(op=op, operand=operand):
                value = self._number(self.visit(operand), operand)
                return value if isinstance(op, ast.UAdd) else self._value(-value.data, value.mask)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.BoolOp(op=op, values=values):
                combine = self.np.logical_and if isinstance(op, ast.And) else self.np.logical_or
                return _Value(self._plain(reduce(combine, [self._truth(self.visit(v), v) for v in values])))
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
        raise _Fault("this is not allowed in an expression", node)

    def _plain(self, data: Any) -> Any:
        """Return results on constants as Python scalars, which leave the type of a column alone."""
        return data.item() if isinstance(data, self.np.generic) or getattr(data, "ndim", 1) == 0 else data

    def _value(self, data: Any, mask: Any) -> _Value:
        """Return a value whose null floats are NaN and need no mask."""
        data = self._plain(data)
        if mask is None or not self.np.any(mask):
            return _Value(data)
        if getattr(getattr(data, "dtype", None), "kind", "") == "f" or isinstance(data, float):
            return _Value(self.np.where(mask, self.np.nan, data))
        return _Value(data, mask)

    def _column(self, node: ast.Name) -> _Value:
        name = node.id
        if name in self.used:
            return self.used[name]
        if name not in self.columns:
            names = tuple(self.columns)
            hint = did_you_mean(name, names) or f" Columns are {', '.join(names[:20])}{' …' * (len(names) > 20)}."
            raise _Fault("there is no such column", node, hint=hint)
        given = self.columns[name]
        values, mask = given if isinstance(given, tuple) else (given, None)
        if isinstance(values, self.np.ma.MaskedArray):
            own = self.np.ma.getmaskarray(values)
            values, mask = values.data, own if mask is None else own | mask
        data = self.np.asarray(values)
        if data.ndim != 1:
            raise _Fault(f"the column holds arrays (shape {data.shape}), an expression takes single values", node)
        if data.dtype.kind in "SUO":
            data, mask = self._text(data, mask)
        if any(len(v.data) != len(data) for v in self.used.values()):
            raise _Fault(f"the column has {len(data)} rows, unlike the others", node)
        self.used[name] = self._value(data, mask)
        return self.used[name]

    def _text(self, data: Any, mask: Any) -> tuple[Any, Any]:
        if data.dtype.kind == "S":
            data = self.np.char.decode(data, "utf-8", "replace")
        missing = self.np.array([v is None for v in data.tolist()], dtype=bool) if data.dtype.kind == "O" else None
        data = data.astype(object)
        if missing is not None and missing.any():
            data[missing] = ""
            mask = missing if mask is None else mask | missing
        return data, mask

    def _nulls(self, value: _Value) -> Any:
        if value.mask is not None:
            return value.mask
        is_float = isinstance(value.data, float) or getattr(getattr(value.data, "dtype", None), "kind", "") == "f"
        return self.np.isnan(value.data) if is_float else None

    def _either(self, *masks: Any) -> Any:
        present = [m for m in masks if m is not None]
        return reduce(self.np.logical_or, present) if present else None

    def _number(self, value: _Value, node: ast.expr) -> _Value:
        """Return a number, integers at 64 bits so that they do not wrap."""
        if value.kind == "text":
            raise _Fault("a number is needed here, this is text", node)
        if isinstance(value.data, bool):
            return _Value(int(value.data))
        dtype = getattr(value.data, "dtype", None)
        if dtype is not None and (dtype.kind == "b" or (dtype.kind in "iu" and dtype.itemsize < 8)):
            return _Value(value.data.astype("int64"), value.mask)
        if dtype is not None and dtype.kind == "u":
            fits = not len(value.data) or value.data.max() <= self.np.iinfo("int64").max
            return _Value(value.data.astype("int64" if fits else "float64"), value.mask)
        return value

    def _truth(self, value: _Value, node: ast.expr) -> Any:
        if value.kind != "truth value":
            raise _Fault(f"a condition is needed here, this is a {value.kind}".replace("a text", "text"), node)
        return value.data if value.mask is None else self.np.logical_and(value.data, ~value.mask)

    def _arithmetic(self, node: ast.BinOp) -> _Value:
        left = self._number(self.visit(node.left), node.left)
        right = self._number(self.visit(node.right), node.right)
        a, b = left.data, right.data
        mask = self._either(left.mask, right.mask)
        try:
            if isinstance(node.op, ast.Pow):
                data = self._power(a, b)
            else:
                data = getattr(self.np, _ARITHMETIC[type(node.op)])(a, b)
        except (OverflowError, TypeError):
            raise _Fault("the integer is too large", node) from None
        if isinstance(node.op, ast.Mod) and self.np.asarray(data).dtype.kind in "iu":
            mask = self._either(mask, self.np.broadcast_to(self.np.equal(b, 0), self.np.shape(data)))
        return self._value(data, mask)

    def _power(self, base: Any, exponent: Any) -> Any:
        """Return a power of floats (integer powers would wrap); float32 stays float32."""
        dtype = self.np.result_type(base, exponent)
        return self.np.power(base, exponent, dtype=dtype if dtype.kind == "f" else "float64")

    def _comparison(self, node: ast.Compare) -> _Value:
        left, left_node = self.visit(node.left), node.left
        parts = []
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, ast.In | ast.NotIn):
                assert isinstance(right_node, ast.List | ast.Tuple | ast.Set)
                items = [self._compare("equal", left, self.visit(i), i) for i in right_node.elts]
                found = reduce(self.np.logical_or, items)
                nulls = self._nulls(left)
                if isinstance(op, ast.NotIn):
                    found = self.np.logical_not(found) if nulls is None else self.np.logical_not(found | nulls)
                parts.append(found)
                continue
            right = self.visit(right_node)
            bad = right_node if right.kind == "text" else left_node
            parts.append(self._compare(_COMPARISONS[type(op)], left, right, bad))
            left, left_node = right, right_node
        return _Value(self._plain(reduce(self.np.logical_and, parts)))

    def _compare(self, operation: str, left: _Value, right: _Value, node: ast.expr) -> Any:
        if (left.kind == "text") != (right.kind == "text"):
            raise _Fault("text is compared with a number; quote the text, or do not quote the number", node)
        a, b = left.data, right.data
        if left.kind == "text":
            a, b = (self.np.asarray(x, dtype=object) for x in (a, b))
        outcome = getattr(self.np, operation)(a, b)
        nulls = self._either(self._nulls(left), self._nulls(right))
        outcome = self.np.asarray(outcome, dtype=bool)
        return outcome if nulls is None else self.np.logical_and(outcome, self.np.logical_not(nulls))

    def _call(self, node: ast.Call) -> _Value:
        assert isinstance(node.func, ast.Name)
        name = node.func.id
        values = [self.visit(a) for a in node.args]
        if name == "is_null":
            nulls = self._nulls(values[0])
            return _Value(self.np.zeros(self.np.shape(values[0].data), dtype=bool) if nulls is None else nulls)
        if name == "where":
            return self._where(node, values)
        numbers = [self._number(v, a) for v, a in zip(values, node.args, strict=True)]
        mask = self._either(*[v.mask for v in numbers])
        data = [v.data for v in numbers]
        if name in ("min", "max"):
            combine = self.np.minimum if name == "min" else self.np.maximum
            return self._value(reduce(combine, data), mask)
        if name == "round":
            digits = data[1] if len(data) > 1 else 0
            if not isinstance(digits, int):
                raise _Fault("round() takes a whole number of digits", node.args[1])
            return self._value(self.np.round(data[0], digits), mask)
        return self._value(getattr(self.np, name)(data[0]), mask)

    def _where(self, node: ast.Call, values: list[_Value]) -> _Value:
        condition = self._truth(values[0], node.args[0])
        first, second = values[1:]
        if (first.kind == "text") != (second.kind == "text"):
            raise _Fault("where() mixes text and numbers", node)
        choices = [first.data, second.data]
        if first.kind == "text":
            choices = [self.np.asarray(c, dtype=object) for c in choices]
        mask = None
        if first.mask is not None or second.mask is not None:
            masks = [False if v.mask is None else v.mask for v in (first, second)]
            mask = self.np.where(condition, *masks)
        return self._value(self.np.where(condition, *choices), mask)

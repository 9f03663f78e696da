"""A conformance case: one call of a backend function, written down as data.

The same description is run by TensorFlow 2.2 under Python 3.8, which records what came out (`record.py`), and by kjax,
which has to give the same (`replay.py`). So nothing here needs more than Python 3.8 and NumPy 1.19, and the inputs come
from integer arithmetic: the same bits under any NumPy.
"""

import numpy as np

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTS = ("int8", "int16", "int32", "int64")
UINTS = ("uint8", "uint16", "uint32", "uint64")
COMPLEX = ("complex64", "complex128")
DTYPES = FLOATS + INTS + UINTS + ("bool",) + COMPLEX
INEXACT = FLOATS + COMPLEX


def numpy_dtype(name):
    """The NumPy dtype of that name; bfloat16 is whoever's is at hand."""
    if name != "bfloat16":
        return np.dtype(name)
    try:
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    except ImportError:
        import tensorflow as tf

        return np.dtype(tf.bfloat16.as_numpy_dtype)


def _noise(size, seed):
    """Small non-negative integers without visible order: each index, hashed."""
    index = np.arange(1, size + 1, dtype=np.int64) + 7919 * seed
    for _ in range(2):
        index = ((index ^ (index >> 13)) * 1103515245 + 12345) % (1 << 31)
    return index >> 9


# Kinds of contents, as integers; floats are these divided by 8, so that even bfloat16 holds them exactly.
_KINDS = {
    "mix": lambda size, seed: _noise(size, seed) % 33 - 16,
    "pos": lambda size, seed: _noise(size, seed) % 16 + 1,
    "unit": lambda size, seed: _noise(size, seed) % 7 + 1,  # strictly inside (0, 1)
    "nonzero": lambda size, seed: (_noise(size, seed) % 16 + 1) * (1 - 2 * (_noise(size, seed + 5) % 2)),
    "ties": lambda size, seed: (_noise(size, seed) % 3 - 1) * 8,
    "distinct": lambda size, seed: np.argsort(_noise(size, seed), kind="mergesort") - size // 2,
    "bits": lambda size, seed: _noise(size, seed) % 2 * 8,
    "wide": lambda size, seed: (_noise(size, seed) % 401 - 200) * 4,  # up to +-100: where exp and softmax saturate
}
_SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 1e4, -1e4, 1e-4]


class Arr:
    """An array argument: its shape, dtype and contents, and how it reaches the function.

    `how` is `tensor` (a constant; symbolically a placeholder), `variable`, or `raw` (the NumPy array itself).
    """

    def __init__(self, shape, dtype, kind, seed, how, data=None):
        self.shape, self.dtype, self.kind, self.seed, self.how, self.data = tuple(shape), dtype, kind, seed, how, data

    def value(self):
        """The array; equal descriptions give equal bits."""
        if self.data is not None:
            contents = np.array(self.data)
        elif self.kind == "special":
            contents = np.resize(np.array(_SPECIAL), self.shape)
        elif self.kind.startswith("index"):  # index4: integers in range(4)
            contents = (_noise(self._size(), self.seed) % int(self.kind[5:])).reshape(self.shape)
        else:
            whole = _KINDS[self.kind](self._size(), self.seed)
            contents = self._scaled(whole).reshape(self.shape)
        return contents.astype(numpy_dtype(self.dtype))

    def _size(self):
        return int(np.prod(self.shape, dtype=np.int64))

    def _scaled(self, whole):
        if self.dtype == "bool":
            return whole % 2 == 1 if self.kind == "mix" else whole > 0
        if self.dtype in UINTS:
            return np.abs(whole) % 17 if self.kind != "distinct" else whole - whole.min(initial=0)
        if self.dtype in INTS:
            return whole if self.kind != "ties" else whole // 8
        if self.dtype in COMPLEX:
            return whole / 8.0 + 1j * (_KINDS[self.kind](self._size(), self.seed + 3) / 8.0)
        return whole / 8.0

    def __repr__(self):
        prefix = {"tensor": "", "raw": "np.", "variable": "var."}[self.how]
        if self.data is not None:
            return f"{prefix}{self.dtype}({show(self.data)})"
        kind = "" if self.kind == "mix" else ":" + self.kind
        seed = f"#{self.seed}" if self.seed else ""
        return "{}{}[{}]{}{}".format(prefix, self.dtype, ",".join(map(str, self.shape)), kind, seed)


def arr(shape, dtype="float32", kind="mix", seed=0):
    """A tensor argument with made-up contents."""
    return Arr(shape, dtype, kind, seed, "tensor")


def val(data, dtype="float32"):
    """A tensor argument with these contents."""
    return Arr(np.shape(data), dtype, None, 0, "tensor", data)


def raw(array):
    """The same, handed over as a NumPy array in every mode."""
    return Arr(array.shape, array.dtype, array.kind, array.seed, "raw", array.data)


def var(array):
    """The same, as a variable."""
    return Arr(array.shape, array.dtype, array.kind, array.seed, "variable", array.data)


class Lazy:
    """A callable argument, `lambda: x`."""

    def __init__(self, arg):
        self.arg = arg

    def __repr__(self):
        return "lambda: " + show(self.arg)


def walk(tree, leaf):
    """`tree` with every `Arr` in it replaced by `leaf(arr)`."""
    if isinstance(tree, Arr):
        return leaf(tree)
    if isinstance(tree, Lazy):
        made = walk(tree.arg, leaf)
        return lambda: made
    if isinstance(tree, (list, tuple)):
        return type(tree)(walk(item, leaf) for item in tree)
    if isinstance(tree, slice):
        return slice(walk(tree.start, leaf), walk(tree.stop, leaf), walk(tree.step, leaf))
    return tree


def show(value):
    """An argument, in as few words as tell it from others."""
    if isinstance(value, slice):
        parts = ["" if part is None else show(part) for part in (value.start, value.stop, value.step)]
        return ":".join(parts if parts[2] else parts[:2])
    if isinstance(value, list):
        return "[" + ",".join(map(show, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ",".join(map(show, value)) + (",)" if len(value) == 1 else ")")
    if isinstance(value, np.generic):
        return f"np.{value.dtype}({value})"
    if isinstance(value, np.ndarray):
        return f"np.{value.dtype}({show(value.tolist())})"
    if isinstance(value, type) and issubclass(value, np.generic):
        return "np." + np.dtype(value).name  # NumPy 2 names its own types differently
    if value is Ellipsis:
        return "..."
    return value.__name__ if isinstance(value, type) else repr(value)


class Case:
    """A call, and the checks of its result. The methods add checks and return the case, so that they chain."""

    def __init__(self, fn, args, kwargs):
        self.fn, self.args, self.kwargs = fn, args, kwargs
        self.wants_grad = self.wants_error = self.is_session = self.is_symbolic = False
        self.reason = self.expected = self.range = None
        self.rtol = None

    @property
    def function(self):
        """The name that results are grouped by."""
        return self.fn if isinstance(self.fn, str) else self.fn.__name__

    @property
    def label(self):
        """Names the case; unique within its family."""
        shown = [show(arg) for arg in self.args] + [f"{key}={show(arg)}" for key, arg in self.kwargs.items()]
        return "{}({})".format(self.function, ", ".join(shown))

    def arrays(self):
        """All array arguments, in the order in which they appear."""
        found = []
        walk([list(self.args), list(self.kwargs.values())], found.append)
        return found

    def grad(self):
        """Also compare the gradients with respect to all floating-point tensors and variables among the arguments."""
        self.wants_grad = True
        return self

    def error(self):
        """An error is due."""
        self.wants_error = True
        return self

    def differs(self, reason, expected=None):
        """kjax differs from TF 2.2 here, on purpose: `reason` goes to the docs. `expected` is what kjax gives instead.

        Where TF 2.2 raises an error, kjax has to succeed; together with `error()`, an error is due in eager mode only.
        """
        self.reason, self.expected = reason, expected
        return self

    def random(self, low, high):
        """The values are random: compare dtype and shape, and that all lie in `[low, high]`."""
        self.range = (low, high)
        return self

    def within(self, rtol):
        """Compare values with this relative tolerance, rather than the dtype's."""
        self.rtol = rtol
        return self

    def symbolic(self):
        """There is no eager run (`K.gradients` needs a graph)."""
        self.is_symbolic = True
        return self

    def session(self):
        """The function runs a whole session by itself (`K.function`, `K.eval` …) and returns plain values.

        It gets its arrays as NumPy arrays, and is run once in eager and once in graph mode.
        """
        self.is_session = True
        return self


class Family:
    """The cases of a group of functions: `add = Family(); add('sum', arr((2, 3)), axis=1).grad()`."""

    def __init__(self):
        self._cases = {}

    def __call__(self, fn, *args, **kwargs):
        """Add the call `fn(*args, **kwargs)`; `fn` is a name in K, `op:name`, or a function of K and the arguments.

        The same call again is the same case, and may be given further wishes.
        """
        case = Case(fn, args, kwargs)
        return self._cases.setdefault(case.label, case)

    def __iter__(self):
        return iter(self._cases.values())

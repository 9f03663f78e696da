"""Running a case on a backend, the same way under TensorFlow and under kjax."""

import operator

from .case import FLOATS, Arr, walk

# How much of the placeholders' shapes a symbolic run knows beforehand.
VARIANTS = ("known", "batch", "dims", "rank")

_NAMES = "add sub mul truediv floordiv mod pow matmul eq ne lt le gt ge and_ or_ xor neg pos abs invert getitem"
OPERATORS = {name.strip("_"): getattr(operator, name) for name in _NAMES.split()}
OPERATORS.update(len=len, bool=bool, int=int, float=float, divmod=divmod)

# Functions that Keras 2.3.1 asks of a backend beyond K, by name; `record.py` and `replay.py` fill it.
BEYOND = {}


def static_shape(shape, variant):
    """The shape a placeholder is declared with, for an argument of shape `shape`."""
    if variant == "rank":
        return None
    if variant == "dims":
        return (None,) * len(shape)
    if variant == "batch" and shape:
        return (None,) + shape[1:]
    return shape


def variants(case):
    """The variants that differ for this case: a scalar has no dims to be unsure of."""
    shapes = [arr.shape for arr in case.arrays() if arr.how == "tensor"]
    if not shapes:
        return ("known",)
    if not any(shapes):
        return ("known", "rank")
    return tuple(v for v in VARIANTS if not (v == "dims" and all(len(shape) < 2 for shape in shapes)))


def call(K, case, make):
    """Call the function of `case`; `make` turns array arguments into tensors or values."""
    args = walk(list(case.args), make)
    kwargs = {key: walk(arg, make) for key, arg in case.kwargs.items()}
    if not isinstance(case.fn, str):
        return case.fn(K, *args, **kwargs)
    if case.fn.startswith("op:"):
        return OPERATORS[case.fn[3:]](*args, **kwargs)
    function = BEYOND[case.fn] if case.fn in BEYOND else getattr(K, case.fn)
    return function(*args, **kwargs)


def concrete(K):
    """The `make` of an eager run."""

    def make(arr):
        if arr.how == "raw":
            return arr.value()
        return (K.variable if arr.how == "variable" else K.constant)(arr.value(), dtype=arr.dtype)

    return make


class Symbols:
    """The `make` of a symbolic run: tensors become placeholders, and are remembered with what to feed."""

    def __init__(self, K, variant):
        self.K, self.variant = K, variant
        self.placeholders, self.values, self.differentiable = [], [], []

    def __call__(self, arr):
        if arr.how == "raw":
            return arr.value()
        if arr.how == "variable":
            made = self.K.variable(arr.value(), dtype=arr.dtype)
        else:
            made = self.K.placeholder(shape=static_shape(arr.shape, self.variant), dtype=arr.dtype)
            self.placeholders.append(made)
            self.values.append(arr.value())
        if arr.dtype in FLOATS:
            self.differentiable.append(made)
        return made


def leaves(result, is_array):
    """The outputs of a call as a flat list; plain Python values, even nested ones, are one leaf."""

    def any_array(item):
        return is_array(item) or (isinstance(item, (list, tuple)) and any(map(any_array, item)))

    if isinstance(result, (list, tuple)) and any_array(result):
        return [leaf for item in result for leaf in leaves(item, is_array)]
    return [result]


def weights(shape, dtype):
    """Fixed weights that make a scalar loss of an output, different for each element."""
    return Arr(shape, dtype, "nonzero", 11, "raw").value()


def loss(K, outputs):
    """The weighted sum of all floating-point outputs, given as `(tensor, dtype, run-time shape)`."""
    terms = [
        K.sum(tensor * K.constant(weights(shape, dtype), dtype=dtype))
        for tensor, dtype, shape in outputs
        if dtype in FLOATS
    ]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total

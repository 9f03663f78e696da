"""When two results count as the same."""

# ruff: noqa: B905  (Python 3.8 has no strict zip)

import numpy as np

from . import records

# Relative to the number itself or, where that is smaller, to 1 or the largest number of the array: a sum may cancel.
RTOL = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 1e-5, "float64": 1e-12, "complex64": 1e-5, "complex128": 1e-12}


def difference(expected, actual, rtol=None, floor=0.0):
    """How two encoded outputs differ, in words; '' if they count as the same.

    Numbers below `floor` are compared as if they were of its size: a gradient that is zero in theory need not be in
    practice.
    """
    if expected is None or actual is None:
        return "" if expected is actual else f"{brief(actual)} instead of {brief(expected)}"
    if ("py" in expected and actual.get("shape") == []) or ("py" in actual and expected.get("shape") == []):
        expected, actual = unwrapped(expected), unwrapped(actual)  # a Python number is as good as a NumPy scalar
    if ("py" in expected) != ("py" in actual):
        return "a {} instead of a {}".format(
            *("Python value" if "py" in one else "array" for one in (actual, expected))
        )
    if "py" in expected:
        return plain_difference(listed(expected["py"]), listed(actual["py"]))
    for key in ("dtype", "shape"):
        if expected[key] != actual[key]:
            return f"{key} {actual[key]} instead of {expected[key]}"
    return value_difference(
        records.decode(expected), records.decode(actual), rtol or RTOL.get(expected["dtype"], 0), floor
    )


def same(expected, actual):
    """Whether two encoded outputs count as the same."""
    return not difference(expected, actual)


def unwrapped(leaf):
    return {"py": records.decode(leaf).item()} if "data" in leaf else leaf


def listed(plain):
    """A plain value as JSON gives it back: tuples are lists."""
    return [listed(item) for item in plain] if isinstance(plain, (list, tuple)) else plain


def plain_difference(expected, actual):
    if isinstance(expected, float) and isinstance(actual, (int, float)):
        return value_difference(np.float64(expected), np.float64(actual), RTOL["float32"])
    return "" if expected == actual else f"{actual} instead of {expected}"


def value_difference(expected, actual, rtol, floor=0.0):
    """Compare arrays of the same shape and dtype; NaN equals NaN, and each infinity itself."""
    if expected.dtype.kind not in "fcV" and expected.dtype.name != "bfloat16":
        if np.array_equal(expected, actual):
            return ""
    else:
        kind = np.complex128 if expected.dtype.kind == "c" else np.float64
        wide, other = expected.astype(kind), actual.astype(kind)
        finite = np.abs(wide[np.isfinite(wide)])
        scale = finite.max() if finite.size else 0.0
        with np.errstate(all="ignore"):
            close = (
                (wide == other)
                | (np.isnan(wide) & np.isnan(other))
                | (
                    np.isfinite(wide)
                    & (np.abs(wide - other) <= rtol * np.maximum(np.abs(wide), max(min(scale, 1.0), floor)))
                )
            )
        if close.all():
            return ""
    return f"{brief(actual)} instead of {brief(expected)}"


def brief(array):
    if isinstance(array, dict):
        array = array.get("data", array.get("py"))
    return " ".join(str(array).split())[:160]


def static_difference(theirs, ours, shape):
    """How our static shape fails: it may know more than TF's, but not less, and never contradict the run-time shape."""
    if ours is None:
        return "" if theirs is None else f"unknown rank instead of {theirs}"
    if len(ours) != len(shape) or any(dim not in (None, actual) for dim, actual in zip(ours, shape)):
        return f"{ours} contradicts the run-time shape {shape}"
    if theirs is not None and any(dim is None and known is not None for dim, known in zip(ours, theirs)):
        return f"{ours} knows less than {theirs}"
    return ""

# ruff: noqa: E501
"""relu and elu with slopes and bounds that are arrays and tensors; softmax."""

import numpy as np

from ..case import Family, arr, raw, val, var

cases = add = Family()

EDGES = [-3.0, -1.0, -0.0, 0.0, 0.5, 1.0, 2.5, 6.0, 7.0]


def parametric(K, x, alpha):
    """As the layer PReLU computes it."""
    return K.relu(x) - alpha * K.relu(-x)


def thresholded(K, x, theta):
    """As the layer ThresholdedReLU computes it."""
    return x * K.cast(K.greater(x, theta), K.floatx())


for alpha in (
    val(0.25),
    var(val(0.25)),
    raw(val(0.25)),
    val([[0.25]]),
    val([0.0, 0.5, 1.0]),
    var(val([0.0, 0.5, 1.0])),
):
    add("relu", arr((2, 3)), alpha)
    for max_value in (1.0, 6, 6.0):
        add("relu", arr((2, 3)), alpha=alpha, max_value=max_value)
        add("relu", val([EDGES]), alpha if alpha.shape in ((), (1, 1)) else val(0.5), max_value).grad()
    for threshold in (0.5, -0.5, 1):
        add("relu", arr((2, 3)), alpha=alpha, threshold=threshold)
        add("relu", arr((2, 3)), alpha, 1.5, threshold).grad()
for alpha in (np.float32(0.25), np.float64(0.25), np.array(0.25), np.array([0.25]), np.int64(2), True, 2):
    add("relu", val([EDGES]), alpha)
    add("relu", val([EDGES]), alpha, 6.0)
    add("relu", val([EDGES]), alpha, None, 1.0)
for bound in (np.float32(1.5), np.float64(6.0), np.int64(6), np.array(1.5), True, val(1.5), var(val(1.5)), raw(val(6.0)),
              val([1.0, 6.0, 0.5])):  # fmt: skip
    add("relu", arr((2, 3)), max_value=bound)
    add("relu", arr((2, 3)), 0.25, bound)
    add("relu", arr((2, 3)), 0.25, bound, 0.5)
for threshold in (np.float32(0.5), np.array(0.5), True, val(0.5), var(val(0.5)), raw(val(0.5)), val([0.0, 0.5, -0.5])):
    add("relu", arr((2, 3)), threshold=threshold)
    add("relu", arr((2, 3)), 0.25, None, threshold)
    add("relu", arr((2, 3)), 0.25, 1.5, threshold).grad()
for dtype in ("float16", "float64", "int32", "int64"):
    add("relu", arr((2, 3), dtype), val(0.25, "float32"))
    add("relu", arr((2, 3), dtype), val(2, dtype), 6)
    add("relu", arr((2, 3), dtype), 0.25, None, 0.5)
    add("relu", arr((2, 3), dtype), 0.25, 6.0)
    add("relu", arr((2, 3), dtype), 0, 6)
    add("relu", arr((2, 3), dtype), 0, 6.0)
    add("elu", arr((2, 3), dtype), 0.5)
for x in (raw(arr((2, 3))), var(arr((2, 3))), [1.0, -2.0], -1.5):
    add("relu", x, 0.25)
    add("relu", x, 0.25, 1.0)
    add("relu", x, 0.25, 1.0, 0.5)
    add("elu", x, 0.5)
for alpha in (val(0.25), var(val(0.25)), raw(val(0.25)), np.float64(0.5), 1, val([0.5, 1.0, 2.0]), arr((2, 3), seed=1)):
    add("elu", arr((2, 3)), alpha).grad()
add("elu", arr((2, 3)), None)
for shape in ((3,), (2, 3), (2, 3, 2)):
    add(parametric, arr(shape), arr(shape[1:] or (3,), kind="unit")).grad()
    add(thresholded, arr(shape), 0.5).grad()
for axis in (-1.0, 1.0, np.int64(1), np.float32(1.0), 2, None):
    add("softmax", arr((2, 3)), axis)

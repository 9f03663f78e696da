"""switch by rows, choices by the learning phase, control_dependencies, stop_gradient of a list."""

import numpy as np

from ..case import Family, Lazy, arr, raw, val, var

cases = add = Family()


def switch_rows(K, x):
    """The rows of which the sum is positive."""
    return K.switch(K.sum(x, axis=1) > 0.0, x, -x)


def switch_elements(K, x, y):
    """A clipped difference, as losses have it."""
    error = K.abs(x - y)
    return K.switch(error < 1.0, 0.5 * K.square(error), error - 0.5)


def switch_flattened(K, x, y):
    """The same of one dimension."""
    return switch_elements(K, K.flatten(x), K.flatten(y))


def switch_mean(K, x):
    """A scalar condition that is computed."""
    return K.switch(K.mean(x), lambda: x * 2.0, lambda: x - 1.0)


def switch_twice(K, c, d, x, y):
    """Rows, and within them elements."""
    return K.switch(c, K.switch(d, x, y), y)


def phase_of(K, x, y):
    """The branch for testing, in which a function runs that is not fed the phase."""
    return K.in_train_phase(x, y)


def uses_phase(K, x, training):
    """Whether the result says that it depends on the phase."""
    out = K.in_train_phase(K.square(x), x, training=training)
    return getattr(out, "_uses_learning_phase", False)


def stopped(K, x, y):
    """Several at once."""
    return list(K.stop_gradient([x, y]))


def after(K, x, y):
    """Computed after something else."""
    with K.control_dependencies([K.square(y)]):
        return x + 1.0


def after_update(K, x):
    """What is read after an update sees it."""
    v = K.variable(np.ones_like(x))
    with K.control_dependencies([K.update_add(v, K.constant(x))]):
        seen = K.identity(v) if hasattr(K, "identity") else v * 1.0
    return K.eval(seen)


def after_nothing(K, x):
    """None ends the dependencies."""
    with K.control_dependencies(None):
        return x + 1.0


for rows, rest in ((3, (3,)), (2, (3,)), (3, (2,)), (1, (4,)), (2, (2,)), (3, ()), (2, (3, 2)), (2, (2, 2)), (0, (3,))):
    shape = (rows, *rest)
    add("switch", arr((rows,), "bool"), arr(shape), arr(shape, seed=1)).grad()
    add("switch", arr((rows,), "bool"), Lazy(arr(shape)), Lazy(arr(shape, seed=1)))
    add("switch", arr((rows,), "int32", "bits"), arr(shape), arr(shape, seed=1))
for dtype in ("float16", "float64", "int32", "int64", "uint8", "bool", "complex64"):
    add("switch", val([True, False], "bool"), arr((2, 3), dtype), arr((2, 3), dtype, seed=1))
    add("switch", val([[True], [False]], "bool"), arr((2, 3), dtype), arr((2, 3), dtype, seed=1))
for dtype in ("float32", "float64", "int32", "int64", "uint8", "int8"):
    add("switch", val([0, 2, 1], dtype), arr((3, 2)), arr((3, 2), seed=1))
    add("switch", val(2, dtype), arr((3, 2)), arr((3, 2), seed=1))
    add("switch", val(0, dtype), Lazy(arr((3, 2))), arr((3, 2), seed=1))
add("switch", var(arr((3,), "float32", "bits")), arr((3, 3)), arr((3, 3), seed=1)).grad()
add("switch", arr((3,), "bool"), var(arr((3, 3))), arr((3, 3), seed=1)).grad()
add("switch", arr((3,), "bool"), raw(arr((3, 3))), raw(arr((3, 3), seed=1)))
add("switch", arr((3,), "bool"), arr((3, 2)), raw(arr((3, 2), seed=1)))
add("switch", raw(arr((3,), "bool")), arr((3, 3)), arr((3, 3), seed=1))
add("switch", [True, False], arr((2, 2)), arr((2, 2), seed=1))
add("switch", 1, arr((2, 2)), arr((2, 2), seed=1))
for cond, then, other in [
    ((3,), (2, 3), (2, 3)),
    ((3,), (1, 3), (1, 3)),
    ((1,), (3, 3), (3, 3)),
    ((3,), (3, 3), (3, 1)),
    ((3,), (3, 3), (1, 3)),
    ((3,), (3, 3), (3,)),
    ((3,), (3,), (3, 3)),
    ((3,), (), ()),
    ((3,), (4, 3, 3), (4, 3, 3)),
    ((3, 3), (3,), (3,)),
]:
    add("switch", arr(cond, "bool"), arr(then), arr(other, seed=1))
for cond in ((3,), (3, 1), (3, 3)):
    add("switch", arr(cond, "bool"), arr((3, 3)), 0.0)
    add("switch", arr(cond, "bool"), 0.0, arr((3, 3)))
    add("switch", arr(cond, "bool"), 1.0, 0.0)
add("switch", arr((3,), "bool"), arr((3, 3)), arr((3, 3), "int32"))
for shape in ((3, 3), (4, 2), (2, 4)):
    add(switch_rows, arr(shape)).grad()
    add(switch_elements, arr(shape), arr(shape, seed=1)).grad()
    add(switch_flattened, arr(shape), arr(shape, seed=1)).grad()
    add(switch_mean, arr(shape)).grad()
    add(switch_twice, arr(shape[:1], "bool"), arr(shape, "bool"), arr(shape), arr(shape, seed=1)).grad()
add(switch_elements, arr((4,)), arr((4,), seed=1)).grad()

for training in (0, 1, True, False):
    for name in ("in_train_phase", "in_test_phase"):
        add(name, Lazy(arr((2,))), arr((2,), seed=1), training)
        add(name, 1.0, 2.0, training)
    add(uses_phase, arr((2,)), training)
add(uses_phase, arr((2,)), None)
for name in ("in_train_phase", "in_test_phase"):
    for training in (val(1, "int32"), val(0, "int32"), val(1.0), var(val(1.0)), val([True, False], "bool")):
        add(name, arr((2, 2)), arr((2, 2), seed=1), training=training)
        add(name, Lazy(arr((2, 2))), Lazy(arr((2, 2), seed=1)), training=training)
    for training in (2, -1, "a", 0.0, 1.0, np.bool_(True), np.int64(1)):
        add(name, arr((2, 2)), arr((2, 2), seed=1), training=training)
add(phase_of, arr((2, 3)), arr((2, 3), seed=1)).grad()
add(stopped, arr((2,)), arr((3,)))
add("stop_gradient", arr((2, 3)))
add("stop_gradient", var(arr((2, 3))))
add("stop_gradient", raw(arr((2, 3))))
add("stop_gradient", 2.0)
for shape in ((), (3,), (2, 3)):
    add(after, arr(shape), arr((2,), seed=1)).grad()
    add(after_nothing, arr(shape)).grad()
    add(after_update, arr(shape)).session()

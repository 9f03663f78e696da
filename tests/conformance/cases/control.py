"""switch, in_train_phase, in_test_phase, stop_gradient."""

from ..case import DTYPES, Family, Lazy, arr, val

cases = add = Family()


def switch_twice(K, c, x, y):
    """A switch whose branches are themselves switches."""
    return K.switch(c, lambda: K.switch(K.not_equal(K.sum(x), 0.0), x, y), lambda: K.square(y))


def stopped(K, *tensors):
    """Several tensors as constants; TF gives an iterator."""
    return list(K.stop_gradient(list(tensors)))


def switch_branches(K, c, x):
    """Branches that compute from a tensor outside of them."""
    return K.switch(c, lambda: x * 2.0, lambda: K.sum(x) - x)


def switch_greater(K, x):
    """A condition that is computed."""
    return K.switch(K.greater(x, 0.0), x, -x)


for dtype in DTYPES:
    flag = val([[True, False], [False, True]] if dtype == "bool" else [[1, 0], [0, 1]], dtype)
    add("switch", flag, arr((2, 2)), arr((2, 2), seed=1))
    add("switch", val(True, "bool"), arr((2,), dtype), arr((2,), dtype, seed=1))
    add("switch", val([True, False], "bool"), arr((2,), dtype), arr((2,), dtype, seed=1))
    add("switch", val(True if dtype == "bool" else 2, dtype), arr((2,)), arr((2,), seed=1))
for condition in (True, False):
    for shape in ((), (3,), (2, 3), (2, 3, 4), (1, 2, 1, 2, 1), (0, 2)):
        add("switch", val(condition, "bool"), arr(shape), arr(shape, seed=1)).grad()
        add("switch", val(condition, "bool"), Lazy(arr(shape)), Lazy(arr(shape, seed=1))).grad()
    add(switch_branches, val(condition, "bool"), arr((2, 3))).grad()
    add(switch_twice, val(condition, "bool"), arr((2, 3)), arr((2, 3), seed=1)).grad()
    add("switch", condition, arr((2, 3)), arr((2, 3), seed=1)).differs("the condition may be a Python bool")
    add("switch", val(condition, "bool"), 1.0, 2.0)
    add("switch", val(condition, "bool"), arr((2, 3)), Lazy(arr((2, 3), seed=1)))
for cond, then, other in [
    ((3,), (3,), (3,)),
    ((2, 3), (2, 3), (2, 3)),
    ((3,), (2, 3), (2, 3)),
    ((2, 1), (2, 3), (2, 3)),
    ((4,), (2, 3, 4), (2, 3, 4)),
    ((2, 3), (2, 3, 4), (2, 3, 4)),
    ((2, 3, 1), (2, 3, 4), (2, 3, 4)),
    ((1, 3), (2, 3), (2, 3)),
    ((2, 1, 2, 1), (2, 1, 2, 1, 3), (2, 1, 2, 1, 3)),
    ((0, 1), (0, 3), (0, 3)),
    ((2, 3), (2, 3), (2, 1)),
    ((1,), (3,), (3,)),
]:
    add("switch", arr(cond, "bool"), arr(then), arr(other, seed=1))
    add("switch", arr(cond, "bool"), Lazy(arr(then)), Lazy(arr(other, seed=1)))
for cond, then, other in [((3,), (3,), (3,)), ((3,), (2, 3), (2, 3)), ((2, 1), (2, 3), (2, 3))]:
    add("switch", arr(cond, "bool"), arr(then), arr(other, seed=1)).grad()
add(switch_greater, arr((2, 3))).grad()
add(switch_greater, arr((6,), kind="special"))
for cond, then, other in [
    ((2, 3), (3,), (3,)),
    ((2, 3), (), ()),
    ((2,), (3,), (3,)),
    ((2, 2), (2, 3), (2, 3)),
    ((2,), (2, 3), (2, 3)),
    ((2,), (2, 3, 4), (2, 3, 4)),
]:
    add("switch", arr(cond, "bool"), arr(then), arr(other, seed=1)).error()
add("switch", arr((2,), "bool"), arr((2,)), arr((2,), "float64")).error()
add("switch", arr((2,), "bool"), arr((2,)), arr((2,), "int32")).error()
add("switch", None, arr((2,)), arr((2,), seed=1)).error()

for name in ("in_train_phase", "in_test_phase"):
    for training in (0, 1, True, False):
        add(name, arr((2, 3)), arr((2, 3), seed=1), training=training).grad()
        add(name, Lazy(arr((2, 3))), Lazy(arr((2, 3), seed=1)), training=training).grad()
    add(name, arr((2, 3)), arr((2, 3), seed=1))
    add(name, Lazy(arr((2, 3))), arr((2, 3), seed=1))
    add(name, arr((2, 3)), arr((2, 3), seed=1), training=None)
    for training in (val(True, "bool"), val(False, "bool")):
        add(name, arr((2, 3)), arr((2, 3), seed=1), training=training)

for dtype in DTYPES:
    add("stop_gradient", arr((2, 3), dtype))
for shape in ((), (0,), (4,), (2, 1, 2, 1, 3)):
    add("stop_gradient", arr(shape)).grad()
add(stopped, arr((2, 3)), arr((4,), "int32"))

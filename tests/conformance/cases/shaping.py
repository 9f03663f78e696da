"""reshape, concatenate, stack, tile, repeat*, permute_dimensions, expand_dims, squeeze, *flatten, reverse."""

import numpy as np

from ..case import DTYPES, Family, arr, raw, val, var

cases = add = Family()

FEW = ("float16", "bfloat16", "float64", "int32", "uint8", "bool", "complex64")


def reshape_to_parts(K, x):
    """A target shape that is symbolic in part."""
    return K.reshape(x, (K.shape(x)[0], -1))


def reshape_to_stack(K, x):
    """A target shape that is a tensor made of tensors."""
    return K.reshape(x, K.stack([K.shape(x)[1], K.shape(x)[0], -1]))


def reshape_like(K, x, y):
    """The target shape is the shape of another tensor."""
    return K.reshape(x, K.shape(y))


# reshape
for dtype in DTYPES:
    add("reshape", arr((2, 3), dtype), (3, 2))
for shape, target in [
    ((), ()),
    ((), (1,)),
    ((1,), ()),
    ((6,), (2, 3)),
    ((2, 3), (6,)),
    ((2, 3), (-1,)),
    ((2, 3), (3, -1)),
    ((2, 3), [-1, 2]),
    ((2, 3, 4), (-1, 4)),
    ((2, 3, 4), (2, -1)),
    ((2, 3, 4), (4, 3, 2, 1)),
    ((0, 3), (3, 0)),
    ((0, 3), (-1, 3)),
    ((2, 1, 3, 1, 2), (2, 6)),
    ((4,), (2, 1, 2, 1, 1)),
    ((2, 3), np.array([3, 2])),
    ((2, 3), (np.int64(3), 2)),
    ((4,), 4),
    ((2, 2), -1),
]:
    case = add("reshape", arr(shape), target)
    if not isinstance(target, int):
        case.grad()
for target in ((4,), (-1, 4), (-1, -1), (2, "a"), (2.5, 2), None, (None, 3), (-2, 3), "ab", (2, 3, 0)):
    add("reshape", arr((2, 3)), target).error()
add(reshape_to_parts, arr((2, 3, 4))).grad()
add(reshape_to_stack, arr((2, 3, 4))).grad()
add(reshape_like, arr((2, 3)), arr((3, 2))).grad()
add("reshape", arr((2, 3)), val([3, 2], "int32"))
add("reshape", arr((2, 3)), val([-1], "int64"))
add("reshape", raw(arr((2, 3))), (3, 2))
add("reshape", [1, 2, 3, 4], (2, 2))
add("reshape", var(arr((2, 3))), (6,)).grad()

# concatenate
for dtype in DTYPES:
    add("concatenate", [arr((2, 3), dtype), arr((2, 3), dtype, seed=1)])
for shapes, axis in [
    ([(2,), (3,)], 0),
    ([(2,), (3,)], -1),
    ([(2, 3), (2, 1)], 1),
    ([(2, 3), (2, 1)], -1),
    ([(2, 3), (4, 3)], 0),
    ([(2, 3), (4, 3)], -2),
    ([(2, 3)], 0),
    ([(2, 0), (2, 3)], 1),
    ([(0,), (0,)], 0),
    ([(2, 3, 4), (2, 1, 4), (2, 2, 4)], 1),
    ([(1, 2, 1, 2), (1, 2, 3, 2)], 2),
    ([(1, 2, 1, 2, 1), (1, 2, 1, 2, 2)], 4),
]:
    add("concatenate", [arr(shape, seed=i) for i, shape in enumerate(shapes)], axis).grad()
add("concatenate", (arr((2, 3)), arr((2, 3), seed=1)), axis=1)
add("concatenate", [arr((2, 3)), var(arr((2, 3), seed=1))], axis=0).grad()
add("concatenate", [arr((2, 3)), raw(arr((1, 3), seed=1))], axis=0)
for shapes, axis in [([(2, 3), (2, 3)], 2), ([(2, 3), (3, 2)], 0), ([(2, 3), (2,)], 0)]:
    add("concatenate", [arr(shape, seed=i) for i, shape in enumerate(shapes)], axis).error()
add("concatenate", []).error()
add("concatenate", [arr((2, 3)), arr((2, 3), "float64")]).error()
add("concatenate", [arr((2, 3)), arr((2, 3), "int32")], axis=0).error()

# stack
for dtype in FEW:
    add("stack", [arr((2, 3), dtype), arr((2, 3), dtype, seed=1)])
for shape, axis in [
    ((), 0),
    ((), -1),
    ((3,), 0),
    ((3,), 1),
    ((3,), -1),
    ((2, 3), 0),
    ((2, 3), 1),
    ((2, 3), 2),
    ((2, 3), -1),
    ((2, 3), -3),
    ((0, 2), 1),
    ((1, 2, 3, 2), 3),
]:
    add("stack", [arr(shape, seed=i) for i in range(3)], axis=axis).grad()
add("stack", [arr((2,))]).grad()
add("stack", [1, 2, 3])
add("stack", [1.5, 2.0])
add("stack", [[1, 2], [3, 4]], axis=1)
add("stack", [arr((), "int32"), -1])
add("stack", arr((2, 3)))
add("stack", [arr((2,)), arr((3,))]).error()
add("stack", [arr((2,)), arr((2,), "int32")]).error()
add("stack", [arr((2,)), arr((2,))], axis=2).error()
add("stack", [arr((2,)), arr((2,))], axis=-3).error()

# tile
for dtype in FEW:
    add("tile", arr((2, 3), dtype), (2, 2))
for shape, n in [
    ((), ()),
    ((3,), 2),
    ((3,), (2,)),
    ((3,), [3]),
    ((2, 3), (1, 2)),
    ((2, 3), [3, 1]),
    ((2, 3), (0, 2)),
    ((2, 1, 3), (2, 3, 1)),
    ((1, 2, 1, 2), (2, 1, 2, 1)),
    ((1, 2, 1, 2, 1), (2, 1, 1, 1, 2)),
    ((0, 2), (2, 2)),
    ((2, 3), np.array([2, 1])),
]:
    add("tile", arr(shape), n).grad()
add("tile", arr((2, 3)), val([2, 1], "int32"))
add("tile", raw(arr((2, 3))), (2, 1))
add("tile", [1, 2], 2)
for n in (2, (2,), (1, 2, 3), (-1, 1), (1.5, 1), "a", None):
    add("tile", arr((2, 3)), n).error()

# repeat, repeat_elements
for dtype in FEW:
    add("repeat", arr((2, 3), dtype), 2)
    add("repeat_elements", arr((2, 3), dtype), 2, 1)
for n in (0, 1, 3):
    add("repeat", arr((2, 3)), n).grad()
add("repeat", arr((0, 3)), 2)
add("repeat", arr((2, 0)), 2)
for shape in ((3,), (2, 3, 4), ()):
    add("repeat", arr(shape), 2).error()
add("repeat", arr((2, 3)), -1).error()
add("repeat", arr((2, 3)), 1.5).error()
for shape, rep, axis in [
    ((3,), 2, 0),
    ((2, 3), 2, 0),
    ((2, 3), 3, 1),
    ((2, 3), 1, 0),
    ((2, 3), 2, -1),
    ((2, 3, 4), 2, 1),
    ((2, 1, 3, 2), 2, 2),
    ((2, 1, 2, 1, 2), 3, 4),
    ((2, 3), np.int64(2), 1),
]:
    add("repeat_elements", arr(shape), rep, axis).grad()
add("repeat_elements", arr((0, 3)), 2, 1)
add("repeat_elements", arr((2, 3)), 2, 2).error()
add("repeat_elements", arr(()), 2, 0).error()
add("repeat_elements", arr((2, 3)), "a", 0).error()

# permute_dimensions
for dtype in FEW:
    add("permute_dimensions", arr((2, 3), dtype), (1, 0))
for shape, pattern in [
    ((), ()),
    ((3,), (0,)),
    ((2, 3), (1, 0)),
    ((2, 3), [0, 1]),
    ((2, 3, 4), (0, 2, 1)),
    ((2, 3, 4), (2, 0, 1)),
    ((2, 3, 4), [1, 2, 0]),
    ((1, 2, 3, 2), (0, 3, 1, 2)),
    ((2, 1, 3, 1, 2), (4, 3, 2, 1, 0)),
    ((0, 2), (1, 0)),
    ((2, 3), np.array([1, 0])),
    ((2, 3), range(2)),
]:
    add("permute_dimensions", arr(shape), pattern).grad()
add("permute_dimensions", raw(arr((2, 3))), (1, 0))
add("permute_dimensions", [[1, 2], [3, 4]], (1, 0))
for pattern in ((0,), (0, 1, 2), (0, 0), (0, 2), (0, -1), (0.5, 1), "a"):
    add("permute_dimensions", arr((2, 3)), pattern).error()

# expand_dims, squeeze
for dtype in FEW:
    add("expand_dims", arr((2, 3), dtype))
    add("squeeze", arr((2, 1), dtype), 1)
for shape, axis in [
    ((), 0),
    ((), -1),
    ((3,), 0),
    ((3,), 1),
    ((3,), -1),
    ((3,), -2),
    ((2, 3), 0),
    ((2, 3), 1),
    ((2, 3), 2),
    ((2, 3), -1),
    ((2, 3), -3),
    ((1, 2, 3, 2), 2),
    ((0, 2), 1),
]:
    add("expand_dims", arr(shape), axis).grad()
add("expand_dims", [1, 2], 0)
add("expand_dims", 3.5, 0)
add("expand_dims", raw(arr((2, 3))), 1)
for axis in (3, -4, "a", None, 0.5, (0, 1)):
    add("expand_dims", arr((2, 3)), axis).error()
for shape, axis in [
    ((1,), 0),
    ((1,), -1),
    ((2, 1), 1),
    ((1, 2), 0),
    ((2, 1, 3), 1),
    ((2, 1, 3), -2),
    ((1, 1, 1), 1),
    ((2, 1, 1, 2), 2),
    ((1, 2, 1, 2, 1), 4),
    ((0, 1), 1),
]:
    add("squeeze", arr(shape), axis).grad()
add("squeeze", raw(arr((2, 1))), 1)
for shape, axis in [
    ((2, 3), 0),
    ((2, 1), 0),
    ((2, 1), 2),
    ((2, 1), -3),
    ((2, 1), "a"),
    ((), 0),
    ((2, 1), 0.5),
    ((2, 1, 1, 2), (1, 2)),
    ((2, 1), [1]),
]:
    add("squeeze", arr(shape), axis).error()

# flatten, batch_flatten
for name in ("flatten", "batch_flatten"):
    for dtype in FEW:
        add(name, arr((2, 3), dtype))
    for shape in [(3,), (2, 3), (2, 3, 4), (2, 1, 3, 2), (1, 2, 1, 2, 3), (2, 0)]:
        if (name, shape) == ("batch_flatten", (2, 0)):
            continue
        add(name, arr(shape)).grad()
    add(name, raw(arr((2, 3, 2))))
    add(name, None).error()
add("flatten", arr(())).grad()
add("flatten", arr((0, 3)))
add("flatten", [[1, 2], [3, 4]])

# reverse
for dtype in FEW:
    add("reverse", arr((2, 3), dtype), 1)
for shape, axes in [
    ((3,), 0),
    ((3,), -1),
    ((2, 3), 0),
    ((2, 3), 1),
    ((2, 3), -1),
    ((2, 3), (0, 1)),
    ((2, 3), [1]),
    ((2, 3, 4), [0, 2]),
    ((2, 3, 4), 1),
    ((1, 2, 3, 2), (1, -1)),
    ((2, 1, 2, 1, 3), (0, 4)),
    ((0, 3), 1),
    ((2, 3), ()),
]:
    add("reverse", arr(shape), axes).grad()
add("reverse", raw(arr((2, 3))), 0)
add("reverse", [1, 2, 3], 0)
for shape, axes in [((2, 3), 2), ((2, 3), -3), ((2, 3), (0, 0)), ((2, 3), "a"), ((2, 3), None)]:
    add("reverse", arr(shape), axes).error()

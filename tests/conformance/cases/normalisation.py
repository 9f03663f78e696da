"""batch_normalization, normalize_batch_in_training, in_top_k."""

from ..case import Family, arr, raw, val

cases = add = Family()

# ------------------------------------------------------------------------------------------------- batch_normalization

FLOATS_TOO = "tensors of rank 4 may be of any dtype of floats"
ANY_AXIS = "for rank 4 any axis may be that of the channels"


def with_fixed(K, x, beta, gamma, **options):
    """Mean and variance are constants: to them TF has no gradients for rank 4."""
    return K.batch_normalization(x, K.constant([0.5, 1.0, -1.0]), K.constant([1.0, 2.0, 3.0]), beta, gamma, **options)


def stats(n, dtype="float32"):
    """Mean, variance, beta, gamma."""
    return arr((n,), dtype), arr((n,), dtype, "pos"), arr((n,), dtype, seed=1), arr((n,), dtype, seed=2)


for shape in ((3,), (2, 3), (2, 2, 3), (2, 2, 2, 3), (1, 2, 2, 2, 3), (0, 3), (0, 2, 2, 3)):
    mean, var, beta, gamma = stats(3)
    add(with_fixed, arr(shape), beta, gamma).grad()
    both = [add("batch_normalization", arr(shape), mean, var, beta, gamma)]
    both.append(add("batch_normalization", arr(shape), mean, var, None, None))
    if len(shape) != 4:
        for case in both:
            case.grad()
    add("batch_normalization", arr(shape), mean, var, beta, None, epsilon=0.1)
    add("batch_normalization", arr(shape), mean, var, None, gamma, axis=len(shape) - 1)
for shape in ((2, 3), (2, 2, 3), (2, 2, 2, 3)):
    ones = (1,) * (len(shape) - 1)
    spread = [arr(ones + (3,), kind=kind, seed=seed) for kind, seed in (("mix", 0), ("pos", 0), ("mix", 1), ("mix", 2))]
    add(with_fixed, arr(shape), *spread[2:]).grad()
    add("batch_normalization", arr(shape), *spread)
    add("batch_normalization", arr(shape), *spread[:2], beta=None, gamma=None)
for dtype in ("float16", "bfloat16", "float64"):
    mean, var, beta, gamma = stats(2, dtype)
    loose = {"float16": 2e-2, "bfloat16": 1e-1, "float64": 1e-6}[dtype]
    add("batch_normalization", arr((3, 2), dtype), mean, var, beta, gamma).within(loose if dtype != "float64" else None)
    add("batch_normalization", arr((1, 2, 2, 2), dtype), mean, var, beta, gamma).differs(FLOATS_TOO)
    add("batch_normalization", arr((3, 2), dtype), *stats(2)[:2], beta=None, gamma=None).within(loose)
add("batch_normalization", arr((2, 2, 2, 3), "float16"), *stats(3)).within(2e-2)
add("batch_normalization", arr((2, 3, 2), "float32"), arr((1, 3, 1)), arr((1, 3, 1), kind="pos"), None, None, axis=1)
add("batch_normalization", arr((2, 3)), arr((2, 1)), arr((2, 1), kind="pos"), None, None, axis=0).grad()
add("batch_normalization", arr((2, 3)), arr(()), arr((), kind="pos"), None, None).grad()
add("batch_normalization", arr((2, 3)), 0.5, 2.0, 1.0, 3.0)
add("batch_normalization", arr((2, 2, 2, 3)), *stats(3), epsilon=0.0)
add(with_fixed, arr((2, 2, 2, 3)), arr((3,), seed=1), arr((3,), seed=2), epsilon=0.0).grad()
add("batch_normalization", arr((2, 2, 1, 3)), arr((3,)), val([0.0, 0.0, 1.0]), None, None, epsilon=0.0)
add("batch_normalization", arr((2, 3)), raw(arr((3,))), raw(arr((3,), kind="pos")), None, None)
for axis in (1, -3, 0, 2):
    add("batch_normalization", arr((3, 3, 3, 3)), *stats(3), axis=axis).differs(ANY_AXIS)
add("batch_normalization", arr((2, 3)), arr((2,)), arr((2,)), None, None).error()
add("batch_normalization", arr((2, 2, 3)), arr((2,)), arr((2,)), None, None, axis=1).error()
add("batch_normalization", arr((2, 3)), arr((3,)), arr((3,), "float64"), None, None).error()
add("batch_normalization", arr((2, 3), "int32"), arr((3,), "int32"), arr((3,), "int32"), None, None).error()
add("batch_normalization", arr((2, 3)), None, arr((3,)), None, None).error()
add("batch_normalization", arr((2, 3)), arr((3,)), None, None, None).error()

# ----------------------------------------------------------------------------------------- normalize_batch_in_training


def normed(K, x, gamma, beta, axes, **options):
    """Without mean and variance, whose gradients TF gives as 0 where its kernel for images is at work."""
    return K.normalize_batch_in_training(x, gamma, beta, axes, **options)[0]


for shape, axes in [
    ((3, 2), [0]),
    ((3, 2), [1]),
    ((3, 2), [0, 1]),
    ((2, 3, 2), [0, 1]),
    ((2, 3, 2), [0]),
    ((2, 3, 2), [2, 0]),
    ((2, 3, 2), [1]),
    ((2, 2, 3, 2), [0, 2, 3]),
    ((2, 2, 3, 2), [0, 1]),
    ((2, 2, 3, 2), [2, 1, 0]),
    ((2, 2, 3, 2), [0, 1, 2, 3]),
    ((1, 2, 2, 2, 2), [0, 1, 2, 3]),
]:
    left = tuple(dim for i, dim in enumerate(shape) if i not in axes)
    gamma, beta = arr(left, kind="nonzero"), arr(left, seed=1)
    # With the axes of images in another order TF 2.2 takes another kernel: rounding differs most there.
    add("normalize_batch_in_training", arr(shape), gamma, beta, axes).grad().within(1e-4)
    add("normalize_batch_in_training", arr(shape), None, None, axes)
    add("normalize_batch_in_training", arr(shape), None, beta, axes, epsilon=0.5)
for shape in ((2, 2, 3, 2), (1, 1, 2, 3), (1, 1, 1, 2)):
    gamma, beta = arr(shape[-1:], kind="nonzero"), arr(shape[-1:], seed=1)
    add("normalize_batch_in_training", arr(shape), gamma, beta, [0, 1, 2])
    add("normalize_batch_in_training", arr(shape), None, None, (0, 1, 2), epsilon=1e-9)
    add(normed, arr(shape), gamma, beta, [0, 1, 2]).grad().within(1e-4)
add("normalize_batch_in_training", arr((4, 2), "float64"), arr((2,), "float64"), None, [0]).grad()
add("normalize_batch_in_training", arr((4, 2), "float16"), None, None, [0]).within(2e-2)
add("normalize_batch_in_training", arr((2, 2, 2, 2), "float64"), None, None, [0, 1, 2]).differs(FLOATS_TOO)
add("normalize_batch_in_training", arr((0, 2)), None, None, [0])
add("normalize_batch_in_training", arr((4, 2)), None, None, [-1]).differs("negative axes count from the back")
add("normalize_batch_in_training", arr((4, 2)), None, None, 0).error()
add("normalize_batch_in_training", arr((4, 2)), None, None, [2]).error()
add("normalize_batch_in_training", arr((4, 2)), arr((3,)), None, [0]).error()
add("normalize_batch_in_training", arr((4, 2)), None, arr((3,)), [1]).error()
add("normalize_batch_in_training", arr((4, 2), "int32"), None, None, [0]).error()

# ------------------------------------------------------------------------------------------------------------ in_top_k

for k in (-1, 0, 1, 2, 3, 5):
    add("in_top_k", arr((4, 3)), arr((4,), "int32", "index3"), k)
    add("in_top_k", arr((4, 5), kind="ties"), arr((4,), "int64", "index5"), k)
    add("in_top_k", arr((8, 2), kind="special"), arr((8,), "int32", "index2"), k)
    add("in_top_k", val([[1.0, 2.0], [3.0, 0.0], [1.0, 1.0]]), val([-1, 2, 5], "int32"), k)
add("in_top_k", arr((4, 3)), arr((4,), "int32", "index3"), val(2, "int32"))
add("in_top_k", arr((4, 3)), arr((4,), "int64", "index3"), val(2, "int64"))
add("in_top_k", arr((4, 3)), arr((4,), "int64", "index3"), val(2, "int32")).differs(
    "targets and k may be integers of different dtypes"
)
add("in_top_k", arr((4, 3), "float64"), arr((4,), "int32", "index3"), 2).differs("predictions may be any floats")
add("in_top_k", arr((0, 3)), arr((0,), "int32"), 2)
add("in_top_k", arr((1, 1)), val([0], "int32"), 1)
add("in_top_k", [[0.1, 0.9]], [1], 1)
add("in_top_k", raw(arr((4, 3))), raw(arr((4,), "int32", "index3")), 2)
add("in_top_k", arr((4, 3)), arr((3,), "int32", "index3"), 1).error()
add("in_top_k", arr((4,)), arr((4,), "int32", "index3"), 1).error()
add("in_top_k", arr((4, 3, 2)), arr((4,), "int32", "index3"), 1).error()
add("in_top_k", arr((4, 3)), arr((4, 1), "int32", "index3"), 1).error()
add("in_top_k", arr((4, 3)), arr((4,), "float32"), 1).error()
add("in_top_k", arr((4, 3)), arr((4,), "int32", "index3"), 1.5).error()
add("in_top_k", arr((4, 3)), arr((4,), "int32", "index3"), val([1], "int32")).error()
add("in_top_k", arr((4, 3), "int32"), arr((4,), "int32", "index3"), 1).error()

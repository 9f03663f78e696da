"""Helpers of tests: the same call in every mode, and gradients compared with finite differences."""

import numpy as np

import kjax
from kjax import backend as K

KNOWLEDGE = {"known": lambda shape: shape, "dims": lambda shape: (None,) * len(shape), "rank": lambda shape: None}


def values(tensors):
    """The values of a tensor, or of a list of them."""
    return [K.get_value(t) for t in tensors] if isinstance(tensors, (list, tuple)) else K.get_value(tensors)


def placeholders(arrays, knowledge="dims"):
    """Placeholders for arrays, of which beforehand their shapes are known, only how many dims, or nothing."""
    return [K.placeholder(shape=KNOWLEDGE[knowledge](np.shape(a)), dtype=np.asarray(a).dtype) for a in arrays]


def in_all_modes(fn, *arrays):
    """The results of `fn`: eager, as a compiled function of placeholders, and in graph mode on variables.

    Args:
        fn: gives a tensor or a list of them. Many calls in one list share the time that compiling takes.
        *arrays: its arguments.

    Returns:
        `{"eager": …, "symbolic": …, "graph": …}`, each an array or a list of them.
    """
    arrays = [np.asarray(a) for a in arrays]
    results = {"eager": values(fn(*[K.constant(a, dtype=a.dtype) for a in arrays]))}
    symbols = placeholders(arrays)
    outputs = fn(*symbols)
    listed = isinstance(outputs, (list, tuple))
    found = K.function(symbols, list(outputs) if listed else [outputs])(list(arrays))
    results["symbolic"] = found if listed else found[0]
    with kjax.graph_mode():
        outputs = fn(*[K.variable(a, dtype=a.dtype) for a in arrays])
        found = K.function([], list(outputs) if listed else [outputs])([])
        results["graph"] = found if listed else found[0]
    return results


def agreed(fn, *arrays, rtol=1e-6):
    """The eager results of `fn` (always a list), after a check that all modes agree and no static shape is wrong.

    The symbolic call is made on placeholders of known shapes, unknown dims and unknown rank, all in one function.
    """
    arrays = [np.asarray(a) for a in arrays]

    def several(*tensors):
        out = fn(*tensors)
        return list(out) if isinstance(out, (list, tuple)) else [out]

    eager = values(several(*[K.constant(a, dtype=a.dtype) for a in arrays]))
    symbols, outputs = [], []
    for knowledge in KNOWLEDGE:
        made = placeholders(arrays, knowledge)
        symbols += made
        outputs += several(*made)
    with kjax.graph_mode():
        outputs += several(*[K.variable(a, dtype=a.dtype) for a in arrays])
    results = K.function(symbols, outputs)(arrays * len(KNOWLEDGE))
    for i, (tensor, result) in enumerate(zip(outputs, results, strict=True)):
        expected = eager[i % len(eager)]
        assert result.dtype == expected.dtype == tensor.dtype, (i, tensor, expected.dtype)
        assert result.shape == expected.shape and tensor.shape.is_compatible_with(result.shape), (i, tensor)
        assert i >= len(eager) or tensor.shape.is_fully_defined(), f"shape of {tensor} should be known"
        if result.dtype.kind in "fc":
            np.testing.assert_allclose(result, expected, rtol, rtol, err_msg=str(i))
        else:
            np.testing.assert_array_equal(result, expected, err_msg=str(i))
    return eager


def numeric_gradient(fn, array, step=1e-6):
    """The gradient of a function of an array, which gives a number, by central differences."""
    array = np.array(array, "float64")
    slope = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        ends = []
        for sign in (1, -1):
            moved = array.copy()
            moved[index] += sign * step
            ends.append(float(fn(moved)))
        slope[index] = (ends[0] - ends[1]) / (2 * step)
    return slope


def assert_gradients(fn, *arrays, rtol=1e-5):
    """Compare `K.gradients` of `fn`, a list of tensors, with finite differences, by each of the float64 arrays."""
    arrays = [np.asarray(a, "float64") for a in arrays]

    def loss(out):
        out = list(out) if isinstance(out, (list, tuple)) else [out]
        # Weights that differ from element to element, so that no two slopes are taken for each other.
        terms = [
            np.sum(np.asarray(t) * weights(np.shape(t))) if not t.is_symbolic else K.sum(t * weights(t.shape))
            for t in out
        ]
        return sum(terms[1:], terms[0])

    symbols = placeholders(arrays, "known")
    slopes = K.function(symbols, K.gradients(loss(fn(*symbols)), symbols))(arrays)
    assert len(slopes) == len(arrays) > 0
    for i, slope in enumerate(slopes):

        def moved(array, i=i):
            return loss(fn(*[K.constant(array if j == i else a, "float64") for j, a in enumerate(arrays)]))

        np.testing.assert_allclose(slope, numeric_gradient(moved, arrays[i]), rtol, rtol, err_msg=f"argument {i}")


def weights(shape):
    """Numbers between 0.5 and 1.5, different for each element."""
    count = int(np.prod(shape))
    return 0.5 + (np.arange(count) * 0.618 % 1).reshape(shape)


def assert_kernel(kernel, reference, *arrays, rtol=1e-9):
    """Compare a function of JAX arrays with one of NumPy arrays: the results in float64, and the gradients."""
    import jax

    with jax.enable_x64(True):
        arrays = [np.asarray(a, "float64") for a in arrays]
        out, back = jax.vjp(jax.jit(kernel), *arrays)
        expected = np.asarray(reference(*arrays))
        assert out.dtype == expected.dtype == "float64" and out.shape == expected.shape
        np.testing.assert_allclose(out, expected, rtol, rtol)
        slopes = back(weights(out.shape))
    for i, slope in enumerate(slopes):

        def moved(array, i=i):
            return (reference(*arrays[:i], array, *arrays[i + 1 :]) * weights(expected.shape)).sum()

        np.testing.assert_allclose(slope, numeric_gradient(moved, arrays[i]), 1e-5, 1e-5, err_msg=f"argument {i}")

"""Laws for every operation and all arguments: the three modes agree, and static shapes are never wrong.

Nothing is compiled here, as that would take most of the time: symbolic results are computed operation by operation, and
JAX is only asked what shape and dtype its kernels give. `test_gradients.py` and the tests of each operation compile.
"""

import os

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import kjax
from kjax import backend as K
from kjax.core.dtypes import as_dtype, to_numpy
from kjax.core.function import run
from kjax.core.graph import Values

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTS = ("int8", "int16", "int32", "int64")
UINTS = ("uint8", "uint16", "uint32", "uint64")
COMPLEX = ("complex64", "complex128")
REALS = FLOATS + INTS + UINTS
DTYPES = REALS + COMPLEX + ("bool",)
RTOL = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 1e-5, "float64": 1e-12, "complex64": 1e-5, "complex128": 1e-12}


# To look for more: KJAX_EXAMPLES=20 pytest tests/properties
MORE = int(os.environ.get("KJAX_EXAMPLES", "1"))


def examples(count):
    """Settings of a test: so many examples, the same ones each time."""
    return settings(
        max_examples=count * MORE,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def dims(min_rank=0, max_rank=4, min_side=0, max_side=3):
    return hnp.array_shapes(min_dims=min_rank, max_dims=max_rank, min_side=min_side, max_side=max_side)


@st.composite
def filled(draw, shape, dtype, low=-4, high=4, step=0.125):
    """An array of the shape, of multiples of `step`: such as every dtype of floats has exactly."""
    noise = np.random.RandomState(draw(st.integers(0, 2**16)))
    if dtype == "bool":
        return np.asarray(noise.randint(2, size=shape) == 1)
    if dtype in UINTS:
        low = max(low, 0)
    if dtype in INTS + UINTS:
        step = max(step, 1)

    def some():
        return np.asarray(noise.randint(round(low / step), round(high / step) + 1, shape) * step)

    whole = some() + 1j * some() if dtype in COMPLEX else some()
    return whole.astype(to_numpy(as_dtype(dtype)))


@st.composite
def arrays(draw, dtypes=FLOATS, min_rank=0, max_rank=4, min_side=0, max_side=3, **content):
    """An array of any shape, of one of the dtypes."""
    shape = draw(dims(min_rank, max_rank, min_side, max_side))
    return draw(filled(shape, draw(st.sampled_from(dtypes)), **content))


@st.composite
def pairs(draw, dtypes=FLOATS, **content):
    """Two arrays of one dtype, which broadcast."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3)).input_shapes
    dtype = draw(st.sampled_from(dtypes))
    return [draw(filled(shape, dtype, **content)) for shape in shapes]


@st.composite
def hidden(draw, shape):
    """The static shapes of a placeholder: all dims known, some, only the rank, or nothing."""
    if draw(st.integers(0, 3)) == 0:
        return None
    return tuple(None if draw(st.booleans()) else dim for dim in shape)


def wide(array):
    """An array in double precision, for references."""
    return array.astype("complex128" if array.dtype.kind == "c" else "float64")


def plain(array):
    """An array in which NumPy's tests know NaN: of a dtype of NumPy's own."""
    array = np.asarray(array)
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def close(found, expected, dtype, factor=1):
    """Compare with a reference: integers exactly, floats with the tolerance of their dtype."""
    expected = np.asarray(expected)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    if dtype not in RTOL:
        np.testing.assert_array_equal(found, expected)
        return
    rtol = RTOL[dtype] * factor
    finite = np.abs(expected[np.isfinite(expected)])
    atol = rtol * max(1.0, finite.max(initial=0.0))
    np.testing.assert_allclose(wide(found), expected, rtol, atol)


def lawful(data, fn, inputs, expected=None, dtype=None, factor=1):
    """Check what `fn` of tensors gives in all modes.

    Args:
        data: hypothesis' data, from which the placeholders' static shapes are drawn.
        fn: gives a tensor or a list of them.
        inputs: the arrays it is called with.
        expected: a reference, or a list of them.
        dtype: of the results; by default the first input's.
        factor: on the tolerance.
    """
    eager = listed(fn(*[K.constant(a, dtype=a.dtype) for a in inputs]))
    results = [K.get_value(t) for t in eager]
    name = as_dtype(inputs[0].dtype).name if dtype is None else dtype
    for tensor, result in zip(eager, results, strict=True):
        assert tensor.dtype.name == name and np.asarray(result).dtype == to_numpy(as_dtype(name)), (tensor.dtype, name)
        assert tuple(tensor.shape) == np.shape(result)
    if expected is not None:
        for result, reference in zip(results, listed(expected), strict=True):
            close(np.asarray(result), reference, name, factor)

    known = [data.draw(hidden(a.shape), label="known") for a in inputs]
    symbols = [K.placeholder(shape=shape, dtype=a.dtype) for shape, a in zip(known, inputs, strict=True)]
    outputs = listed(fn(*symbols))
    _same(outputs, results, run(outputs, dict(zip(symbols, inputs, strict=True))))
    _traced(outputs, symbols, inputs, results)

    with kjax.graph_mode():
        outputs = listed(fn(*[K.variable(a, dtype=a.dtype) for a in inputs]))
        assert all(t.is_symbolic and t.shape.is_fully_defined() for t in outputs)
        _same(outputs, results, run(outputs))


def _same(tensors, expected, found):
    """Symbolic results equal the eager ones, and their static shapes and dtypes are right."""
    for tensor, one, other in zip(tensors, expected, found, strict=True):
        assert tensor.shape.is_compatible_with(np.shape(other)), (tensor, np.shape(other))
        assert tensor.dtype == np.asarray(other).dtype == np.asarray(one).dtype
        np.testing.assert_array_equal(plain(other), plain(one))


def _traced(tensors, symbols, inputs, expected):
    """JAX, in whose kernels XLA would run, finds the same shapes and dtypes."""
    import jax

    if any(t._node is None for t in tensors):
        return
    with jax.enable_x64(True):
        specs = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in inputs]
        structs = jax.eval_shape(lambda *a: Values(dict(zip(symbols, a, strict=True))).compute(tensors), *specs)
    for struct, array in zip(structs, expected, strict=True):
        assert struct.shape == np.shape(array) and struct.dtype == np.asarray(array).dtype, struct

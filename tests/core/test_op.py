"""The machine itself: dispatch, binding, conversion, errors."""

import inspect
from typing import Any

import numpy as np
import pytest

from kjax import backend as K
from kjax import shapes
from kjax.core import placement
from kjax.core.op import Op, op
from kjax.core.operands import Array, Float, Number
from kjax.core.placement import JAX_ONLY


@op(shape=shapes.elementwise)
def halved(xp, x: Float, by: Any = 2.0):
    """Half of it.

    >>> 1 + 1
    2
    """
    if xp.any(x < 0) if xp is np else False:
        raise RuntimeError("negative")
    return x / by


@op(shape=shapes.elementwise, out="int32", runs=JAX_ONLY)
def only_jax(xp, x: Number):
    """Written for JAX alone."""
    return xp.asarray(x, "int32")


def test_the_public_function_has_the_kernels_face_without_xp():
    assert str(inspect.signature(halved)) == "(x, by=2.0)" and halved.__doc__.startswith("Half of it.")
    assert halved.__name__ == halved.__qualname__ == "halved" and halved.__module__ == __name__
    assert isinstance(halved.op, Op) and repr(halved.op) == "<op halved>"


def test_arguments_by_position_and_keyword():
    for tensor in (halved(K.ones((2,))), halved(x=[1.0, 1.0]), halved(by=2.0, x=K.ones((2,))), halved([1.0, 1.0], 2)):
        assert tensor.numpy().tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("args", "kwargs"), [((), {}), ((1.0, 2.0, 3.0), {}), ((1.0,), {"x": 1.0}), ((1.0,), {"foo": 1}), ((), {"by": 1})]
)
def test_wrong_arguments_are_type_errors_that_name_the_function(args, kwargs):
    with pytest.raises(TypeError, match=r"halved\(\)"):
        halved(*args, **kwargs)


def test_dtypes_are_checked_and_never_mixed():
    with pytest.raises(TypeError, match=r"halved\(\): x can't be of dtype int32; accepted are float16"):
        halved([1, 2])
    with pytest.raises(TypeError, match=r"add\(\): tensors of different dtypes, float32 and float64"):
        K.ones((2,)) + K.ones((2,), "float64")
    with pytest.raises(TypeError, match="can't take on int32"):
        K.ones((2,), "int32") + 1.5
    with pytest.raises(TypeError, match="different dtypes"):
        K.placeholder((2,)) + K.placeholder((2,), dtype="int32")
    with pytest.raises(ValueError, match="does not fit uint8"):
        K.ones((2,), "uint8") + 300


def test_eager_errors_are_of_our_kinds_and_name_the_function():
    with pytest.raises(ValueError, match=r"halved\(\): negative"):
        halved([-1.0])
    with pytest.raises(ValueError, match=r"add\(\): shapes \(2,\) and \(3,\) don't broadcast"):
        K.ones((2,)) + K.ones((3,))
    with pytest.raises(ValueError, match=r"add\(\): shapes \(2,\) and \(3,\) don't broadcast"):
        K.placeholder((2,)) + K.ones((3,))


def test_large_arrays_go_to_xla_with_the_same_result():
    n = placement.LARGE + 1
    a = np.linspace(0, 1, n)
    for dtype in ("float32", "float64"):
        x = K.constant(a, dtype)
        y = K.cumsum(x)
        assert not isinstance(y._value, np.ndarray) and y.dtype == dtype and y.shape == (n,)
        assert np.allclose(y.numpy(), np.cumsum(a), rtol=1e-4)
        assert (y + 1.0).dtype == dtype and (y[:3] * 2.0).numpy().dtype == dtype
    assert isinstance(y[:3]._value, np.ndarray) and np.allclose(y[:3].numpy(), np.cumsum(a)[:3])


def test_jax_alone():
    assert only_jax([1.5]).numpy().tolist() == [1] and only_jax(x=np.ones(2)).dtype == "int32"
    p = K.placeholder((None,))
    assert K.function([p], [only_jax(p)])([[2.7]])[0].tolist() == [2]


def test_values_are_computed_at_once_while_a_function_is_traced():
    import jax

    seen = []

    def traced(x):
        seen.append(only_jax([2.7])._value)
        return x

    jax.eval_shape(traced, 1.0)
    jax.jit(traced)(1.0)
    assert seen and all(array.tolist() == [2] for array in seen)


@op(shape=lambda where, x: [x.shape, shapes.SCALAR], out=lambda x: [x.dtype, x.dtype])
def both(xp, x: Array):
    """Itself and its sum."""
    return xp.asarray(x), x.sum(dtype=x.dtype)


def test_a_function_is_one_program_with_its_loops_as_loops():
    """Each of the inner programs that `jax.numpy` would make takes time and memory for each new shape."""
    x, labels = K.placeholder((None, 5)), K.placeholder((None, 2), dtype="int32")
    y = K.softmax(K.clip(K.tanh(x), 0.0, 1.0) ** 2) + K.var(x) + K.one_hot(K.argmax(x), 5)
    slope = K.gradients(K.sum(y * K.sigmoid(x)), [x])[0]
    drawn = K.random_normal(K.shape(x), seed=1)
    ctc = K.ctc_batch_cost(labels, K.softmax(K.reshape(x, (4, 10, 5))), 9 * K.ones((4, 1)), K.ones((4, 1)))
    values = [np.ones((40, 5), np.float32), np.ones((4, 2), np.int32)]

    text = str(K.function([x, labels], [y, slope, drawn, ctc]).jaxpr(*values))
    assert text.count("jit[") == text.count("inlineable") == 1  # the random numbers, which are drawn apart
    assert text.count("scan[") == 1  # the steps of time
    assert text.count("\n") < 500


def test_several_outputs():
    for given in ([1.0, 2.0], K.constant([1.0, 2.0])):  # the long way and the short one
        a, b = both(given)
        assert a.numpy().tolist() == [1, 2] and b.numpy() == 3 and b.dtype == "float32"
    p = K.placeholder((2,))
    a, b = both(p)
    assert (a.name, b.name) == ("Both:0", "Both:1") and b.shape == ()
    assert K.function([p], [b, a])([[1.0, 2.0]])[0] == 3


def test_importing_and_working_with_small_arrays_needs_no_jax():
    import subprocess
    import sys

    program = (
        "import sys, kjax\n"
        "from kjax import backend as K\n"
        "x = K.variable([[1., 2.]])\n"
        "K.eval(K.square(x) + K.ones((1, 2)) @ K.ones((2, 2)))\n"
        "K.placeholder((None, 2)) * x\n"
        "assert not {m for m in sys.modules if m.split('.')[0] in ('jax', 'ml_dtypes', 'argparse')}\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_annotations_must_be_there_when_an_operation_is_declared():
    def kernel(xp, x: "Number"):
        """Nothing."""

    with pytest.raises(TypeError, match="no quotes"):
        op(shape=shapes.same)(kernel)

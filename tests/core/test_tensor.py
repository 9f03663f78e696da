import copy
import math
import pickle

import jax
import numpy as np
import pytest

import kjax
from kjax import backend as K


@pytest.fixture
def x():
    return K.constant([[1.0, 2.0], [3.0, 4.0]])


@pytest.fixture
def symbolic():
    return K.placeholder(shape=(None, 3), name="p")


def test_what_is_known_of_a_value(x):
    assert x.shape == (2, 2) and x.get_shape().as_list() == [2, 2] and x.ndim == 2
    assert x.dtype == "float32" and x.dtype == np.float32 and x.dtype.name == "float32"
    assert not x.is_symbolic and x.device in ("cpu", jax.local_devices()[0]) and isinstance(x, kjax.Tensor)


def test_what_is_known_of_a_promise(symbolic):
    assert symbolic.shape == (None, 3) and symbolic.is_symbolic and isinstance(symbolic, kjax.Placeholder)
    assert symbolic.name == "p:0" and symbolic.op.name == "p" and symbolic.op.type == "Placeholder"
    y = K.square(symbolic)
    assert y.name == "Square:0" and y.op.type == "Square" and y.op.inputs == (symbolic,) and y.op.outputs[0] is y
    assert symbolic.op.inputs == () and "Square" in repr(y.op)


def test_names_are_unique_and_scoped(symbolic):
    names = [K.exp(symbolic).name for _ in range(3)]
    assert names == ["Exp:0", "Exp_1:0", "Exp_2:0"]
    with K.name_scope("a") as prefix, K.name_scope("b"):
        assert K.exp(symbolic).name == "a/b/Exp:0" and prefix == "a/"
    with pytest.raises(TypeError, match="name_scope"), K.name_scope(3):
        pass


def test_set_shape_adds_knowledge(symbolic):
    symbolic.set_shape((4, None))
    assert symbolic.shape == (4, 3)
    with pytest.raises(ValueError, match="not compatible"):
        symbolic.set_shape((5, 3))
    assert symbolic.shape == (4, 3)


def test_numpy_gives_a_copy(x):
    array = x.numpy()
    array[0, 0] = 9
    assert x.numpy()[0, 0] == 1 and x.eval()[0, 0] == 1
    assert isinstance(K.constant(3.0).numpy(), np.float32)


def test_an_array_view_without_a_copy_that_can_not_be_written_to(x):
    view = np.asarray(x)
    assert np.shares_memory(view, x._value) and not view.flags.writeable
    assert np.array(x).flags.writeable and not np.shares_memory(np.array(x), x._value)
    assert np.asarray(x, "float64").dtype == "float64"
    with pytest.raises(ValueError, match="without a copy"):
        np.array(x, dtype="float64", copy=False)
    assert np.sum(x) == 10 and np.square(K.constant([2.0]))[0] == 4


def test_numpy_steps_back_from_operators(x, symbolic):
    array = np.ones((2, 2))
    assert isinstance(array + x, kjax.Tensor) and (array + x).dtype == "float32"
    assert isinstance(np.float32(2) * x, kjax.Tensor) and isinstance(np.ones(3) * symbolic, kjax.Tensor)


def test_numbers_of_scalars():
    assert float(K.constant(2.5)) == 2.5 and int(K.constant([2.5])) == 2 and bool(K.constant(1.0)) is True
    assert complex(K.constant(1.0)) == 1 and [10, 20][K.constant(1, "int32")] == 20
    assert f"{K.constant(2.0):.2f}" == "2.00" and math.sqrt(K.constant(4.0)) == 2
    with pytest.raises(ValueError, match="ambiguous"):
        bool(K.ones((2,)) + 0)
    with pytest.raises(TypeError, match="one element"):
        float(K.ones((2,)) + 0)
    with pytest.raises(TypeError, match="scalar integer"):
        [1, 2][K.constant(1.0)]


def test_len_and_iteration(x, symbolic):
    assert len(x) == 2 and [row.numpy().tolist() for row in x] == [[1, 2], [3, 4]]
    with pytest.raises(TypeError):
        len(K.constant(1.0))
    with pytest.raises(TypeError):
        iter(K.constant(1.0))
    first, second = K.placeholder(shape=(2, 5))
    assert first.shape == second.shape == (5,)
    with pytest.raises(TypeError, match="known only at run time"):
        list(symbolic)


def test_a_promise_says_what_it_can_not_do(symbolic):
    for ask in (bool, float, int, len, np.asarray, np.sum, lambda t: t.numpy(), pickle.dumps):
        with pytest.raises(TypeError) as caught:
            ask(symbolic)
        assert isinstance(caught.value, NotImplementedError)
    with pytest.raises(NotImplementedError, match=r"K\.function"):
        bool(K.square(symbolic))
    assert not hasattr(symbolic, "numpy") and hasattr(K.constant(1.0), "numpy")


def test_attributes_hash_copy_and_pickle(x, symbolic):
    for tensor in (x, symbolic, K.ones((2,))):
        tensor._keras_history = "layer"
        assert tensor._keras_history == "layer" and hash(tensor) == hash(tensor) and {tensor: 1}[tensor] == 1
    assert copy.deepcopy(symbolic) is symbolic and copy.copy(x) is x
    twin = pickle.loads(pickle.dumps(x))
    assert twin.numpy().tolist() == x.numpy().tolist() and twin._keras_history == "layer" and type(twin) is kjax.Tensor


def test_repr(x, symbolic):
    assert repr(x) == (
        "<kjax.Tensor: shape=(2, 2), dtype=float32, numpy=\narray([[1., 2.],\n       [3., 4.]], dtype=float32)>"
    )
    assert repr(K.constant(2.0)) == "<kjax.Tensor: shape=(), dtype=float32, numpy=2.0>"
    assert repr(symbolic) == "<kjax.Placeholder 'p:0' shape=(None, 3) dtype=float32>"
    assert str(symbolic) == "Tensor('p:0', shape=(None, 3), dtype=float32)"
    assert str(K.constant([1.0])) == "Tensor([1.], shape=(1,), dtype=float32)"
    assert repr(K.placeholder()).count("<unknown>") == 1


def test_jax_takes_it_and_gives_it(x):
    import jax
    import jax.numpy as jnp

    assert jnp.asarray(x).sum().item() == 10 and isinstance(jnp.asarray(x), jax.Array)
    wide = K.constant([1.0], "float64")
    assert wide.__jax_array__().dtype == kjax.as_tensor(K.constant(wide)).__jax_array__().dtype == "float32"
    with jax.enable_x64(True):
        assert wide.__jax_array__().dtype == "float64"
    assert (x + K.square(jnp.ones(2))).numpy().tolist() == [[2, 3], [4, 5]]

    @jax.jit
    def loss(array):
        return K.exp(array) * 2.0

    assert np.allclose(loss(jnp.zeros(2)), 2.0)
    assert np.allclose(jax.grad(lambda a: jnp.sum(K.square(a)))(jnp.array([3.0])), 6.0)


def test_dlpack_both_ways(x):
    given = np.from_dlpack(x)
    # (NumPy 2.0 asks for the older form, which knows no read-only memory.)
    assert np.shares_memory(given, x._value) is (np.lib.NumpyVersion(np.__version__) >= "2.1.0")
    assert not given.flags.writeable
    copied = x.__dlpack__(max_version=(0, 8)), x.__dlpack__(max_version=(1, 0), copy=True)
    assert all(type(capsule).__name__ == "PyCapsule" for capsule in copied)
    with pytest.raises(BufferError, match="without a copy"):
        x.__dlpack__(copy=False)
    source = np.arange(3.0)
    assert np.shares_memory(kjax.from_dlpack(source)._value, source)


def test_attributes_of_numpys_arrays(x, symbolic):
    assert x.T.numpy().tolist() == [[1, 3], [2, 4]] == x.mT.numpy().tolist() and x.size == 4
    assert x.astype("int32").dtype == "int32" and x[0, 1].item() == 2.0 and x.item(1, 0) == 3.0
    deep = K.constant(np.arange(24.0).reshape(2, 3, 4))
    assert deep.T.shape == (4, 3, 2) and deep.mT.shape == (2, 4, 3)
    with pytest.raises(ValueError, match="rank 2"):
        _ = deep[0, 0].mT
    for name in ("T", "mT", "size", "astype", "item", "__dlpack_device__"):  # TensorFlow 2.2's tensors have none
        assert hasattr(x, name) and (name.startswith("__") or not hasattr(symbolic, name))


def test_the_array_api(x):
    import jax

    namespace = x.__array_namespace__()
    assert namespace is jax.numpy and namespace.sum(x).item() == 10
    with pytest.raises(kjax.SymbolicTensorError):
        K.placeholder(shape=(2,)).__array_namespace__()


def test_jax_looks_into_tensors(x, symbolic):
    import jax
    import jax.numpy as jnp

    v = K.variable([1.0, 2.0])
    doubled = jax.tree.map(lambda leaf: leaf * 2, [x, {"v": v}])
    assert type(doubled[0]) is kjax.Tensor and type(doubled[1]["v"]) is kjax.Variable
    assert doubled[1]["v"].numpy().tolist() == [2, 4] and v.numpy().tolist() == [1, 2]
    assert jax.tree.leaves(symbolic) == [] and jax.tree.map(lambda leaf: 1, symbolic) is symbolic
    for function in (jnp.sin, jax.nn.softmax, lambda t: jnp.stack([t, t])):
        assert np.allclose(function(v), function(v.numpy())) and np.allclose(jax.jit(function)(v), function(v.numpy()))
    assert jax.jit(lambda t: t * 2)(x).numpy().tolist() == [[2, 4], [6, 8]]
    zeros = jax.tree.map(jnp.zeros_like, [v, v])  # as optimizers begin
    assert all(isinstance(z, kjax.Variable) and not z.numpy().any() for z in zeros)


def test_traced_tensors_show_themselves(x):
    import jax

    shown = []
    jax.jit(lambda t: shown.extend([repr(t), str(t), f"{t}", f"{t[0, 0]:}", t.device]) or t)(x)
    jax.jit(lambda v: shown.append(repr(v)) or v)(K.variable(1.0, name="v"))
    assert "shape=(2, 2), dtype=float32, traced=" in shown[0] and shown[1] == shown[2] and "float32[2,2]" in shown[1]
    assert "float32" in shown[3] and shown[4] == "traced" and "'v:0'" not in shown[5]


def test_formats_of_numbers_need_one():
    assert f"{K.constant(2.0):.2f}" == "2.00" and f"{K.variable(7, dtype='int32'):>3d}" == "  7"
    with pytest.raises(kjax.SymbolicTensorError, match=r"format\(x, '.2f'\) needs a value"):
        format(K.placeholder(()), ".2f")
    with pytest.raises(TypeError, match="needs a scalar"):
        format(K.ones((2,)), ".2f")
    symbol = K.placeholder(())
    assert format(symbol, ">3") == str(symbol)


def test_what_the_array_api_asks_for():
    x = K.constant([1.0, 2.0])
    moved = x.to_device(x.device)
    assert type(moved) is kjax.Tensor and moved.numpy().tolist() == [1, 2]
    assert jax.numpy.zeros(2, device=x.device).shape == (2,)
    assert jax.numpy.from_dlpack(K.constant([1.5], "bfloat16")).dtype == "bfloat16"


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.4.0", reason="NumPy asks for it from 2.4 on")
def test_numpy_knows_the_dtype():
    x = K.constant([1.0], "float64")
    assert np.result_type(x, np.float32) == np.float64
    assert jax.numpy.result_type(K.constant(1, "int32")) == np.int32

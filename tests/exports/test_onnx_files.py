import sys

import numpy as np
import pytest

import kjax
from kjax import backend as K

RANDOM = np.random.default_rng(0)


@pytest.fixture
def ort():
    reason = "jax2onnx and ONNX Runtime come with the extra kjax[onnx], which is not installed"
    pytest.importorskip("jax2onnx", reason=reason)
    return pytest.importorskip("onnxruntime", reason=reason)


@pytest.fixture
def export(ort, tmp_path):
    def export(function, **how):
        kjax.export(function, tmp_path / "model.onnx", **how)
        return ort.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])

    return export


def check(session, function, values):
    """The model gives what the function gives."""
    fed = {one.name: value for one, value in zip(session.get_inputs(), values, strict=True)}
    for ours, theirs in zip(function(values), session.run(None, fed), strict=True):
        assert ours.shape == theirs.shape and np.allclose(ours, theirs, atol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_convolutional_network_with_an_open_batch(export):
    x = K.placeholder((None, 8, 8, 1), name="images")
    kernels = [K.variable(RANDOM.normal(size=s)) for s in ((3, 3, 1, 4), (3, 3, 4, 4), (64, 10))]
    norm = [K.variable(RANDOM.random(4) + 0.5) for _ in range(4)]
    hidden = K.batch_normalization(K.relu(K.conv2d(x, kernels[0], padding="same")), *norm, axis=-1)
    hidden = K.conv2d(K.pool2d(hidden, (2, 2), strides=(2, 2), padding="same"), kernels[1], padding="same")
    with K.name_scope("classes"):
        out = K.softmax(K.dot(K.batch_flatten(hidden), kernels[2]) / 10.0)
    predict = K.function([x], [out])
    session = export(predict)
    assert [(i.name, i.shape) for i in session.get_inputs()] == [("images", ["batch", 8, 8, 1])]
    assert [o.name for o in session.get_outputs()] == [out.op.name]
    for size in (1, 5):
        check(session, predict, [RANDOM.random((size, 8, 8, 1), "float32")])


KINDS = {
    "dense": lambda x: K.sigmoid(K.dot(K.batch_flatten(x), K.variable(np.ones((96, 3)) / 96))),
    "mean pool": lambda x: K.pool2d(x, (3, 3), padding="same", pool_mode="avg"),
    "depthwise": lambda x: K.depthwise_conv2d(x, K.variable(np.ones((3, 3, 6, 2)) / 9), padding="same"),
    "transposed": lambda x: K.conv2d_transpose(x, K.variable(np.ones((3, 3, 2, 6)) / 9), (3, 6, 6, 2), padding="valid"),
    "reductions": lambda x: K.concatenate([K.mean(x, axis=(1, 2)), K.max(x, axis=(1, 2)), K.std(x, axis=(1, 2))]),
    "elu and clip": lambda x: K.clip(K.elu(x - 0.5), -0.2, 0.3),
    "transposition": lambda x: K.permute_dimensions(x, (0, 3, 1, 2)),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_operations(export, kind):
    x = K.placeholder((3, 4, 4, 6))
    function = K.function([x], [KINDS[kind](x)])
    check(export(function), function, [RANDOM.random((3, 4, 4, 6), "float32")])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_integers_and_doubles(export):
    labels, x = K.placeholder((None,), dtype="int32"), K.placeholder((None, 4), dtype="float64")
    function = K.function([labels, x], [K.gather(K.variable(RANDOM.random((5, 3))), labels), K.exp(x)])
    check(export(function), function, [np.array([4, 0], "int32"), RANDOM.random((2, 4))])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_results_that_are_inputs_or_each_other(export):
    x = K.placeholder((None, 3), name="x")
    square = K.square(x)
    function = K.function([x], [x, square, K.in_test_phase(x, square), square])
    session = export(function)
    assert [o.name for o in session.get_outputs()] == ["x_1", square.op.name, "cond", f"{square.op.name}_1"]
    check(session, function, [RANDOM.random((2, 3), "float32")])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_file_says_what_the_function_computes(ort, tmp_path):
    """In 64 bits, where sums in another order do not show. (ONNX Runtime convolves in 32 bits only.)"""
    from onnx.reference import ReferenceEvaluator

    x = K.placeholder((None, 8, 8, 1), dtype="float64")
    kernels = [K.variable(RANDOM.normal(size=s), "float64") for s in ((3, 3, 1, 4), (3, 3, 4, 4), (64, 10))]
    norm = [K.variable(RANDOM.random(4) + 0.5, "float64") for _ in range(4)]
    hidden = K.batch_normalization(K.relu(K.conv2d(x, kernels[0], padding="same")), *norm, axis=-1)
    hidden = K.pool2d(K.conv2d(hidden, kernels[1], padding="same"), (2, 2), strides=(2, 2))
    predict = K.function([x], [K.softmax(K.dot(K.batch_flatten(hidden), kernels[2]))])
    kjax.export(predict, tmp_path / "model.onnx")
    values = RANDOM.random((3, 8, 8, 1))
    (found,) = ReferenceEvaluator(str(tmp_path / "model.onnx")).run(None, {x.op.name: values})
    np.testing.assert_allclose(found, predict([values])[0], rtol=0, atol=1e-13)


def test_a_state_is_refused(tmp_path):
    x = K.placeholder((2,))
    with pytest.raises(ValueError, match="a file of ONNX has no state"):
        kjax.export(kjax.pure(K.function([x], [x])), tmp_path / "f.onnx")


def test_without_jax2onnx(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax2onnx", None)
    x = K.placeholder((2,))
    with pytest.raises(NotImplementedError, match=r'needs jax2onnx: pip install "kjax\[onnx\]"'):
        kjax.export(K.function([x], [x]), tmp_path / "f.onnx")


def test_jax_is_left_as_it_was(export, tmp_path):
    """jax2onnx puts functions of its own into JAX's modules, and leaves some there."""
    import jax

    before = [dict(vars(module)) for module in (jax.numpy, jax.nn, jax.lax)]
    x = K.placeholder((None, 3))
    totals = K.function([x], [K.cumsum(x, axis=1)])
    for i in range(2):
        kjax.export(totals, tmp_path / f"{i}.onnx")
    after = [dict(vars(module)) for module in (jax.numpy, jax.nn, jax.lax)]
    assert [{name: vars_[name] for name in names} for vars_, names in zip(after, before, strict=True)] == before
    assert (tmp_path / "0.onnx").read_bytes() == (tmp_path / "1.onnx").read_bytes()

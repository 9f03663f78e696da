import jax
import numpy as np
import pytest

import kjax
from kjax import backend as K

X = np.ones((8, 16), "float32")


@pytest.fixture
def training():
    with kjax.graph_mode():
        x, w = K.placeholder((None, 16), name="images"), K.variable(np.ones((16, 4)), name="w")
        with K.name_scope("dense"):
            loss = K.sum(K.square(K.dot(x, w)))
        return K.function([x], [loss], [K.update(w, w - K.gradients(loss, [w])[0])], name="train")


def test_lowered_to_stablehlo_and_compiled(training):
    lowered = training.lower(X)
    assert "module @jit_train" in lowered.as_text() and "stablehlo.dot_general" in lowered.as_text()
    state = training.pure().get_state()
    (loss,), new = lowered.compile()(state, [X])
    assert np.isclose(loss, training([X])[0], rtol=1e-6) and new["w:0"].shape == (16, 4)


def test_names_of_operations_and_scopes_are_in_the_program(training):
    text = training.lower(X).as_text(debug_info=True)
    assert "jvp(dense/MatMul)/dot_general" in text and "transpose(jvp(dense/MatMul))" in text
    assert 'op_name="jit(train)/jvp(dense/MatMul)/dot_general"' in training.lower(X).compile().as_text()


def test_shapes_may_stand_for_values(training):
    spec = jax.ShapeDtypeStruct((8, 16), "float32")
    assert training.lower(spec).as_text() == training.lower(X).as_text() == training.lower([X.tolist()]).as_text()
    fixed = K.placeholder((2,))
    assert "tensor<2xf32>" in K.function([fixed], [fixed + 1.0]).lower().as_text()


def test_as_jaxpr(training):
    jaxpr = training.jaxpr(X)
    assert [v.aval.shape for v in jaxpr.jaxpr.invars] == [(16, 4), (8, 16)]
    assert [v.aval.shape for v in jaxpr.jaxpr.outvars] == [(), (16, 4)]


def test_cost(training):
    x, w = K.placeholder((8, 16)), K.placeholder((16, 4))
    cost = K.function([x, w], [K.dot(x, w)]).cost()
    floats = 8 * 16 + 16 * 4 + 8 * 4
    assert cost.flops == 2 * 8 * 16 * 4 and cost.bytes_accessed == 4 * floats
    assert 4 * floats <= cost.peak_memory < 100 * floats
    assert training.cost(np.ones((80, 16))).flops > 5 * training.cost(X).flops
    image = K.placeholder((4, 64, 64, 1))
    between = K.conv2d(K.exp(K.conv2d(image, K.ones((3, 3, 1, 8)))), K.ones((3, 3, 8, 1)))
    assert K.function([image], [between]).cost().peak_memory > 4 * 4 * 62 * 62 * 8  # what is computed on the way


def test_the_learning_phase_decides():
    with kjax.graph_mode():
        x = K.placeholder((2,))
        f = K.function([x, K.learning_phase()], [K.in_train_phase(lambda: K.exp(x), x)])
    texts = [f.lower([np.ones(2), phase]).as_text() for phase in (0, 1)]
    assert "exponential" in texts[1] and "exponential" not in texts[0]
    assert [f.lower([np.ones(2)], learning_phase=phase).as_text() for phase in (0, 1)] == texts
    assert f.lower().as_text() == texts[0]


def test_random_numbers_take_the_count_of_runs():
    x = K.placeholder((2,))
    assert "tensor<ui32>" in K.function([x], [K.dropout(x, 0.5)]).lower().as_text()


def test_errors(training):
    with pytest.raises(ValueError, match=r"the shape of images:0, \(None, 16\), is not fully known: give values"):
        training.lower()
    with pytest.raises(ValueError, match="takes 1 value; got 2"):
        training.cost(X, X)
    with pytest.raises(ValueError, match=r"takes shape \(None, 16\); got a value of shape \(8, 3\)"):
        training.jaxpr(np.ones((8, 3)))


def test_cost_on_devices_that_are_not_there(training):
    rows, spec = 4096, jax.ShapeDtypeStruct
    whole, each = training.cost(spec((rows, 16), "float32")), training.cost(spec((rows, 16), "float32"), mesh=1024)
    assert whole.devices == 1 and whole.sent == 0 and each.devices == 1024
    assert 1 < each.flops / (whole.flops / 1024) < 1.2 and each.peak_memory < whole.peak_memory / 10
    gradient = 4 * (16 * 4 + 1)  # and the loss
    assert {c.kind for c in each.collectives} == {"all-reduce"}
    assert each.sent == pytest.approx(2 * 1023 / 1024 * gradient)
    split = training.cost(spec((8, 16), "float32"), mesh={"model": 4}, batch=None, rules={"w": (None, "model")})
    both = training.cost(spec((64, 16), "float32"), mesh={"hosts": 2, "data": 4}, batch=("hosts", "data"))
    assert both.flops == training.cost(spec((64, 16), "float32"), mesh=8).flops and both.devices == 8
    assert split.peak_memory < training.cost(X).peak_memory and jax.device_count() != 1024
    times = each.seconds("H100")
    assert times.total == max(times.compute, times.memory) + times.communication and times.communication > 5e-5
    assert each.seconds(kjax.DeviceKind(1.0, 1e12, 1e9, 1e9, 1e9)).compute == each.flops


def test_what_is_no_mesh_and_no_kind(training):
    with pytest.raises(TypeError, match="a mesh is a mesh of JAX, a dict"):
        training.cost(X, mesh="many")
    with pytest.raises(ValueError, match="positive sizes"):
        training.cost(X, mesh={"data": 0})
    with pytest.raises(ValueError, match=r"a kjax\.DeviceKind is needed, or one of A100, H100"):
        training.cost(X).seconds("abacus")

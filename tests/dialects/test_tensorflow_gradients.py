"""`tf.gradients` and what is done with gradients, beyond the recorded answers."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.dialects.tensorflow_function import function
from kjax.dialects.tensorflow_gradients import TF, V1
from kjax.dialects.tensorflow_tape import GradientTape
from kjax.sparse.slices import IndexedSlices

gradients = TF["gradients"]


def test_what_gradients_refuses():
    x = K.placeholder((2,))
    for error, match, call in (
        (TypeError, "ys must be tensors", lambda: gradients(3.0, x)),
        (TypeError, "xs must be tensors", lambda: gradients(x * x, [2.0])),
        (TypeError, "stop_gradients must be tensors", lambda: gradients(x * x, x, stop_gradients=[1])),
        (ValueError, "1 ys, but 2 grad_ys", lambda: gradients(x * x, x, grad_ys=[x, x])),
        (ValueError, "computed eagerly", lambda: gradients(K.ones(()) * 2.0, x)),
        (ValueError, "must be 'none' or 'zero'", lambda: gradients(x * x, x, unconnected_gradients="one")),
        (TypeError, "t_list must be a list", lambda: V1["global_norm"](x)),
    ):
        with pytest.raises(error, match=match):
            call()


def test_a_graph_that_picks_rows_by_what_is_fed():
    ids = K.placeholder((None,), dtype="int32")
    with kjax.graph_mode():
        table = K.variable(np.arange(8.0).reshape(4, 2))
        loss = K.sum(K.square(K.gather(table, ids))) + K.sum(K.gather(table, ids + 1))
        (found,) = gradients(loss, [table])
        assert isinstance(found, IndexedSlices)
        norm = V1["global_norm"]([found])
        length = K.function([ids], [norm, found.values, found.indices, *K.gradients(loss, [table])])
    norm, values, indices, dense = length([[0, 0, 2]])
    assert indices.tolist() == [0, 0, 2, 1, 1, 3] and np.isclose(norm, np.sqrt(np.sum(values**2)))
    assert dense[0].tolist() == [0.0, 4.0] and dense[1].tolist() == [2.0, 2.0]


def test_rows_picked_in_functions_and_layers_of_a_tape():
    """The tape looks into a function that it recorded as one operation, for rows and for all else."""
    table, weight = K.variable(np.arange(8.0).reshape(4, 2)), K.variable([[1.0], [2.0]])

    def forward(ids):
        picked = K.gather(table, ids)
        return K.dot(picked, weight), picked

    @function
    def compiled(ids):
        return forward(ids)

    found = []
    for call in (forward, compiled):
        with GradientTape() as tape:
            result, picked = call(K.constant([1, 1, 3], dtype="int32"))
            loss = K.sum(K.square(result)) + K.sum(picked)
        found.append(tape.gradient(loss, [table, weight, picked]))
    for (rows, slope, by_picked), (others, same, by_same) in [found]:
        assert rows.indices.numpy().tolist() == others.indices.numpy().tolist() == [1, 1, 3]
        assert np.allclose(rows.values.numpy(), others.values.numpy())
        assert np.allclose(slope.numpy(), same.numpy()) and np.allclose(by_picked.numpy(), by_same.numpy())


def test_rows_of_a_variable_that_was_updated_between():
    """Each version has its rows; where one is read as a whole, the sum is dense."""
    table = K.variable(np.ones((3, 2)))

    @function
    def step(whole):
        with GradientTape() as tape:
            loss = K.sum(K.gather(table, [0]))
            table.assign_add(K.ones((3, 2)))
            loss = loss + K.sum(K.square(table if whole else K.gather(table, [2, 2])))
        return tape.gradient(loss, table)

    rows = step(False)
    assert isinstance(rows, IndexedSlices) and sorted(rows.indices.numpy().tolist()) == [0, 2, 2]
    assert not isinstance(step(True), IndexedSlices)


def test_a_gradient_of_a_gradient_by_rows():
    table = K.variable([[1.0, 2.0], [3.0, 4.0]])
    with GradientTape() as outer:
        with GradientTape() as inner:
            loss = K.sum(K.pow(K.gather(table, [1, 1, 0]), 3))
        rows = inner.gradient(loss, table)
        total = K.sum(K.square(rows))  # (dense: the two rows at 1 are added up)
    second = outer.gradient(total, table)
    x = table.numpy()
    count = np.array([[1.0], [2.0]])
    assert np.allclose(K.eval(K.square(second)), np.square(2 * (count * 3 * x**2) * count * 6 * x))

import contextlib

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.updates import control_dependencies

R = np.random.RandomState(0)
X, Y = R.rand(20, 6).astype("float32"), R.rand(20, 2).astype("float32")


def built(context, reduce=K.mean, second=False):
    """A training step with a count of steps, a moving average, a metric, and outputs that grow with the batch."""
    with kjax.graph_mode(), context:
        x, y = K.placeholder((None, 6)), K.placeholder((None, 2))
        w = K.variable(np.linspace(-1, 1, 12).reshape(6, 2), name="w")
        slot, count, seen = K.zeros((6, 2)), K.variable(0.0), K.variable(0.0)
        found = K.tanh(K.dot(x, w))
        loss = reduce(K.sum(K.square(found - y), -1)) + (0.01 if reduce is K.mean else 0.0) * K.sum(K.square(w))
        if second:
            loss = loss + K.mean(K.sum(K.square(K.gradients(K.sum(found), [x])[0]), -1))
        slope = K.gradients(loss, [w])[0]
        new = 0.9 * slot + slope
        updates = [K.update(slot, new), K.update_sub(w, 0.1 / (1.0 + count) * new), K.update_add(count, 1.0)]
        updates.append(K.update_add(seen, K.sum(K.ones_like(y))))
        with control_dependencies(updates[-1:]):
            metric = seen * 2.0
        outputs = [
            loss,
            metric,
            found,
            K.reshape(K.transpose(found), (2, -1)),
            K.reshape(K.stack([found, y], 1), (-1, 2)),
        ]
        return K.function([x, y], [*outputs, K.sum(w)], updates), [w, slot, count, seen]


def same(a, b, **how):
    for one, other in zip(a, b, strict=True):
        np.testing.assert_allclose(one, other, **{"rtol": 2e-5, "atol": 1e-6, **how})


@pytest.mark.parametrize(("parts", "second"), [(4, False), (3, True)])
def test_as_the_whole_batch(parts, second):
    (whole, of_whole), (step, variables) = (
        built(context, second=second) for context in (contextlib.nullcontext(), kjax.accumulate(parts))
    )
    same(whole([X, Y]), step([X, Y]))
    same(map(K.get_value, of_whole), map(K.get_value, variables))
    same(whole([X[:1], Y[:1]]), step([X[:1], Y[:1]]))
    pure = kjax.pure(step)
    same(whole([X[:7], Y[:7]]), pure(pure.get_state(), [X[:7], Y[:7]])[0])


def test_a_sum_over_the_batch():
    steps = [built(context, K.sum) for context in (contextlib.nullcontext(), kjax.accumulate(5, "sum"))]
    a, b = (step([X, Y])[:5] for step, _ in steps)
    same(a, b)
    same(*(map(K.get_value, variables) for _, variables in steps))


def test_less_memory():
    def deep(context):
        with kjax.graph_mode(), context:
            x, w = K.placeholder((None, 32)), K.variable(np.eye(32))
            h = x
            for _ in range(4):
                h = K.tanh(K.dot(h, w))
            loss = K.mean(h)
            return K.function([x], [loss], [K.update_sub(w, K.gradients(loss, [w])[0])])

    x = np.ones((2048, 32))
    whole, parts = deep(contextlib.nullcontext()).cost(x), deep(kjax.accumulate(8)).cost(x)
    assert parts.peak_memory < 0.6 * whole.peak_memory


def test_random_numbers_differ_from_part_to_part():
    with kjax.graph_mode(), kjax.accumulate(2):
        x, w = K.placeholder((None, 50)), K.variable(1.0)
        kept = K.dropout(w * x, 0.5, seed=1)
        f = K.function([x], [kept, *K.gradients(K.mean(kept), [w])])
    first = f([np.ones((4, 50))])[0]
    assert not (first[::2] == first[1::2]).all() and not (f([np.ones((4, 50))])[0] == first).all()


def test_what_does_not_differentiate_is_left_alone():
    with kjax.graph_mode(), kjax.accumulate(2):
        x = K.placeholder((None,))
        assert K.function([x], [K.sum(x)]).plan.accumulation is None
        fixed, w = K.placeholder((2,)), K.variable(1.0)
        assert K.function([fixed], K.gradients(K.sum(w * fixed), [w])).plan.accumulation is None


def test_errors():
    for wrong in (0, 1.5, "two"):
        with pytest.raises(ValueError, match="parts must be an integer"):
            kjax.accumulate(wrong)
    with pytest.raises(ValueError, match="reduction must be 'mean' or 'sum'; got 'max'"):
        kjax.accumulate(2, "max")
    with pytest.raises(ValueError, match=r"inputs must have the same first dim; got Placeholder.*: 20, .*: 19"):
        built(kjax.accumulate(2))[0]([X, Y[:19]])
    with kjax.graph_mode(), kjax.accumulate(2):
        anything, w = K.placeholder(), K.variable(1.0)
        with pytest.raises(ValueError, match="a number can't be split in parts; got one for "):
            K.function([anything], K.gradients(K.sum(w * anything), [w]))([2.0])
        x = K.placeholder((None,))
        loss = K.sum(w * x)
        f = K.function([x], [K.sum(K.cast(x, "int32")), *K.gradients(loss, [w])])
        with pytest.raises(NotImplementedError, match="is int32 and does not grow with the batch"):
            f([np.ones(4)])
        first = K.update_sub(w, K.gradients(loss, [w])[0])
        with pytest.raises(NotImplementedError, match="is updated by gradients, and other gradients are computed"):
            K.function([x], K.gradients(K.sum(K.square(first * x)), [x]))

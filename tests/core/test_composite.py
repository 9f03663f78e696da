"""A kind of composite that the core has never seen: a pair of tensors."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import composite
from kjax.core.composite import Composite, CompositeInput
from kjax.core.structures import flatten, folded, unfolded
from kjax.ops import elementwise, state


class Pair(Composite, kind="pair for tests"):
    """An interval: its two ends."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    @property
    def parts(self):
        return self.low, self.high

    @classmethod
    def made(cls, *parts):
        return cls(*parts)

    @property
    def shape(self):
        return self.low.shape

    @property
    def dtype(self):
        return self.low.dtype

    def as_input(self):
        return PairInput((self.low, self.high))

    @classmethod
    def recognises(cls, value):
        return isinstance(value, slice)

    @classmethod
    def dense_by(cls, value):
        return "x.high"


class PairInput(CompositeInput):
    prepared = None

    def prepare(self, targets, nodes):
        PairInput.prepared = len(list(nodes))

    def arrays(self, value):
        return value.start, value.stop


@Pair.implements(elementwise.square, elementwise.abs)
def _positive(x):
    return Pair(K.minimum(x.low, x.high), K.maximum(x.low, x.high))


Pair.implements(state.eval)(lambda x: x.high)


@pytest.fixture(autouse=True)
def forgotten():
    composite.KINDS["pair for tests"] = Pair
    yield
    del composite.KINDS["pair for tests"]


def test_operations_do_what_is_registered():
    x = K.square(Pair(K.constant(3.0), K.constant(-1.0)))
    assert isinstance(x, Pair) and (x.low.numpy(), x.high.numpy()) == (-1, 3) and K.eval(x) == 3
    assert not x.is_symbolic and K.int_shape(x) == () and K.dtype(x) == "float32" and K.ndim(x) == 0


@pytest.mark.parametrize("call", [K.exp, lambda x: K.dot(K.ones((2, 2)), x), lambda x: K.concatenate([x, x])])
def test_other_operations_say_how_to_make_it_dense(call):
    with pytest.raises(TypeError, match=r"\(\): \w+: a dense tensor is needed; got a Pair. x.high makes it dense"):
        call(Pair(K.constant(3.0), K.constant(-1.0)))


def test_functions_are_fed_parts_and_give_them():
    x = Pair(K.placeholder(()), K.placeholder(()))
    f = K.function([x], [K.abs(x), x.low + x.high])
    pair, total = f([slice(2.0, 1.0)])
    assert pair == (1, 2) and total == 3 and PairInput.prepared == 3
    assert K.get_session().run(x, {x.low: 1.0, x.high: 2.0}) == (1, 2)
    assert x.is_symbolic and K.get_value(Pair(K.constant(1.0), K.constant(2.0))) == (1, 2)


def test_structures_take_it_apart_and_put_it_together():
    x = Pair(K.constant(1.0), K.constant(2.0))
    structure = {"a": x, "b": [K.constant(3.0)]}
    apart = unfolded(structure)
    assert [t.numpy() for t in flatten(apart)] == [1, 2, 3]
    again = folded(structure, [t + 1 for t in flatten(apart)])
    assert isinstance(again["a"], Pair) and again["a"].low.numpy() == 2 and again["b"][0].numpy() == 4


def test_objects_of_other_libraries_are_recognised():
    assert composite.kind_of(slice(1, 2)) is Pair and composite.kind_of(np.ones(2)) is composite.kind_of([1]) is None
    with pytest.raises(TypeError, match=r"dense tensor is needed; got a slice\. x\.high makes it dense"):
        kjax.as_tensor(slice(1, 2))


def test_the_first_composite_among_arguments():
    x = Pair(K.constant(1.0), K.constant(2.0))
    assert composite.first_among([1, [2, x], x]) == (1, Pair) and composite.first_among([1, [2], (3,)]) is None

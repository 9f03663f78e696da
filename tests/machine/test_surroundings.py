"""What another library knows of the place where a function is called."""

import jax
import numpy as np
import pytest

from kjax import backend as K
from kjax.machine import surroundings
from kjax.machine.surroundings import Surroundings


class Library(Surroundings):
    def __init__(self):
        self.training, self.shapes_only, self.arrays, self.seeds = None, False, False, 0

    def phase(self):
        return self.training

    def shaping(self):
        return self.shapes_only

    def seed(self):
        self.seeds += 1
        return np.asarray(self.seeds, np.uint64) if self.arrays else None

    def wants_arrays(self):
        return self.arrays


@pytest.fixture
def library():
    before = surroundings.ALL[:]
    surroundings.ALL.clear()
    library = Library()
    surroundings.register(Surroundings())  # one that knows nothing
    surroundings.register(library)
    yield library
    surroundings.ALL[:] = before


def test_nothing_is_known_without_a_library():
    found = surroundings.phase(), surroundings.seed(), surroundings.shaping(), surroundings.wants_arrays()
    assert found == (None, None, False, False)


def test_the_phase(library):
    assert surroundings.phase() is None and K.learning_phase() == 0
    library.training = True
    assert K.learning_phase() == 1 and K.in_train_phase("training", "testing") == "training"
    with K.learning_phase_scope(0):
        assert K.learning_phase() == 0
    library.training = False
    assert K.learning_phase() == 0 and K.in_train_phase("training", "testing") == "testing"


def test_both_branches_are_evaluated_where_only_shapes_matter(library):
    called = []
    library.training = False
    K.in_train_phase(lambda: called.append("training"), lambda: called.append("testing"))
    assert called == ["testing"]
    library.shapes_only = True
    K.in_train_phase(lambda: called.append("training"), lambda: called.append("testing"))
    assert called == ["testing", "training", "testing"]


def test_results_are_arrays_where_they_are_wanted(library):
    assert not isinstance(K.constant([1.0]) + K.square(2.0), jax.Array)
    library.arrays = True
    assert isinstance(K.random_normal((2,)), (jax.Array, np.ndarray))
    assert isinstance(K.concatenate([K.constant([1.0]), K.ones((1,))]), (jax.Array, np.ndarray))
    inner = K.map_fn(lambda x: K.random_uniform((2,)) + x, np.zeros(3, "float32"))
    assert isinstance(inner, (jax.Array, np.ndarray)) and inner.shape == (3, 2)
    with surroundings.inside():
        assert not surroundings.wants_arrays()
    assert surroundings.wants_arrays()


def test_seeds_are_asked_for_where_none_is_given(library):
    library.arrays = True
    first, second = K.random_normal((3,)), K.random_normal((3,))
    library.seeds = 0
    assert np.array_equal(K.random_normal((3,)), first) and not np.array_equal(first, second)
    before = library.seeds
    K.random_normal((3,), seed=1)
    assert library.seeds == before

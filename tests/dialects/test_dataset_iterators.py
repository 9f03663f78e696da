"""Iterators in sessions: each run draws one element for all its parts; initializers take what is fed."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.session import Session
from kjax.dialects.dataset_iterators import DatasetIterator
from kjax.dialects.datasets import Dataset
from kjax.dialects.tensorflow_errors import FailedPreconditionError, OutOfRangeError

X = np.arange(12, dtype="float32").reshape(6, 2)


@pytest.fixture(autouse=True)
def graph():
    with kjax.graph_mode():
        yield


def test_a_run_draws_one_element_for_all_tensors():
    x, y = Dataset.from_tensor_slices((X, np.arange(6))).batch(4).make_one_shot_iterator().get_next()
    assert x.shape.as_list() == [None, 2] and y.dtype == "int64"
    total, session = K.sum(x), Session()
    values = session.run([total, x, y])
    assert values[0] == 28 and values[2].tolist() == [0, 1, 2, 3]
    assert session.run(y).tolist() == [4, 5]  # x moves on, too
    with pytest.raises(OutOfRangeError, match="End of sequence"):
        session.run([x, y])


def test_a_tensor_that_is_fed_draws_nothing():
    n = Dataset.range(3).make_one_shot_iterator().get_next()
    assert Session().run(n * 2, {n: 5}) == 10
    assert Session().run(n) == 0


def test_an_initializer_starts_anew_with_what_is_fed():
    feed = K.placeholder((None, 2))
    iterator = (
        Dataset.from_tensor_slices(feed).map(lambda row: row * 10).batch(2).repeat(2).make_initializable_iterator()
    )
    batch, session = iterator.get_next(), Session()
    with pytest.raises(FailedPreconditionError, match="initializer"):
        session.run(batch)
    for rows in (X[:3], X):
        assert session.run([iterator.initializer, None], {feed: rows}) == [None, None]
        for _ in range(2):  # the second time from the same feed
            for at in range(0, len(rows), 2):
                assert session.run(batch).tolist() == (rows[at : at + 2] * 10).tolist()
        with pytest.raises(OutOfRangeError):
            session.run(batch)


def test_one_iterator_for_several_data_sets():
    iterator = DatasetIterator.from_structure("int64", [])
    train, test = (iterator.make_initializer(data) for data in (Dataset.range(5), Dataset.range(7, 9)))
    n, session = iterator.get_next(), Session()
    session.run(train)
    assert [session.run(n), session.run(n)] == [0, 1]
    session.run(test)
    assert session.run(n) == 7
    with pytest.raises(ValueError, match="make_initializer"):
        _ = iterator.initializer
    assert iterator.output_types == "int64" and iterator.output_shapes == ()


def test_training_draws_batches():
    x = Dataset.from_tensor_slices(X).repeat().batch(3).make_one_shot_iterator().get_next()
    w, session = K.variable([1.0, 1.0]), Session()
    step = K.update_sub(w, 0.01 * K.gradients(K.sum(x * w), [w])[0])
    for _ in range(2):
        session.run(step)
    assert np.allclose(K.get_value(w), 1 - 0.01 * X.sum(0), atol=1e-6)


def test_strings_have_no_graph():
    with pytest.raises(NotImplementedError, match="strings"):
        Dataset.from_tensor_slices(["a"]).make_one_shot_iterator().get_next()


def test_eager_iterators():
    with kjax.core.graph.eager_mode():
        iterator = iter(Dataset.range(2))
        assert [int(iterator.get_next()), int(next(iterator))] == [0, 1] and iterator.element_spec.dtype == "int64"
        with pytest.raises(OutOfRangeError):
            iterator.get_next()

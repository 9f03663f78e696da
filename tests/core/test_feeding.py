import threading

import jax
import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.machine import meshes


def test_batches_are_made_in_advance_and_on_the_device():
    made = []

    def batches():
        for n in range(5):
            made.append(threading.current_thread())
            yield {"x": np.full(3, n, "float64"), "rest": [np.array(["text"]), n, (np.ones(2, "int8"),)]}

    found = list(kjax.ahead(batches()))
    assert [b["rest"][1] for b in found] == [0, 1, 2, 3, 4] and set(made) != {threading.current_thread()}
    first = found[0]
    assert isinstance(first["x"], jax.Array) and first["x"].dtype == "float64"
    assert isinstance(first["rest"][0], np.ndarray) and isinstance(first["rest"][2][0], jax.Array)
    x = K.placeholder((None,), dtype="float64")
    assert K.function([x], [K.sum(x)])([found[3]["x"]])[0] == 9.0


def test_an_exception_comes_with_its_batch():
    def batches():
        yield np.ones(2)
        raise KeyError("no more")

    iterator = kjax.ahead(batches(), size=3)
    assert next(iterator).shape == (2,)
    with pytest.raises(KeyError, match="no more"):
        next(iterator)


def test_what_is_wrong_is_an_error_at_once():
    with pytest.raises(TypeError, match="ahead\\(\\): an iterable of batches is needed; got 3"):
        kjax.ahead(3)
    with pytest.raises(ValueError, match="size must be an integer, 1 or more"):
        kjax.ahead([], 0)


def test_in_a_layout(monkeypatch):
    monkeypatch.setattr(meshes, "engaged", False)
    with kjax.sharded(1):
        (batch,) = kjax.ahead([np.ones((4, 2))])
    assert batch.sharding.spec == jax.sharding.PartitionSpec("data")

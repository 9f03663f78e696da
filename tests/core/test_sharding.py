"""Sharding: on one device here, on eight in a process of its own."""

import numpy as np
import pytest

import kjax
import sharded_process
from kjax import backend as K
from kjax.core.sharding import Layout, current_layout
from kjax.machine import meshes


@pytest.fixture(autouse=True)
def not_engaged(monkeypatch):
    monkeypatch.setattr(meshes, "engaged", False)


def test_on_eight_devices():
    found = sharded_process.results()
    assert set(found) >= {"same_results_on_more_devices", "values_stay_in_their_place", "a_whole_program"}
    failed = {name: error for name, error in found.items() if error}
    assert not failed, "\n\n".join(f"{name}: {error}" for name, error in failed.items())


def test_the_innermost_layout_counts():
    assert current_layout() is None
    with kjax.sharded(1) as outer:
        assert current_layout() is outer
        with kjax.sharded(1, batch=None) as inner:
            assert current_layout() is inner != outer
        assert current_layout() is outer
    assert current_layout() is None
    end = kjax.shard(1)
    try:
        assert current_layout() == outer
    finally:
        end()
    assert current_layout() is None


def test_equal_layouts_share_programs():
    x = K.placeholder((None, 2))
    f = K.function([x], [x * 2.0])
    for _ in range(3):
        with kjax.sharded({"data": 1}, rules=[("w", ("data",))]):
            f([np.ones((4, 2))])
    assert len(f._variants) == 1
    f([np.ones((4, 2))])
    assert len(f._variants) == 2


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"mesh": 10_000}, ValueError, "10000 devices"),
        ({"mesh": {"rows": 1}}, ValueError, "no axis 'data'"),
        ({"mesh": 1, "rules": {"(": ()}}, ValueError, "no regular expression"),
        ({"mesh": 1, "rules": {"w": "data"}}, TypeError, "PartitionSpec"),
        ({"mesh": 1, "rules": {"w": ("model",)}}, ValueError, "no axis 'model'"),
        ({"mesh": 1, "outputs": "here"}, ValueError, "'host' or 'global'"),
        ({"mesh": 1.5}, TypeError, "jax.sharding.Mesh"),
        ({"mesh": {"data": 0}}, ValueError, "positive sizes"),
        ({"mesh": "data:4"}, ValueError, "data=4,model=2"),
    ],
)
def test_what_is_no_layout(how, error, message):
    with pytest.raises(error, match=rf"(?s)sharded\(\).*{message}"):
        kjax.sharded(**how)
    assert not meshes.engaged and current_layout() is None


def test_a_layout_says_what_it_is():
    shown = repr(Layout({"data": 1}, rules={"kernel": (None, "data", None)}))
    assert shown == "<kjax layout over {'data': 1}, batch along data, 'kernel': P(None, 'data')>"

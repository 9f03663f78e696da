"""Summaries in programs. Answers are in recorded/summary.json."""

import os

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.session import Session
from kjax.dialects import tensorflow_summary as summary

TF, V1 = summary.TF, summary.V1_SUMMARY


def written(folder):
    """Tag, step and number of each value in the only file of a folder."""
    (name,) = os.listdir(folder)
    events = summary._summary_iterator(os.path.join(folder, name))
    return [(value.tag, event.step, value.simple_value) for event in events for value in event.summary.value]


def test_the_default_writer(tmp_path):
    writer = TF["create_file_writer"](str(tmp_path))
    step = K.variable(4, "int64")
    with writer.as_default(), K.name_scope("train"):
        assert bool(TF["scalar"]("loss", K.constant(0.5), step=step))
        with TF["record_if"](lambda: False):
            assert not bool(TF["scalar"]("loss", 1.0, step=5))
        with pytest.raises(ValueError, match="no step"):
            TF["scalar"]("loss", 1.0)
        with pytest.raises(TypeError, match="name"):
            TF["scalar"](1, 1.0, step=1)
        with pytest.raises(NotImplementedError, match="in a graph"):
            TF["scalar"]("x", K.placeholder(()), step=1)
    with writer.as_default(step=9):
        TF["scalar"]("b", 1.0)
    assert not bool(TF["scalar"]("loss", 1.0, step=5))
    writer.close()
    assert written(tmp_path) == [("train/loss", 4, 0.5), ("b", 9, 1.0)]


def test_pictures_of_floats(tmp_path):
    writer = TF["create_file_writer"](tmp_path)
    with writer.as_default():
        TF["image"]("one", np.ones((1, 2, 2, 3)), step=0)
        TF["image"]("many", np.zeros((5, 2, 2, 1), "uint8"), step=0, max_outputs=2)
    assert [tag for tag, *_ in written(tmp_path)] == ["one", "many/0", "many/1"]


def test_a_session_makes_summaries(tmp_path):
    with kjax.graph_mode():
        x = K.placeholder((None,))
        V1["scalar"]("mean", K.mean(x))
        V1["scalar"]("mean", K.max(x))
        V1["histogram"]("x", x)
        merged, session = V1["merge_all"](), Session()
        with V1["FileWriter"](str(tmp_path), graph=None) as writer:
            for step in range(2):
                data, total = session.run([merged, K.sum(x)], {x: [step, 2.0 + step]})
                assert isinstance(data, bytes) and total == 2 + 2 * step
                writer.add_summary(data, step)
        mean = V1["scalar"]("alone", K.mean(x), collections=[])
        assert V1["merge_all"]().tensors == merged.tensors and session.run({"a": [mean]}, {x: [1]})["a"][0]
    found = [(tag, step, number) for tag, step, number in written(tmp_path) if tag != "x"]
    assert found == [("mean", 0, 1.0), ("mean_1", 0, 2.0), ("mean", 1, 2.0), ("mean_1", 1, 3.0)]
    K.clear_session()
    with kjax.graph_mode():
        assert V1["merge_all"]() is None
    writer.reopen()
    writer.add_event(summary.Event(step=3))
    writer.close()
    assert len(os.listdir(tmp_path)) == 2


def test_tf_itself_answers_a_program_for_tensorflow_1_as_that_does(tmp_path):
    with kjax.graph_mode():
        x = K.placeholder(())
        merged = V1["merge"]([TF["scalar"]("loss", x), TF["histogram"]("spread", K.stack([x, x]))])
    with V1["FileWriter"](str(tmp_path)) as writer:
        writer.add_summary(Session().run(merged, {x: 3.0}), 7)
    assert [row[:2] for row in written(tmp_path)] == [("loss", 7), ("spread", 7)]

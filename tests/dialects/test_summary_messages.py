"""`tf.Summary` and `Event`, step by step. Bytes are compared with TensorFlow's in recorded/summary.json."""

import pickle

import pytest

from kjax.dialects.summary_messages import Event, HistogramProto, Summary


def test_a_summary_that_is_filled_step_by_step():
    summary = Summary()
    value = summary.value.add(tag="loss", simple_value=0.0)
    assert value.HasField("simple_value") and not value.HasField("histo") and value.WhichOneof("value")
    summary.value.add(tag="h").histo.bucket.extend([1.0, 2.0])
    again = Summary.FromString(summary.SerializeToString())
    assert [part.tag for part in again.value] == ["loss", "h"] and again.value[0].HasField("simple_value")
    assert again.value[1].histo.bucket == [1.0, 2.0] and again.value[1].HasField("histo")
    assert pickle.loads(pickle.dumps(summary)) == summary


def test_events():
    event = Event(wall_time=1.5, step=-2)
    event.summary.value.add(tag="a", simple_value=0.5)
    again = Event.FromString(event.SerializeToString())
    assert (again.wall_time, again.step, again.summary.value[0].simple_value) == (1.5, -2, 0.5)
    assert Event().SerializeToString() == HistogramProto(min=0.0).SerializeToString() == b""


def test_names_of_fields_are_checked():
    with pytest.raises(ValueError, match="no field 'steps'"):
        Event(steps=1)
    with pytest.raises(AttributeError, match="no field 'steps'"):
        Event().steps = 1

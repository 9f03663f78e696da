"""Files of events, pictures and histograms."""

import os

import numpy as np
import pytest

from kjax.dialects import event_files
from kjax.dialects.record_files import records
from kjax.dialects.summary_messages import Event


def test_a_file_of_events(tmp_path):
    file = event_files.EventFile(tmp_path / "new", ".v2")
    assert not (tmp_path / "new").exists()
    file.add(event_files.scalar("a", np.float64(0.5)), 3, wall_time=1.0)
    file.flush()
    first, second = (Event.FromString(data) for data in records(file.path))
    assert first.file_version == "brain.Event:2" and (second.step, second.wall_time) == (3, 1.0)
    assert os.path.basename(file.path).startswith("events.out.tfevents.") and file.path.endswith(".v2")
    other = event_files.EventFile(tmp_path / "new")
    assert other.path != file.path
    file.close()
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.add(event_files.scalar("a", 1))


def test_values_that_are_refused():
    with pytest.raises(ValueError, match="scalar"):
        event_files.scalar("a", [1, 2])
    with pytest.raises(ValueError, match="finite"):
        event_files.histogram("a", [np.nan])
    with pytest.raises(ValueError, match="shape"):
        event_files.as_pictures(np.zeros((2, 2, 3)), 1, "f()")


def test_a_histogram_counts_each_value():
    values = np.random.default_rng(0).normal(size=1000)
    (value,) = event_files.histogram("h", values).value
    assert sum(value.histo.bucket) == value.histo.num == 1000 and value.histo.min == values.min()
    at = np.searchsorted(value.histo.bucket_limit, 0.5)
    assert sum(value.histo.bucket[: at + 1]) == (values < value.histo.bucket_limit[at]).sum()
    assert event_files.histogram("h", []).value[0].histo.num == 0


def test_texts():
    (value,) = event_files.text("t", "hello").value
    assert b"hello" in value.tensor and value.metadata.plugin_data.plugin_name == "text"

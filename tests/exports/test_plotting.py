"""`kjax.plot`: histories as pictures."""

import types

import pytest

import kjax

pytest.importorskip("matplotlib")

HISTORY = {"loss": [3.0, 2.0], "val_loss": [4.0, 5.0], "acc": [0.1, 0.2]}


def lines(figure):
    """The label and the points of each line, by the titles of the axes."""
    return {
        axes.get_title(): {line.get_label(): line.get_ydata().tolist() for line in axes.lines} for axes in figure.axes
    }


def test_a_metric_and_that_of_the_validation_are_in_axes_of_their_own():
    expected = {"loss": {"training": [3.0, 2.0], "validation": [4.0, 5.0]}, "acc": {"training": [0.1, 0.2]}}
    assert lines(kjax.plot(HISTORY)) == expected
    assert lines(kjax.plot(types.SimpleNamespace(history=HISTORY))) == expected


def test_several_runs():
    found = lines(kjax.plot({"a": HISTORY, "b": types.SimpleNamespace(history={"loss": [1.0]})}))
    assert found["loss"] == {"a: training": [3.0, 2.0], "a: validation": [4.0, 5.0], "b: training": [1.0]}


def test_some_metrics_by_any_of_their_names():
    assert list(lines(kjax.plot(HISTORY, metrics=["acc", "loss"]))) == ["acc", "loss"]
    assert list(lines(kjax.plot(HISTORY, metrics="accuracy"))) == ["acc"]
    with pytest.raises(ValueError, match=r"plot\(\): the history has no 'mae'; it has loss, acc"):
        kjax.plot(HISTORY, metrics=["mae"])


def test_files_and_notebooks(tmp_path):
    figure = kjax.plot(HISTORY, tmp_path / "training.png")
    assert (tmp_path / "training.png").read_bytes()[:4] == figure._repr_png_()[:4] == b"\x89PNG"


@pytest.mark.parametrize("history", [None, [1.0], {"loss": 1.0}, {"loss": ["a"]}])
def test_what_is_no_history(history):
    with pytest.raises(TypeError, match=r"plot\(\): "):
        kjax.plot(history)


def test_an_empty_history():
    with pytest.raises(ValueError, match="empty"):
        kjax.plot({})

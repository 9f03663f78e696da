"""The axes of a convolution."""

import numpy as np

from kjax.kernels.forms import Axis, Form, moved


def test_axes_of_either_order():
    last = Form((2, 7, 6, 3), (3, 2, 3, 4), (2, 1), "same", "channels_last", (1, 2))
    first = last._replace(images=(2, 3, 7, 6), data_format="channels_first")
    assert last.axes == first.axes == [Axis(7, 3, 2, 1, 1, 1, 4), Axis(6, 2, 1, 2, 1, 1, 6)]
    assert [axis.span for axis in last.axes] == [3, 3]
    assert [(axis.phases, axis.taps_of_phase) for axis in last.axes] == [(2, 2), (1, 2)]


def test_channels_move_to_the_end_and_back():
    x = np.zeros((2, 3, 7, 6))
    form = Form(x.shape, (3, 2, 3, 4), (1, 1), "valid", "channels_first", (1, 1))
    assert form.channels_last(x).shape == (2, 7, 6, 3) and form.as_given(form.channels_last(x)).shape == x.shape
    form = form._replace(data_format="channels_last")
    assert form.channels_last(x) is x and form.as_given(x) is x


def test_outputs():
    form = Form((2, 7, 6, 3), (3, 2, 3, 4), (2, 1), "valid", "channels_last", (1, 2))
    assert form.outputs == (2, 3, 4, 4) and form._replace(padding="same").outputs == (2, 4, 6, 4)
    first = form._replace(images=(2, 3, 7, 6), data_format="channels_first")
    assert first.outputs == (2, 4, 3, 4) and first._replace(depthwise=True).outputs == (2, 12, 3, 4)


def test_moved():
    assert moved(np.zeros((1, 2, 3)), 0, -1).shape == (2, 3, 1)

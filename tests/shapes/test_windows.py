import itertools

import numpy as np
import pytest

from kjax import backend as K
from kjax.core.shape import Shape
from kjax.shapes import windows


def covered(n, size, stride, padding, dilation):
    """The places of every window, by trying where they fit."""
    before, after = windows.margins(n, size, stride, padding, dilation)
    starts = range(-before, n + after - windows.reach(size, dilation) + 1, stride)
    return [range(start, start + windows.reach(size, dilation), dilation) for start in starts]


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_count_and_margins_go_together(padding):
    for n, size, stride, dilation in itertools.product(range(1, 8), range(1, 5), range(1, 4), range(1, 3)):
        if padding == "valid" and windows.reach(size, dilation) > n:
            continue
        found = covered(n, size, stride, padding, dilation)
        assert windows.count(n, size, stride, padding, dilation) == len(found)
        if padding == "causal":
            assert all(places[-1] == i * stride for i, places in enumerate(found))
        if padding == "same":
            before, after = windows.margins(n, size, stride, padding, dilation)
            assert 0 <= after - before <= 1


def test_counts_of_what_is_unknown_or_does_not_fit():
    assert windows.count(None, 3, 1, "same") is None and windows.count(5, None, 1, "valid") is None
    assert windows.count(5, None, 2, "same") == 3
    assert windows.count(2, 3, 1, "valid") == 0 == windows.count(1, 4, 2, "valid") == windows.count(0, 1, 1, "valid")
    with pytest.raises(ValueError, match=r"a window that spans 3 does not fit into 1 element$"):
        windows.count(1, 3, 1, "valid")


def test_numbers_per_axis():
    one, two = windows.per_axis(2, spread=True).normal, windows.per_axis(2).normal
    for value in (3, (3,), [3, 3], np.int64(3), np.array([3, 3]), 3.0, (1, 3, 3, 1), K.constant([3, 3], "int32")):
        assert one(value, "f(): strides") == (3, 3)
    assert one(None, "f(): strides") == (1, 1) and two([1, 2], "f(): strides") == (1, 2)
    for value in (0, (1, -1), (1, 2, 3), (2, 3, 3, 1), ()):
        with pytest.raises(ValueError, match=r"f\(\): strides must be"):
            one(value, "f(): strides")
    with pytest.raises(TypeError, match="must be a tuple of 1 integer; got 3"):
        windows.per_axis(1).normal(3, "f(): strides")
    for value in ("ab", 1.5, (1, None), object()):
        with pytest.raises(TypeError, match=r"f\(\): strides must be"):
            one(value, "f(): strides")
    for value in (3, None, "ab", K.constant(3, "int32")):
        with pytest.raises(TypeError, match=r"f\(\): strides must be"):
            two(value, "f(): strides")


def test_data_formats():
    assert windows.as_data_format(None) == "channels_last"
    K.set_image_data_format("channels_first")
    assert windows.as_data_format(None) == "channels_first"
    assert windows.taken_apart((2, 3, 4, 5), 2, "channels_first") == (2, (4, 5), 3)
    assert windows.taken_apart(Shape.UNKNOWN, 2, "channels_last") == (None, (None, None), None)
    for data_format in ("channels_first", "channels_last"):
        assert tuple(windows.put_together(*windows.taken_apart((2, 3, 4, 5), 2, data_format), data_format)) == (
            2,
            3,
            4,
            5,
        )
    for bad in ("NHWC", 1, ["channels_last"], np.array(["channels_last"])):
        with pytest.raises(ValueError, match="data_format must be 'channels_last' or 'channels_first'"):
            windows.as_data_format(bad)

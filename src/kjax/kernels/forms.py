"""What a convolution is, besides its arrays."""

from typing import Any, NamedTuple

from kjax.shapes import windows


class Axis(NamedTuple):
    """A convolution along one axis of space.

    Attributes:
        images, window: their sizes.
        stride, dilation: those of the window.
        before, behind: the padding on both sides.
        places: the number of windows.
    """

    images: int
    window: int
    stride: int
    dilation: int
    before: int
    behind: int
    places: int

    @property
    def span(self) -> int:
        """The number of elements that a window spans."""
        return windows.reach(self.window, self.dilation)

    @property
    def phases(self) -> int:
        """How many elements of a stride windows see: elements of one phase meet the same taps."""
        return min(self.stride, self.window)

    @property
    def taps_of_phase(self) -> int:
        """How many taps elements of one phase meet, at most."""
        return -(-self.window // self.stride)


class Form(NamedTuple):
    """What a convolution is, besides its arrays.

    Attributes:
        images, kernel: the shapes; that of a depthwise kernel is `(*window, channels, multiplier)`.
        strides, padding, data_format, dilations: as in `K.conv2d`.
        depthwise: whether each channel is convolved by itself.
    """

    images: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    data_format: str
    dilations: tuple[int, ...]
    depthwise: bool = False

    @property
    def axes(self) -> list[Axis]:
        """The axes of space."""
        dims = [self.images[axis] for axis in windows.spatial_axes(len(self.images), self.data_format)]
        found = []
        for n, size, stride, rate in zip(dims, self.kernel, self.strides, self.dilations, strict=False):
            how = n, size, stride, self.padding, rate
            found.append(Axis(n, size, stride, rate, *windows.margins(*how), windows.count(*how) or 0))
        return found

    @property
    def outputs(self) -> tuple[int, ...]:
        """The shape of the outputs."""
        channels, filters = self.kernel[-2:]
        places = [axis.places for axis in self.axes]
        last = channels * filters if self.depthwise else filters
        return windows.put_together(self.images[0], places, last, self.data_format)  # type: ignore[return-value]

    def channels_last(self, x: Any) -> Any:
        """Images or outputs with their channels as the last axis."""
        return moved(x, 1, -1) if self.data_format == "channels_first" else x

    def as_given(self, x: Any) -> Any:
        """Images or outputs with channels last, in the order of axes of this form."""
        return moved(x, -1, 1) if self.data_format == "channels_first" else x


def moved(x: Any, source: int, destination: int) -> Any:
    """`x` with one axis at another place."""
    import jax

    return jax.numpy.moveaxis(x, source, destination)

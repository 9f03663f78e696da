"""What a convolution is, besides its arrays."""

from typing import Any, NamedTuple

from kjax.shapes import windows


class Axis(NamedTuple):
    """A convolution along one axis of space: sizes of images and window, stride, dilation, padding on both sides."""

    images: int
    window: int
    stride: int
    dilation: int
    before: int
    behind: int

    @property
    def span(self) -> int:
        """The number of elements that a window spans."""
        return windows.reach(self.window, self.dilation)

    @property
    def places(self) -> int:
        """The number of windows."""
        return max(0, (self.images + self.before + self.behind - self.span) // self.stride + 1)


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
        each = zip(dims, self.kernel, self.strides, self.dilations, strict=False)
        return [Axis(n, k, s, rate, *windows.margins(n, k, s, self.padding, rate)) for n, k, s, rate in each]

    @property
    def outputs(self) -> tuple[int, ...]:
        """The shape of the outputs."""
        channels, filters = self.kernel[-2:]
        depth, space = filters * channels if self.depthwise else filters, [axis.places for axis in self.axes]
        first = self.data_format == "channels_first"
        return (self.images[0], depth, *space) if first else (self.images[0], *space, depth)

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

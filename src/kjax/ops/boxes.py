"""Boxes in images: choosing among those that overlap, drawing them.

A box is four numbers: top, left, bottom, right (in any order of opposite corners where overlaps are asked for).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Float, as_tensor
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.scopes import as_loop
from kjax.ops.shaping import Size, integers

# ------------------------------------------------------------------------------------------------------------- choosing


def _overlaps(xp: Any, boxes: Any) -> Callable[[Any], Any]:
    """The common part of each box and a chosen one, as a part of what the two cover; 0 for one without area."""
    low, high = xp.minimum(boxes[:, :2], boxes[:, 2:]), xp.maximum(boxes[:, :2], boxes[:, 2:])
    areas = (high - low).prod(-1)

    def overlaps(chosen: Any) -> Any:
        common = xp.maximum(xp.minimum(high, high[chosen]) - xp.maximum(low, low[chosen]), 0).prod(-1)
        real = (areas > 0) & (areas[chosen] > 0)
        return xp.where(real, common / xp.where(real, areas + areas[chosen] - common, 1), 0)

    return overlaps


def _suppressed(
    xp: Any,
    overlaps: Callable[[Any], Any],
    scores: Any,
    count: int,
    stays: Callable[[Any], Any],
    least: Any,
    sigma: Any,
) -> tuple[Any, Any, Any]:
    """The best boxes one after the other, each without those that overlap it too much.

    Args:
        overlaps: the overlap of each box with one of them.
        scores: the score of each box.
        count: how many to choose at most.
        stays: whether a box with some overlap is not dropped.
        least: the score at which a box is dropped.
        sigma: above 0, overlaps also lower the scores of boxes.

    Returns:
        The places of the boxes and their scores, filled up with zeros, and their number.
    """
    fall = xp.where(sigma > 0, -0.5 / xp.where(sigma > 0, sigma, 1), 0)

    def step(state: tuple[Any, Any]) -> tuple[tuple[Any, Any], tuple[Any, Any, Any]]:
        scores, alive = state
        best = xp.where(alive, scores, -np.inf).argmax()
        found = alive.any(), best.astype(np.int32), scores[best]
        shared = overlaps(best)
        scores = scores * xp.exp(fall * shared * shared).astype(scores.dtype)
        return (scores, alive & (np.arange(len(scores)) != best) & stays(shared) & (scores > least)), found

    state = scores, scores > least
    if not len(scores) or not count:
        return xp.zeros(count, np.int32), xp.zeros(count, scores.dtype), xp.zeros((), np.int32)
    if xp is np:
        places, values, n = np.zeros(count, np.int32), np.zeros(count, scores.dtype), 0
        while n < count and state[1].any():
            state, (_, places[n], values[n]) = step(state)
            n += 1
        return places, values, np.asarray(n, np.int32)
    import jax

    _, (valid, places, values) = as_loop(
        jax, lambda step: jax.lax.scan(step, state, length=count), lambda state, _: step(state)
    )
    return xp.where(valid, places, 0), xp.where(valid, values, 0), valid.sum(dtype=np.int32)


def _lists(where: str, boxes: Tensor, scores: Tensor, most: Any, least: Any, sigma: Any, count: Any) -> list[Shape]:
    for tensor, name, rank in ((boxes, "boxes or overlaps", 2), (scores, "scores", 1)):
        if tensor.shape.rank not in (rank, None):
            raise ValueError(f"{where}: {name} must have rank {rank}; got shape {tensor.shape}")
    if boxes.shape.rank and scores.shape.rank:
        shapes.merge_dim(where, boxes.shape[0], scores.shape[0], "boxes and scores differ in length")
    length = Shape((shapes.known_int(count),))
    return [length, length, shapes.SCALAR]


_choosing: dict[str, Any] = {
    "shape": _lists,
    "out": lambda boxes, scores, *rest: [as_dtype("int32"), scores.dtype, as_dtype("int32")],
    "differentiable": False,
    "label": "NonMaxSuppressionV5",
}


@op(name="non_max_suppression", **_choosing)
def suppressed(xp, boxes: Float, scores: Float, most: Float, least: Float, sigma: Float, count: Size):
    """The best boxes: see `_suppressed`."""
    if boxes.shape != (len(scores), 4):
        raise ValueError(f"boxes must be of shape (count, 4), scores (count,); got {boxes.shape} and {scores.shape}")
    count, *_ = integers(count)
    return _suppressed(xp, _overlaps(xp, boxes), scores, count, lambda shared: shared < most, least, sigma)


@op(name="non_max_suppression_overlaps", **_choosing)
def suppressed_by_overlaps(xp, overlaps: Float, scores: Float, most: Float, least: Float, sigma: Float, count: Size):
    """The best boxes, whose overlaps are given."""
    if overlaps.shape != (len(scores), len(scores)):
        raise ValueError(f"overlaps must have a row and a column for each of scores; got shape {overlaps.shape}")
    count, *_ = integers(count)
    return _suppressed(xp, lambda best: overlaps[:, best], scores, count, lambda shared: shared < most, least, sigma)


def chosen(
    boxes: Any,
    scores: Any,
    count: Any,
    most: Any = 0.5,
    least: Any = -np.inf,
    sigma: Any = 0.0,
    choose: Callable[..., Any] = suppressed,
) -> tuple[Tensor, Tensor, Tensor]:
    """Places and scores of the best boxes, filled up with zeros, and their number."""
    boxes = as_tensor(boxes, where="non_max_suppression(): boxes")
    scores = as_tensor(scores, boxes.dtype, "non_max_suppression(): scores")
    if not 0 <= _number(most, 0) <= 1:
        raise ValueError(f"non_max_suppression(): the threshold for overlaps must be from 0 to 1; got {most!r}")
    return choose(boxes, scores, *(as_tensor(x, boxes.dtype) for x in (most, least, sigma)), count)


def _number(value: Any, otherwise: float) -> float:
    return otherwise if isinstance(value, Tensor) and value.is_symbolic else float(value)


def _combined(
    where: str, boxes: Tensor, scores: Tensor, most: Any, least: Any, each: int, total: int, *rest: Any
) -> Any:
    for tensor, name, rank in ((boxes, "boxes", 4), (scores, "scores", 3)):
        if tensor.shape.rank not in (rank, None):
            raise ValueError(f"{where}: {name} must have rank {rank}; got shape {tensor.shape}")
    batch, classes = (scores.shape[0], scores.shape[2]) if scores.shape.rank else (None, None)
    if boxes.shape.rank:
        batch = shapes.merge_dim(where, batch, boxes.shape[0], "boxes and scores differ in length")
    length = _length(each, total, classes, *rest)
    return [Shape((batch, length, 4)), Shape((batch, length)), Shape((batch, length)), Shape((batch,))]


def _length(each: int, total: int, classes: int | None, per_class: bool, clip: bool) -> int | None:
    if not per_class:
        return total
    return None if classes is None else min(total, each * classes)


@op(
    name="combined_non_max_suppression",
    shape=_combined,
    out=lambda *rest: [as_dtype(name) for name in ("float32", "float32", "float32", "int32")],
    differentiable=False,
    label="CombinedNonMaxSuppression",
)
def combined(
    xp,
    boxes: Float,
    scores: Float,
    most: Float,
    least: Float,
    each: Size,
    total: Size,
    per_class: bool,
    clip: bool,
):
    """The best boxes of each class of each image, and the best of these.

    Args:
        boxes: a tensor of shape `(batch, count, classes or 1, 4)`.
        scores: a tensor of shape `(batch, count, classes)`.
        most: the overlap at which a box is dropped.
        least: the score at which a box is dropped.
        each: how many of each class at most.
        total: how many of each image at most.
        per_class: no longer result than `each` for each class.
        clip: boxes are cut off at 0 and 1.

    Returns:
        The boxes, their scores, their classes, filled up with zeros, and their number.
    """
    batch, count, classes = scores.shape
    if boxes.shape not in ((batch, count, 1, 4), (batch, count, classes, 4)):
        raise ValueError(f"boxes of shape {boxes.shape} don't go with scores of shape {scores.shape}")
    kept, length = min(each, count), min(total, each * classes) if per_class else total

    def of_class(boxes: Any, scores: Any) -> Any:
        overlaps = _overlaps(xp, boxes)
        places, values, n = _suppressed(xp, overlaps, scores, kept, lambda shared: shared <= most, least, np.float32(0))
        return boxes[places], xp.where(np.arange(kept) < n, values, -np.inf)

    def of_image(boxes: Any, scores: Any) -> Any:
        boxes = xp.broadcast_to(boxes, (count, classes, 4))
        found, values = _each(xp, of_class, xp.swapaxes(boxes, 0, 1), scores.T)
        order = xp.argsort(-values.reshape(-1), stable=True)[:length]
        short = length - len(order)
        values, found = values.reshape(-1)[order], found.reshape(-1, 4)[order]
        valid = values > -np.inf
        rows = (values, (order // max(kept, 1)).astype(np.float32), xp.clip(found, 0, 1) if clip else found)
        values, names, found = (xp.where(valid.reshape(-1, *[1] * (a.ndim - 1)), a, 0) for a in rows)
        padded = [xp.pad(a, [(0, short)] + [(0, 0)] * (a.ndim - 1)) for a in (found, values, names)]
        return *padded, valid.sum(dtype=np.int32)

    return _each(xp, of_image, boxes, scores)


def _each(xp: Any, function: Callable[..., Any], *arrays: Any) -> Any:
    """The results of a function of the parts of arrays, stacked."""
    if xp is np and len(arrays[0]):
        return tuple(map(np.stack, zip(*(function(*parts) for parts in zip(*arrays, strict=True)), strict=True)))
    import jax

    return jax.vmap(function)(*arrays)


# -------------------------------------------------------------------------------------------------------------- drawing

# Yellow, blue, red, lime, purple, olive, maroon, navy, aqua, fuchsia; the fourth channel is opaque.
COLOURS = [
    [1, 1, 0, 1],
    [0, 0, 1, 1],
    [1, 0, 0, 1],
    [0, 1, 0, 1],
    [0.5, 0, 0.5, 1],
    [0.5, 0.5, 0, 1],
    [0.5, 0, 0, 1],
    [0, 0, 0.5, 1],
    [0, 1, 1, 1],
    [1, 0, 1, 1],
]


def _drawn(where: str, images: Tensor, boxes: Tensor, colours: Tensor) -> Shape:
    for tensor, name, rank in ((images, "images", 4), (boxes, "boxes", 3), (colours, "colors", 2)):
        if tensor.shape.rank not in (rank, None):
            raise ValueError(f"{where}: {name} must have rank {rank}; got shape {tensor.shape}")
    if images.shape.rank and boxes.shape.rank:
        shapes.merge_dim(where, images.shape[0], boxes.shape[0], "images and boxes differ in length")
    return images.shape


@op(shape=_drawn, differentiable=False, label="DrawBoundingBoxesV2")
def draw_bounding_boxes(xp, images: Float, boxes: Float, colors: Float):
    """Images with frames, a pixel wide.

    Args:
        images: a tensor of shape `(batch, rows, columns, channels)`.
        boxes: a tensor of shape `(batch, count, 4)`: the parts of height and width at which the frames are.
        colors: a tensor of shape `(colours, channels)`, of which the boxes of an image take one after the other.
    """
    batch, rows, columns, channels = images.shape
    if boxes.shape != (batch, boxes.shape[1], 4) or colors.shape[1] < channels or not len(colors):
        raise ValueError(
            f"boxes of shape {boxes.shape} and colors of {colors.shape} don't go with images of {images.shape}"
        )
    places = (np.arange(rows)[:, None], np.arange(columns)[None, :])
    for i in range(boxes.shape[1]):
        ends = (boxes[:, i] * np.asarray([rows - 1, columns - 1] * 2, boxes.dtype)).astype(np.int64)[..., None, None]
        # (of a box that is turned over, or lies outside of the image, nothing is drawn)
        inside, border = (ends[:, 0] <= ends[:, 2]) & (ends[:, 1] <= ends[:, 3]), False
        for axis, place in enumerate(places):
            inside = inside & (place >= ends[:, axis]) & (place <= ends[:, axis + 2])
            border = border | (place == ends[:, axis]) | (place == ends[:, axis + 2])
        images = xp.where((inside & border)[..., None], colors[i % len(colors), :channels], images)
    return images

"""Connectionist temporal classification: the loss of a network that labels sequences, and decoding of its output."""

import operator
from typing import Any

from kjax import shapes
from kjax.core.dtypes import DType, as_dtype
from kjax.core.foreign import public
from kjax.core.op import op
from kjax.core.operands import Array, Float, Index, Other, as_tensor
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.kernels import beams, ctc
from kjax.machine import config
from kjax.ops.elementwise import cast


def dims_of(where: str, tensor: Tensor, name: str, rank: int) -> Shape:
    """The shape of a tensor that must be of rank `rank`."""
    if tensor.shape.rank not in (None, rank):
        raise ValueError(f"{where}: {name} must be of rank {rank}; got shape {tensor.shape}")
    return Shape([None] * rank) if tensor.shape.rank is None else tensor.shape


def _column(where: str, y_true: Tensor, y_pred: Tensor, input_length: Tensor, label_length: Tensor, *_: Any) -> Shape:
    batch = dims_of(where, y_pred, "y_pred", 3)[0]
    others = {"y_true": y_true, "input_length": input_length, "label_length": label_length}
    for name, tensor in others.items():
        dims = dims_of(where, tensor, name, 2)
        batch = shapes.merge_dim(where, batch, dims[0], f"y_pred and {name} have different numbers of samples")
        if dims[1] == 0 or (name != "y_true" and dims[1] not in (None, 1)):
            width = "width" if name == "y_true" else 1
            raise ValueError(f"{where}: {name} must be of shape (samples, {width}); got {tensor.shape}")
    return Shape((batch, 1))


@op(name="ctc_batch_cost", shape=_column, out=lambda y_true, y_pred, *rest: y_pred.dtype, runs=NUMPY)
def _cost(xp, y_true: Index, y_pred: Float, input_length: Index, label_length: Index, epsilon):
    return ctc.cost(xp, y_true, y_pred, input_length, label_length, epsilon)


@public
def ctc_batch_cost(y_true: Array, y_pred: Array, input_length: Array, label_length: Array) -> Tensor:
    """The CTC loss: minus the log-probability of a sequence of labels, summed over its alignments in time.

    Args:
        y_true: a tensor `(samples, width)`, of any dtype: the labels of each sequence, from 0 to `classes - 2`; a
            higher one ends the sequence.
        y_pred: a tensor of floats, `(samples, time, classes)`: for each time step a distribution over the classes,
            of which the last is the blank. `epsilon()` is added to it.
        input_length: a tensor `(samples, 1)`: the number of time steps of each sample.
        label_length: a tensor `(samples, 1)`: the number of labels of each sample.

    Returns:
        A tensor `(samples, 1)` of the dtype of `y_pred`. It is infinite where labels repeat so often that the time is
        too short for the blanks between.

    Raises:
        TypeError: `y_pred` is not of floats.
        ValueError: the shapes don't go together, a label is negative or comes behind a blank, a sequence has no
            labels or more than time steps, or more time steps than there are. In a function, when it is called.

    Source: `tf.keras.backend.ctc_batch_cost`, TF 2.2.

    >>> halves = [[[0.5, 0.5], [0.5, 0.5]]]  # 3 of 4 paths give one label and no more
    >>> ctc_batch_cost([[0]], halves, [[2]], [[1]]).numpy().round(2)
    array([[0.29]], dtype=float32)
    """
    return cost(y_true, y_pred, input_length, label_length, config._epsilon)


def cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any, epsilon: float = 0.0) -> Tensor:
    """`ctc_batch_cost` of distributions to which `epsilon` is added."""
    labels = _integers(y_true, "y_true")
    times, counts = _integers(input_length, "input_length"), _integers(label_length, "label_length")
    return _cost(labels, y_pred, times, counts, epsilon)


def _integers(value: Any, name: str) -> Tensor:
    """Labels or lengths of any dtype; no gradient flows to them."""
    tensor = as_tensor(value, where=f"ctc_batch_cost(): {name}")
    return tensor if tensor.dtype == "int32" else cast(tensor, "int32")


def _decoded(
    where: str, epsilon: float, y_pred: Tensor, input_length: Tensor, width: int, paths: int, *rest: Any
) -> list[Shape]:
    batch = dims_of(where, y_pred, "y_pred", 3)[0]
    samples = dims_of(where, input_length, "input_length", 1)[0]
    batch = shapes.merge_dim(where, batch, samples, "y_pred and input_length have different numbers of samples")
    return [*[Shape((batch, None))] * paths, Shape((batch, paths))]


def _dtypes(epsilon: float, y_pred: Tensor, input_length: Tensor, width: int, paths: int, *rest: Any) -> list[DType]:
    return [*[as_dtype("int64")] * paths, y_pred.dtype]


@op(name="ctc_decode", shape=_decoded, out=_dtypes, differentiable=False, runs=NUMPY)
def _decode(xp, epsilon, y_pred: Float, input_length: Other, width, paths, merge_repeated):
    """The best path for a width of 0, else a beam search."""
    if not width:
        return ctc.greedy(y_pred, input_length, epsilon)
    return beams.search(y_pred, input_length, epsilon, width, paths, merge_repeated)


@public
def ctc_decode(
    y_pred: Array, input_length: Array, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Tensor], Tensor]:
    """Decode the output of a network into sequences of labels.

    Args:
        y_pred: a tensor of floats, `(samples, time, classes)`: for each time step a distribution over the classes,
            of which the last is the blank. `epsilon()` is added to it.
        input_length: a tensor `(samples,)`: the number of time steps of each sample.
        greedy: whether to take the likeliest class of each time step; otherwise a beam search looks for the sequences
            of the greatest probability, summed over the paths that spell them.
        beam_width: the number of sequences that the beam search follows.
        top_paths: the number of sequences to return.

    Returns:
        A list of tensors of int64, `(samples, longest)`, and a tensor `(samples, top_paths)` of the dtype of `y_pred`.
        The list has one tensor for a greedy search, `top_paths` for a beam search, the likeliest first: the labels of
        each sample, padded with -1 to the longest sequence of that tensor. So its shape depends on values, and a
        function that decodes is not compiled. The second tensor has the log-probabilities of the sequences, for a
        greedy search with the sign changed. The beam search drops repeated labels even where a blank was between, as
        TensorFlow's does.

    Raises:
        TypeError: `y_pred` is not of floats.
        ValueError: the shapes don't go together, or a sequence has more time steps than there are; for a beam search,
            there are fewer paths, or beams, than `top_paths`.

    Source: `tf.keras.backend.ctc_decode`, TF 2.2.

    >>> likely = [[[0.6, 0.1, 0.3], [0.6, 0.1, 0.3], [0.1, 0.2, 0.7], [0.2, 0.7, 0.1]]]
    >>> (labels,), loss = ctc_decode(likely, [4])
    >>> labels.numpy(), loss.numpy().round(2)
    (array([[0, 1]]), array([[1.74]], dtype=float32))
    """
    return decode(y_pred, input_length, greedy, beam_width, top_paths, merge_repeated=True)


def decode(
    y_pred: Any, input_length: Any, greedy: bool, beam_width: int, top_paths: int, merge_repeated: bool
) -> tuple[list[Tensor], Tensor]:
    """`ctc_decode`; `merge_repeated`: whether the beam search drops repeated labels."""
    if greedy:
        decoded, scores = _decode(config._epsilon, y_pred, input_length, 0, 1, True)
        return [decoded], scores
    limits = {"beam_width": beam_width, "top_paths": top_paths}
    for name, limit in limits.items():
        try:
            limits[name] = operator.index(limit)
        except TypeError:
            raise TypeError(f"ctc_decode(): {name} must be an integer; got {limit!r}") from None
        if limits[name] < 1:
            raise ValueError(f"ctc_decode(): {name} must be at least 1; got {limit}")
    if limits["top_paths"] > limits["beam_width"]:
        raise ValueError(f"ctc_decode(): top_paths must be at most beam_width, {beam_width}; got {top_paths}")
    width, count = limits.values()
    *paths, scores = _decode(config._epsilon, y_pred, input_length, width, count, bool(merge_repeated))
    return paths, scores

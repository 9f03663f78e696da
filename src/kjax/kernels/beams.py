"""Beam search for the likeliest sequences of labels, given a network's distributions over classes.

It follows TensorFlow's, down to the order of equally likely beams, which are common with an untrained network. See
`kernels/ctc.py` for how a path spells a sequence.
"""

from typing import Any

import numpy as np

from kjax.kernels.ctc import exact, logits_of, padded
from kjax.kernels.halves import narrowed

_NEVER = float("-inf")


def search(
    probabilities: Any, times: Any, epsilon: float, width: int, top_paths: int, merge_repeated: bool
) -> tuple[Any, ...]:
    """The `top_paths` likeliest sequences, an array for each rank, and their log-probabilities."""
    logits, times = logits_of(probabilities, times, epsilon)
    norms = _norms(logits)
    found, scores = [], []
    for rows, norm, count in zip(logits, norms, times, strict=True):
        best = _searched(rows[:count], norm[:count], width, top_paths)
        found.append([beam.spelled(merge_repeated) for beam in best])
        scores.append([beam.total for beam in best])
    decoded = [padded([paths[i] for paths in found]) for i in range(top_paths)]
    totals = np.asarray(scores, logits.dtype).reshape(len(logits), top_paths)
    return (*decoded, narrowed(totals, probabilities.dtype))


def _norms(logits: Any) -> Any:
    """The log-sum-exp of each row, accumulated one element after the other as in TensorFlow."""
    highest = logits.max(-1, keepdims=True)
    sums = exact(np.exp, logits - highest).cumsum(-1)[..., -1]
    return highest[..., 0] + exact(np.log, sums)


class _Beam:
    """A sequence of labels, as its last label and the beam of the labels before it.

    Log-probabilities of the paths so far that spell it: of all (`total`), of paths that end in a blank, and of paths
    that end in the label; all `-inf` while the beam is out of the search. `old_…` are the values before this time step.
    """

    __slots__ = ("blank", "children", "label", "labelled", "old_blank", "old_total", "parent", "total")

    def __init__(self, parent: Any, label: int) -> None:
        self.parent = parent
        self.label = label
        self.children: dict[int, _Beam] = {}
        self.old_total = self.old_blank = _NEVER
        self.forget()

    def forget(self) -> None:
        """Take the beam out of the search."""
        self.total = self.blank = self.labelled = _NEVER

    def spelled(self, merge_repeated: bool) -> list[int]:
        """The labels; with `merge_repeated`, one of each run of equal ones (TensorFlow merges them a second time)."""
        labels: list[int] = []
        beam = self
        while beam.parent is not None:
            if not (merge_repeated and labels and beam.label == labels[-1]):
                labels.append(beam.label)
            beam = beam.parent
        return labels[::-1]


def _searched(rows: Any, norms: Any, width: int, top_paths: int) -> list[_Beam]:
    root = _Beam(None, -1)
    root.total = root.blank = 0.0
    leaves = _Best(width)
    leaves.push(root)
    for row, norm in zip(rows, norms, strict=True):
        leaves = _stepped(leaves, row, norm, width)
    if top_paths > len(leaves.items):
        raise ValueError(f"top_paths must be at most the number of paths, {len(leaves.items)}; got {top_paths}")
    best = _Best(top_paths)
    for beam in leaves.unordered():
        best.push(beam)
    return best.ordered()


def _stepped(leaves: "_Best", row: Any, norm: Any, width: int) -> "_Best":
    """The beams after the next time step."""
    branches = leaves.ordered()
    leaves = _Best(width)
    _prolong(branches, row, norm)
    scores = (row - norm)[:-1]
    for beam in branches:
        leaves.push(beam)
    for beam in branches:
        if beam.old_total > _NEVER and (leaves.free or beam.old_total > leaves.bottom().total):
            _grow(beam, scores, leaves)
    return leaves


def _prolong(branches: list[_Beam], row: Any, norm: Any) -> None:
    """Scores of the present beams after this step: by a blank, by the last label again, or by it after the parent."""
    for beam in branches:
        beam.old_total, beam.old_blank = beam.total, beam.blank
    arriving = [
        _NEVER
        if (parent := beam.parent) is None or parent.total == _NEVER
        else parent.old_blank
        if beam.label == parent.label
        else parent.old_total
        for beam in branches
    ]
    dtype = row.dtype
    labelled = _either(np.array([beam.labelled for beam in branches], dtype), np.array(arriving, dtype))
    labelled += (row - norm)[[beam.label for beam in branches]]  # (the root has no label; its score stays -inf)
    blank = np.array([beam.total for beam in branches], dtype) + row[-1] - norm
    totals = _either(blank, labelled)
    for beam, *scores in zip(branches, totals.tolist(), blank.tolist(), labelled.tolist(), strict=True):
        beam.total, beam.blank, beam.labelled = scores


def _either(a: Any, b: Any) -> Any:
    """log(exp(a) + exp(b)), by way of float32, as in TensorFlow even for float64."""
    if a.dtype == np.float32:
        return np.logaddexp(a, b)
    high = np.maximum(a, b)
    more = np.logaddexp(np.float32(0), (np.minimum(a, b) - high).astype(np.float32))
    return np.where(high == _NEVER, high, high + more)


def _grow(beam: _Beam, row: Any, leaves: "_Best") -> None:
    """Push the children of a beam that are likely enough onto the leaves."""
    scores = row + beam.old_total
    if beam.label >= 0:
        scores[beam.label] = row[beam.label] + beam.old_blank
    promising = scores > (_NEVER if leaves.free else leaves.bottom().total)
    for label in beam.children:
        promising[label] = True
    places = promising.nonzero()[0]
    for label, score in zip(places.tolist(), scores[places].tolist(), strict=True):
        child = beam.children.get(label)
        if child is not None and child.total != _NEVER:
            continue  # it is a leaf already
        if score > _NEVER and (leaves.free or score > leaves.bottom().total):
            if child is None:
                child = beam.children[label] = _Beam(beam, label)
            child.blank, child.labelled, child.total = _NEVER, score, score
            if not leaves.free:
                leaves.bottom().forget()
            leaves.push(child)
        elif child is not None:
            child.forget()
            child.old_total = child.old_blank = _NEVER


# ------------------------------------------------------------------------------------------------------- the best beams


class _Best:
    """A list of the `limit` likeliest beams.

    Ties are resolved as in TensorFlow's list of the best: a vector until it is full, then a heap with the least likely
    beam on top, with the algorithms of the C++ standard library.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.items: list[_Beam] = []
        self.is_heap = self.bottom_is_first = False

    @property
    def free(self) -> bool:
        return len(self.items) < self.limit

    def bottom(self) -> _Beam:
        """The least likely beam."""
        items = self.items
        if not self.is_heap and not self.bottom_is_first:
            lowest = 0
            for i in range(1, len(items)):
                if items[lowest].total > items[i].total:
                    lowest = i
            items[0], items[lowest] = items[lowest], items[0]
            self.bottom_is_first = True
        return items[0]

    def push(self, beam: _Beam) -> None:
        """Add a beam, unless the list is full of beams that are at least as likely."""
        items = self.items
        if self.is_heap:
            if beam.total > items[0].total:
                _replace_top(items, beam)
            return
        items.append(beam)
        if len(items) > self.limit:
            for hole in range((len(items) - 2) // 2, -1, -1):
                _sink(items, hole, len(items), items[hole])
            _replace_top(items, items.pop())
            self.is_heap = True

    def unordered(self) -> list[_Beam]:
        """The beams in the order of storage."""
        return self.items

    def ordered(self) -> list[_Beam]:
        """The beams, the likeliest first."""
        items = list(self.items)
        if not self.is_heap:
            _partition(items)
            items.sort(key=lambda beam: -beam.total)  # stable, like the insertion sort at the end of C++'s
            return items
        for end in range(len(items) - 1, 0, -1):
            last, items[end] = items[end], items[0]
            _sink(items, 0, end, last)
        return items


def _replace_top(items: list[_Beam], beam: _Beam) -> None:
    if items:
        _sink(items, 0, len(items), beam)


def _sink(items: list[_Beam], hole: int, length: int, beam: _Beam) -> None:
    """Replace the item at `hole` by `beam`: the hole sinks to the bottom of the heap, then `beam` rises from there."""
    top = hole
    while 2 * hole + 2 < length:
        child = 2 * hole + 2
        if items[child].total > items[child - 1].total:
            child -= 1
        items[hole] = items[child]
        hole = child
    if 2 * hole + 2 == length:
        items[hole] = items[length - 1]
        hole = length - 1
    while hole > top and items[(hole - 1) // 2].total > beam.total:
        items[hole] = items[(hole - 1) // 2]
        hole = (hole - 1) // 2
    items[hole] = beam


def _partition(items: list[_Beam]) -> None:
    """The first part of C++'s sort: a quicksort that stops at runs of 16 items."""
    stack = [(0, len(items))]
    while stack:
        first, last = stack.pop()
        if last - first <= 16:
            continue
        _median_first(items, first, first + 1, (first + last) // 2, last - 1)
        pivot, low, high = items[first].total, first + 1, last
        while True:
            while items[low].total > pivot:
                low += 1
            high -= 1
            while pivot > items[high].total:
                high -= 1
            if low >= high:
                break
            items[low], items[high] = items[high], items[low]
            low += 1
        stack += [(first, low), (low, last)]


def _median_first(items: list[_Beam], first: int, *places: int) -> None:
    a, b, c = places
    x, y, z = (items[i].total for i in places)
    middle = (b if y > z else c if x > z else a) if x > y else a if x > z else c if y > z else b
    items[first], items[middle] = items[middle], items[first]

"""How often the parts of a compiled program run: XLA's own estimates count the body of a loop once."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$")
_LINE = re.compile(r"^\s+(?:ROOT )?%?(?P<name>[\w.\-]+) = (?P<result>.*?) (?P<kind>[\w\-]+)\((?P<rest>.*)$")
_CALLED = re.compile(r"(body|condition|calls|to_apply|true_computation|false_computation)=%?([\w.\-]+)")
_BRANCHES = re.compile(r"branch_computations=\{([^}]*)\}")
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"')
_ARRAY = re.compile(r"\b(pred|bf16|f8\w*|[suf]\d+|c64|c128)\[([\d,]*)\]")
_OPERAND = re.compile(r"%([\w.\-]+)")
_CONTRACTED = re.compile(r"lhs_contracting_dims=\{([\d,]*)\}")
_KERNEL = re.compile(r"dim_labels=\w+_(\w+)->")
# What moves no bytes.
_FREE = frozenset(["parameter", "tuple", "get-tuple-element", "bitcast", "constant", "while", "conditional", "call"])


# The arrays of a result: the bytes of an element, and the dims. And those of each result by its name.
Arrays = list[tuple[int, tuple[int, ...]]]
Sizes = dict[str, Arrays]


class Instruction(NamedTuple):
    """One line of a program."""

    name: str
    kind: str
    result: Arrays
    rest: str
    line: str

    @property
    def operands(self) -> list[str]:
        """The names of what it is computed from."""
        return _OPERAND.findall(self.rest.partition(")")[0])


class Counts:
    """What a compiled program computes, from its text.

    Attributes:
        computations: the instructions of each, by its name.
        runs: how often each runs.
    """

    def __init__(self, text: str) -> None:
        self.computations: dict[str, list[Instruction]] = {}
        entry, lines = "", None
        for line in text.splitlines():
            if lines is None:
                if found := _COMPUTATION.match(line):
                    lines = self.computations[found[2]] = []
                    entry = found[2] if found[1] else entry
            elif line.startswith("}"):
                lines = None
            elif call := _LINE.match(line):
                lines.append(Instruction(call["name"], call["kind"], _arrays(call["result"]), call["rest"], line))
        self.runs: Counter[str] = Counter()
        self._fused: set[str] = set()
        self._run(entry, 1)

    def _run(self, name: str, times: int) -> None:
        self.runs[name] += times
        for one in self.computations.get(name, ()):
            trips = int(found[1]) if one.kind == "while" and (found := _TRIPS.search(one.rest)) else 1
            called = _CALLED.findall(one.rest)
            called += [
                ("branch", part.strip(" %")) for part in (_BRANCHES.findall(one.rest) or [""])[0].split(",") if part
            ]
            for how, inner in called:
                if how == "to_apply" and one.kind != "call":
                    continue  # (what a reduction does with two numbers)
                if one.kind == "fusion":
                    self._fused.add(inner)
                self._run(inner, times * trips)

    def lines(self) -> Iterator[tuple[str, int]]:
        """Each line with an instruction, and how often it runs."""
        for name, instructions in self.computations.items():
            for one in instructions:
                yield one.line, self.runs[name]

    def in_loops(self) -> tuple[int, int]:
        """The flops of products and convolutions, and the bytes accessed, of all runs of loops but the first."""
        flops = moved = 0
        for name, instructions in self.computations.items():
            again = self.runs[name] - 1
            if again < 1:
                continue
            sizes = {one.name: one.result for one in instructions}
            for one in instructions:
                flops += again * _flops(one, sizes)
                if name not in self._fused and one.kind not in _FREE:
                    moved += again * self._moved(one, sizes)
        return flops, moved

    def _moved(self, one: Instruction, sizes: Sizes) -> int:
        """The bytes that an instruction reads and writes: of what it takes a slice of, that slice."""
        operands, result = [_bytes(sizes.get(operand, [])) for operand in one.operands], _bytes(one.result)
        if one.kind == "dynamic-slice":
            return 2 * result
        if one.kind == "dynamic-update-slice":
            return 2 * operands[1]
        called = _CALLED.search(one.rest) if one.kind == "fusion" else None
        for inner in self.computations.get(called[2], ()) if called else ():
            if inner.kind == "parameter":
                uses = [user for user in self.computations[called[2]] if inner.name in user.operands]  # type: ignore[index]
                parts = [self._part(user, inner.name, called[2]) for user in uses]  # type: ignore[index]
                if parts and None not in parts:
                    number = int(inner.rest.partition(")")[0])
                    whole, operands[number] = operands[number], sum(filter(None, parts))
                    if whole == result:  # (what it writes a slice of is its result)
                        result = operands[number]
        return result + sum(operands)

    def _part(self, user: Instruction, name: str, computation: str) -> int | None:
        """The bytes that are used of an operand of which there is only a slice taken, or written."""
        if user.kind == "dynamic-slice":
            return _bytes(user.result)
        if user.kind == "dynamic-update-slice" and user.operands[0] == name:
            return next(_bytes(one.result) for one in self.computations[computation] if one.name == user.operands[1])
        return None


def _arrays(text: str) -> Arrays:
    found: Arrays = []
    for dtype, dims in _ARRAY.findall(text):
        bits = 8 if dtype == "pred" or dtype.startswith("f8") else int(re.sub(r"\D", "", dtype))
        found.append((max(bits, 8) // 8, tuple(int(dim) for dim in dims.split(",") if dim)))
    return found


def _bytes(arrays: Arrays) -> int:
    return sum(size * math.prod(dims) for size, dims in arrays)


def _flops(one: Instruction, sizes: Sizes) -> int:
    """Those of a product or a convolution."""
    if one.kind not in ("dot", "convolution"):
        return 0
    out = math.prod(one.result[0][1])
    if one.kind == "dot":
        left, dims = sizes[one.operands[0]][0][1], (_CONTRACTED.search(one.rest) or ["", ""])[1]
        return 2 * out * math.prod(left[int(i)] for i in dims.split(",") if i)
    kernel, labels = sizes[one.operands[1]][0][1], (_KERNEL.search(one.rest) or ["", ""])[1]
    return 2 * out * math.prod(dim for dim, label in zip(kernel, labels, strict=False) if label != "o")

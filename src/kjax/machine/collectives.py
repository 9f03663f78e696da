"""The communication between devices in a program that XLA has compiled, read from its text."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

_KINDS = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all", "collective-permute", "collective-broadcast")
_CALL = re.compile(rf"= (?P<result>.+?) (?P<kind>{'|'.join(_KINDS)})(?:-start)?\((?P<rest>.*)")
_ARRAY = re.compile(r"\b(pred|bf16|f8\w*|[suf]\d+|c64|c128)\[([\d,]*)\]")
# As rows of a grid, as a list of groups, or as the named axes of a mesh.
_ROWS = re.compile(r"replica_groups=\[\d+,(\d+)\]<=")
_LISTED = re.compile(r"replica_groups=\{\{([^}]*)\}")
_MESH = re.compile(r"replica_groups=mesh\[(?P<sizes>[^\]]*)\]\s*\{(?P<axes>[^}]*)\}")


class Collective(NamedTuple):
    """One step of a program in which devices exchange data.

    Attributes:
        kind: XLA's name of it, such as `all-reduce`.
        bytes: the size of the result on one device.
        devices: how many devices take part in each group; None where all do, or pairs of them.
    """

    kind: str
    bytes: int
    devices: int | None


def collectives_in(text: str) -> list[Collective]:
    """The collectives in the text of a compiled program, `jax.stages.Compiled.as_text()`; each counts once in a loop.

    >>> collectives_in('%a.1 = f32[8,4]{1,0} all-reduce(%b), channel_id=1, replica_groups=[2,4]<=[8], to_apply=%add')
    [Collective(kind='all-reduce', bytes=128, devices=4)]
    """
    return [
        Collective(call["kind"], sum(map(_size, _results(line, call))), _group(call["rest"]))
        for line in text.splitlines()
        if (call := _CALL.search(line))
    ]


def _results(line: str, call: re.Match[str]) -> list[tuple[str, str]]:
    """Dtypes and dims of the results: of an asynchronous start, which lists operands first, the second half."""
    arrays = _ARRAY.findall(call["result"])
    started = f"{call['kind']}-start(" in line and call["kind"] != "all-reduce" and len(arrays) > 1
    return arrays[len(arrays) // 2 :] if started else arrays


def _size(array: tuple[str, str]) -> int:
    dtype, dims = array
    bits = 8 if dtype == "pred" or dtype.startswith("f8") else int(re.sub(r"\D", "", dtype))
    return math.prod(int(dim) for dim in dims.split(",") if dim) * max(bits, 8) // 8


def _group(rest: str) -> int | None:
    if found := _ROWS.search(rest):
        return int(found[1])
    if found := _LISTED.search(rest):
        return len(found[1].split(","))
    if found := _MESH.search(rest):
        sizes = {name: int(size) for name, size in re.findall(r"'([^']*)'=(\d+)", found["sizes"])}
        return math.prod(sizes[name] for name in re.findall(r"'([^']*)'", found["axes"]))
    return None

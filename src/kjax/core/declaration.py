"""The declaration of an operation: its kernel, parameters, dtype rule and shape rule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Sequence
from typing import Any, ParamSpec, TypeVar

from kjax.core.dtypes import DType, as_dtype
from kjax.core.graph import tensors_in
from kjax.core.operands import Operand, kind_of
from kjax.core.placement import XLA, Runs
from kjax.core.shape import Shape, check_size

P = ParamSpec("P")
T = TypeVar("T")


# Shape rules of operations each element of whose result depends on the elements of the operands at the same place.
_by_element: set[Callable[..., Any]] = set()


def by_element(rule: Callable[P, T]) -> Callable[P, T]:
    """Mark a shape rule: operations that have it compute element by element, with what they broadcast."""
    _by_element.add(rule)
    return rule


class Declaration:
    """The arguments of `@op`, and the parameters of the kernel.

    Attributes:
        kernel: the function `kernel(xp, *arguments)` that computes the results from arrays of the namespace `xp`.
        jax_kernel: the kernel for JAX: the same, unless another one has a better gradient or is faster there.
        name: the public function's name; `where` is that with parentheses, for errors.
        names, defaults: the parameters without `xp`; `inspect.Parameter.empty` stands for no default.
        operands: position and kind of the parameters that take tensors.
        attributes: position and kind of the others; None for one that is passed on unchanged.
        by_element: whether each element of the result depends on those of the operands at the same place alone.
        seed: the position of the parameter `seed` of a random operation, else None.
        signature: the public function's.
    """

    def __init__(
        self,
        kernel: Callable[..., Any],
        *,
        shape: Callable[..., Any],
        name: str | None = None,
        out: Any = None,
        label: str | Callable[..., str] | None = None,
        differentiable: bool = True,
        random: bool = False,
        runs: Runs = XLA,
        rows: bool = False,
        picks: bool = False,
        jax_kernel: Callable[..., Any] | None = None,
    ) -> None:
        self.kernel = kernel
        self.jax_kernel = jax_kernel or kernel
        self.name = name or kernel.__name__
        self.where = f"{self.name}()"
        self.shape = shape
        self.by_element = isinstance(shape, Hashable) and shape in _by_element
        self.out = out if out is None or callable(out) else as_dtype(out)
        self.label = label if isinstance(label, str) else "".join(p.capitalize() for p in self.name.split("_"))
        self.label_from = label if callable(label) else None
        self.differentiable = differentiable
        self.random = random
        self.runs = runs
        self.rows = rows
        self.picks = picks
        self._read_parameters()

    def _read_parameters(self) -> None:
        code, annotations = self.kernel.__code__, self.kernel.__annotations__
        self.names = code.co_varnames[1 : code.co_argcount]
        defaults = self.kernel.__defaults__ or ()
        required = len(self.names) - len(defaults)
        self.defaults = (*(inspect.Parameter.empty for _ in range(required)), *defaults)
        if any(isinstance(annotation, str) for annotation in annotations.values()):
            raise TypeError(
                f"@op {self.name}: annotations say what the parameters are, and must be there when the module is "
                "imported: no `from __future__ import annotations`, no quotes"
            )
        kinds = [kind_of(annotations.get(name)) for name in self.names]
        self.operands = [(i, kind) for i, kind in enumerate(kinds) if isinstance(kind, Operand)]
        self.attributes = [(i, kind) for i, kind in enumerate(kinds) if not isinstance(kind, Operand)]
        self.places = [i for i, _ in self.operands]
        if self.random and "seed" not in self.names:
            raise TypeError(f"@op {self.name}: a random operation has a parameter seed")
        self.seed = self.names.index("seed") if self.random else None
        parameters = [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
            for name, default in zip(self.names, self.defaults, strict=True)
        ]
        # (Python has checked the kernel's parameters already; twice takes time at each start.)
        self.signature = inspect.Signature(parameters, __validate_parameters__=False)

    def spec(self, bound: Sequence[Any]) -> list[tuple[Shape, DType]]:
        """Static shape and dtype of each output, for arguments in their normal form."""
        shape = self.shape(self.where, *bound)
        dtype = self.out
        if dtype is None:
            dtype = next(tensors_in([bound[i] for i, kind in self.operands if not kind.own_dtype])).dtype
        elif callable(dtype) and not isinstance(dtype, DType):
            dtype = dtype(*bound)
        if isinstance(shape, list):
            specs = list(zip(shape, dtype if isinstance(dtype, list) else [dtype] * len(shape), strict=True))
        else:
            specs = [(shape, dtype)]
        for dims, _ in specs:
            if dims.rank:
                check_size(dims, where=self.where)
        return specs

"""Names for kernels that a public function of another signature calls."""

from collections.abc import Callable
from typing import Any


def named(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a kernel bear the name of the public function it belongs to, for errors and for names of tensors."""

    def rename(kernel: Callable[..., Any]) -> Callable[..., Any]:
        kernel.__name__ = name
        return kernel

    return rename

"""kjax: the Keras backend API on NumPy and JAX, without TensorFlow.

from kjax import backend as K
"""

from typing import Any

from kjax.core.dtypes import DType, as_dtype
from kjax.core.function import Function, NotCompiledWarning
from kjax.core.gradients import gradients as _gradients  # noqa: F401  (the core, before the operations)
from kjax.core.graph import (
    UnfedPlaceholderError,
    disable_eager_execution,
    eager_mode,
    enable_eager_execution,
    executing_eagerly,
    graph_mode,
)
from kjax.core.operands import as_tensor
from kjax.core.session import Session
from kjax.core.shape import Shape
from kjax.core.tensor import Placeholder, SymbolicTensorError, Tensor
from kjax.core.variable import Variable
from kjax.machine.memory import keep_memory
from kjax.sparse.tensor import SparseTensor, SparseTensorValue

__version__ = "0.1.0"


def install(force: bool = False) -> Any:
    """Answer `import tensorflow`'s Keras backend (and `keras.backend`, where no Keras is installed) with kjax.

    This changes what later imports in this process give.

    Args:
        force: answer also where TensorFlow or Keras is installed.

    Returns:
        What undoes it, when it is called or used as a context manager. Only modules of Keras 2.3.1 that were imported
        stay as they are, on kjax.
    """
    from kjax.dialects import tensorflow

    return tensorflow.install(force=force)


def from_dlpack(x: Any) -> Tensor:
    """A tensor that shares the memory of another library's array.

    Args:
        x: an object with a `__dlpack__` method, for example a PyTorch tensor. It must not be written to afterwards.

    Returns:
        A tensor.

    >>> import numpy as np
    >>> from_dlpack(np.arange(3.)).numpy().tolist()
    [0.0, 1.0, 2.0]
    """
    import numpy as np

    return Tensor(np.from_dlpack(x))


__all__ = [
    "DType",
    "Function",
    "NotCompiledWarning",
    "Placeholder",
    "Session",
    "Shape",
    "SparseTensor",
    "SparseTensorValue",
    "SymbolicTensorError",
    "Tensor",
    "UnfedPlaceholderError",
    "Variable",
    "as_dtype",
    "as_tensor",
    "disable_eager_execution",
    "eager_mode",
    "enable_eager_execution",
    "executing_eagerly",
    "from_dlpack",
    "graph_mode",
    "install",
    "keep_memory",
]

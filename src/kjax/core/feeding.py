"""`kjax.ahead`: the next batch is on its way to the device while a step runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from kjax.core.foreign import mapped
from kjax.core.sharding import current_layout
from kjax.machine.ahead import run_ahead
from kjax.machine.device import put
from kjax.machine.errors import as_count, public, shown


@public
def ahead(batches: Iterable[Any], size: int = 2) -> Iterator[Any]:
    """The same batches, made and brought to the device in advance, in a thread.

    So a step does not wait for its data, where making a batch or copying it takes long. Arrays should have the dtypes
    of the inputs that they are fed to, or they are converted there.

    Args:
        batches: an iterable of arrays, or of nested lists, tuples and dicts of them.
        size: how many batches may be ready in advance; each takes memory on the device.

    Returns:
        An iterator of batches in which arrays of NumPy are arrays of JAX, in a block of `kjax.sharded` on its devices.
        Exceptions of `batches` come when their
        batch is asked for; the thread ends with the iterator.

    Raises:
        TypeError: `batches` can't be iterated over.
        ValueError: `size` is less than 1.

    >>> import kjax, numpy as np
    >>> from kjax import backend as K
    >>> x = K.placeholder((None,))
    >>> total = K.function([x], [K.sum(x)])
    >>> [total([batch])[0].item() for batch in kjax.ahead(np.full(3, n, 'float32') for n in range(3))]
    [0.0, 3.0, 6.0]
    """
    if not isinstance(batches, Iterable):
        raise TypeError(f"ahead(): an iterable of batches is needed; got {shown(batches)}")
    count = as_count(size, "ahead(): size")
    return run_ahead(lambda: (mapped(batch, _on_device) for batch in batches), count)


def _on_device(value: Any) -> Any:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biufc":
        return value
    layout = current_layout()
    return put(value) if layout is None else layout.fed(value)

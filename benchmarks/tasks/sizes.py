"""Cost by number of elements: it must grow with them, also at the change from NumPy to JAX."""

import numpy as np

from tasks import Row, Task

# Half powers of ten; and both sides of the size from which on JAX computes.
_HANDOVER = 1 << 18
_SIZES = [10**3, 10**4, 10**5, 250_000, 300_000, 10**6, 10**7, 10**8]


def _tensor(framework, *shape):
    return framework.tensor(np.random.RandomState(0).rand(*shape).astype("float32"))


def _elementwise(framework, size):
    K, x = framework.K, _tensor(framework, size)
    return lambda: K.square(x)


def _sum(framework, size):
    K, x = framework.K, _tensor(framework, size)
    return lambda: K.sum(x)


def _dot(framework, size):
    K, x, y = framework.K, _tensor(framework, size // 100, 100), _tensor(framework, 100, 100)
    return lambda: K.dot(x, y)


def _conv(framework, size):
    K, x, kernel = framework.K, _tensor(framework, size // 1000, 10, 10, 10), _tensor(framework, 3, 3, 10, 10)
    return lambda: K.conv2d(x, kernel, padding="same")


_KINDS = {"elementwise": _elementwise, "sum": _sum, "dot": _dot, "conv": _conv}


def _task(make, size):
    return Task(lambda framework: make(framework, size), waits=True)


TASKS = {"%s of %d" % (kind, size): _task(make, size) for kind, make in _KINDS.items() for size in _SIZES}

ROWS = [
    Row(
        "cost against size, %s: rise where NumPy hands over to JAX, against a linear one" % kind,
        ["%s of %d" % (kind, size) for size in _SIZES],
        sizes=_SIZES,
        between=(250_000, 300_000),
        limit=2,
        unit="",
    )
    for kind in _KINDS
]

"""What a call of a small compiled function costs, from NumPy to NumPy."""

import numpy as np
from tasks import Row, Task

_X = np.random.RandomState(0).rand(8, 16).astype("float32")
_W = np.random.RandomState(1).rand(16, 4).astype("float32")


def _square(framework):
    K = framework.K
    if framework.name == "jax":
        by_hand = framework.module.jit(lambda x: x * x + 1.0)
        return lambda: np.array(by_hand(_X))
    x = K.placeholder((None, 16))
    function = K.function([x], [K.square(x) + 1.0])
    return lambda: function([_X])[0]


def _layer(framework):
    K = framework.K
    if framework.name == "jax":
        by_hand, w = framework.module.jit(lambda x, w: framework.module.nn.softmax(x @ w)), K.asarray(_W)
        return lambda: np.array(by_hand(_X, w))
    x, w = K.placeholder((None, 16)), K.variable(_W)
    function = K.function([x], [K.softmax(K.dot(x, w))])
    return lambda: function([_X])[0]


TASKS = {"function: square": Task(_square), "function: layer": Task(_layer)}

ROWS = [
    Row(title, [task], peer, target)
    for title, task in (("`K.function`: square, add", "function: square"), ("`K.function`: a layer", "function: layer"))
    for peer, target in (("jax", 0.67), ("tf22", 8), ("tf-keras", 20))
]

"""The cost of calling a small compiled function, from NumPy to NumPy."""

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
    return lambda w=w: function([_X])[0]  # TF's function does not keep the variable alive


TASKS = {"function: square": Task(_square), "function: layer": Task(_layer)}

_SQUARE, _LAYER = "`K.function`: square, add", "`K.function`: a layer"
ROWS = [
    Row(_SQUARE, ["function: square"], "jax", 0.67),
    Row(_SQUARE, ["function: square"], "tf22", 8),
    Row(_SQUARE, ["function: square"], "tf-keras", 20),
    # Beyond the smallest one, where the work begins to count.
    Row(_LAYER, ["function: layer"], "jax", 0.67),
    Row(_LAYER, ["function: layer"], "tf22"),
    Row(_LAYER, ["function: layer"], "tf-keras"),
]

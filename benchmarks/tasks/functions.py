"""The cost of calling a small compiled function, from NumPy to NumPy."""

import numpy as np

from tasks import Row, Task

_X = np.random.RandomState(0).rand(8, 16).astype("float32")
_W = np.random.RandomState(1).rand(16, 4).astype("float32")
_LARGE = np.random.RandomState(2).rand(1000, 1000).astype("float32") / 1000


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


def _products(framework):
    K = framework.K
    rows = _LARGE[:128]
    if framework.name == "jax":
        by_hand, w = framework.module.jit(lambda x, w: x @ w @ w @ w), K.asarray(_LARGE)
        return lambda: np.array(by_hand(rows, w))
    x, w = K.placeholder((None, 1000)), K.variable(_LARGE)
    function = K.function([x], [K.dot(K.dot(K.dot(x, w), w), w)])
    return lambda w=w: function([rows])[0]


TASKS = {
    "function: square": Task(_square),
    "function: layer": Task(_layer),
    "function: products": Task(_products),
}

_SQUARE, _LAYER = "`K.function`: square, add", "`K.function`: a layer"
_PRODUCTS = "`K.function`: linear layers of 1000 units"
ROWS = [
    Row(_SQUARE, ["function: square"], "jax", 0.67),
    Row(_SQUARE, ["function: square"], "tf22", 8),
    Row(_SQUARE, ["function: square"], "tf-keras", 20),
    # Beyond the smallest one, where the work begins to count.
    Row(_LAYER, ["function: layer"], "jax", 0.67),
    Row(_LAYER, ["function: layer"], "tf22"),
    Row(_LAYER, ["function: layer"], "tf-keras"),
    # Products of products, which XLA may join.
    Row(_PRODUCTS, ["function: products"], "jax", 0.67),
    Row(_PRODUCTS, ["function: products"], "tf22", 1),
    Row(_PRODUCTS, ["function: products"], "tf-keras"),
]

"""36 functions, called on values, on small and on large tensors."""

import numpy as np

from tasks import Row, Task


class Inputs:
    """Tensors of one framework to call functions on; matrices of one shape, unless said otherwise."""

    def __init__(self, framework, shape):
        random = np.random.RandomState(0)
        rows, columns = self.shape = shape
        self.array = _unaligned(random.rand(*shape).astype("float32") + 0.1)
        tensor = framework.tensor
        self.x, self.y = tensor(self.array), tensor(random.randn(*shape).astype("float32"))
        self.square = tensor(random.randn(columns, columns).astype("float32"))
        self.probabilities = tensor(self.array / self.array.sum(1, keepdims=True))
        self.truths = tensor((random.rand(*shape) > 0.5).astype("float32"))
        self.labels = tensor(random.randint(0, columns, rows).astype("int64"))
        self.one_of_each = tensor(np.eye(columns, dtype="float32")[random.randint(0, columns, rows)])
        self.rows = tensor(random.randint(0, rows, rows).astype("int32"))
        self.variable = tensor(self.array) if framework.name == "torch" else framework.K.variable(self.array)


def _unaligned(array):
    """A copy that does not begin at a multiple of 64 bytes.

    TF 2.2 takes over an aligned array without a copy: later writes to the array then change the variable.
    """
    room = np.empty(array.size + 17, array.dtype)
    start = -room.ctypes.data % 64 // array.itemsize + 1
    copy = room[start : start + array.size].reshape(array.shape)
    copy[...] = array
    return copy


# Name: the call in K; the same in torch (t).
FUNCTIONS = {
    # creation
    "ones": (lambda K, i: K.ones(i.shape), lambda t, i: t.ones(i.shape)),
    "zeros": (lambda K, i: K.zeros(i.shape), lambda t, i: t.zeros(i.shape)),
    "variable": (lambda K, i: K.variable(i.array), lambda t, i: t.tensor(i.array)),
    # (Of a value: an array TF takes as it is, without a copy, so that writing to it changes the tensor.)
    "constant": (lambda K, i: K.constant(0.5, shape=i.shape), lambda t, i: t.full(i.shape, 0.5)),
    # elementwise
    "square": (lambda K, i: K.square(i.x), lambda t, i: t.square(i.x)),
    "sqrt": (lambda K, i: K.sqrt(i.x), lambda t, i: t.sqrt(i.x)),
    "exp": (lambda K, i: K.exp(i.x), lambda t, i: t.exp(i.x)),
    "abs": (lambda K, i: K.abs(i.y), lambda t, i: t.abs(i.y)),
    "x + y": (lambda K, i: i.x + i.y, lambda t, i: i.x + i.y),
    "x * 2": (lambda K, i: i.x * 2.0, lambda t, i: i.x * 2.0),
    "maximum": (lambda K, i: K.maximum(i.x, i.y), lambda t, i: t.maximum(i.x, i.y)),
    "clip": (lambda K, i: K.clip(i.y, -0.5, 0.5), lambda t, i: t.clip(i.y, -0.5, 0.5)),
    "relu": (lambda K, i: K.relu(i.y), lambda t, i: t.relu(i.y)),
    "sigmoid": (lambda K, i: K.sigmoid(i.y), lambda t, i: t.sigmoid(i.y)),
    "tanh": (lambda K, i: K.tanh(i.y), lambda t, i: t.tanh(i.y)),
    "softmax": (lambda K, i: K.softmax(i.y), lambda t, i: t.softmax(i.y, -1)),
    # reductions and products
    "sum": (lambda K, i: K.sum(i.x), lambda t, i: t.sum(i.x)),
    "mean": (lambda K, i: K.mean(i.x, axis=-1), lambda t, i: t.mean(i.x, -1)),
    "max": (lambda K, i: K.max(i.y, axis=0), lambda t, i: t.amax(i.y, 0)),
    "argmax": (lambda K, i: K.argmax(i.y), lambda t, i: t.argmax(i.y, -1)),
    "dot": (lambda K, i: K.dot(i.x, i.square), lambda t, i: t.matmul(i.x, i.square)),
    # shaping
    "reshape": (lambda K, i: K.reshape(i.x, (-1, 4)), lambda t, i: t.reshape(i.x, (-1, 4))),
    "transpose": (lambda K, i: K.transpose(i.x), lambda t, i: t.t(i.x)),
    "concatenate": (lambda K, i: K.concatenate([i.x, i.y]), lambda t, i: t.cat([i.x, i.y], -1)),
    "expand_dims": (lambda K, i: K.expand_dims(i.x, 1), lambda t, i: t.unsqueeze(i.x, 1)),
    # losses
    "categorical_crossentropy": (
        lambda K, i: K.categorical_crossentropy(i.one_of_each, i.probabilities),
        lambda t, i: -(i.one_of_each * (i.probabilities / i.probabilities.sum(-1, True)).clip(1e-7, 1).log()).sum(-1),
    ),
    "binary_crossentropy": (
        lambda K, i: K.binary_crossentropy(i.truths, i.probabilities),
        lambda t, i: t.nn.functional.binary_cross_entropy(i.probabilities, i.truths, reduction="none"),
    ),
    "sparse_categorical_crossentropy": (
        lambda K, i: K.sparse_categorical_crossentropy(i.labels, i.probabilities),
        lambda t, i: t.nn.functional.nll_loss(i.probabilities.log(), i.labels, reduction="none"),
    ),
    # indices
    "one_hot": (
        lambda K, i: K.one_hot(i.labels, i.shape[1]),
        lambda t, i: t.nn.functional.one_hot(i.labels, i.shape[1]).float(),
    ),
    "gather": (lambda K, i: K.gather(i.x, i.rows), lambda t, i: t.index_select(i.x, 0, i.rows)),
    # random numbers
    "random_normal": (lambda K, i: K.random_normal(i.shape), lambda t, i: t.randn(i.shape)),
    "dropout": (lambda K, i: K.dropout(i.x, 0.5), lambda t, i: t.dropout(i.x, 0.5, True)),
    # values of variables
    "get_value": (lambda K, i: K.get_value(i.variable), lambda t, i: i.variable.numpy().copy()),
    "set_value": (
        lambda K, i: K.set_value(i.variable, i.array),
        lambda t, i: i.variable.copy_(t.from_numpy(i.array)),
    ),
    "eval": (lambda K, i: K.eval(i.x), lambda t, i: i.x.numpy().copy()),
    "update": (lambda K, i: K.update(i.variable, i.x), lambda t, i: i.variable.copy_(i.x)),
}
_NOT_COMPARED = {"random_normal", "dropout", "set_value", "update"}
SIZES = {"8x16": (8, 16), "1000x1000": (1000, 1000)}


def _task(name, shape):
    in_keras, in_torch = FUNCTIONS[name]

    def make(framework):
        inputs, space = Inputs(framework, shape), framework.K
        call = in_torch if framework.name == "torch" else in_keras
        return lambda: call(space, inputs)

    return Task(make, random=name in _NOT_COMPARED, waits=shape[0] > 100)


TASKS = {"%s, %s" % (name, size): _task(name, shape) for name in FUNCTIONS for size, shape in SIZES.items()}

_SMALL, _LARGE = (["%s, %s" % (name, size) for name in FUNCTIONS] for size in SIZES)
ROWS = [
    Row("36 functions on 8x16", _SMALL, "tf22", 5.5, least=1),
    Row("36 functions on 8x16", _SMALL, "tf-keras", 12, least=2),
    Row("36 functions on 1000x1000", _LARGE, "tf22", 1, least=0.7),
    Row("36 functions on 1000x1000", _LARGE, "torch", 1, least=0.7),
]

"""Products of matrices."""

from kjax import shapes
from kjax.op import Number, op


@op(shape=shapes.matmul, label="MatMul", bulk=False)
def matmul(xp, x: Number, y: Number):
    """Product of matrices, batched by broadcasting the dims before the last two: `x @ y`.

    >>> matmul([[1., 2.]], [[3.], [4.]]).numpy().tolist()
    [[11.0]]
    """
    if x.ndim < 2 or y.ndim < 2:
        raise ValueError("both tensors need at least rank 2")
    return xp.matmul(x, y)

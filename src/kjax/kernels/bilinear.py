"""Convolution as one bilinear operation in three roles, each of which is the gradient of the others.

    forward: images, kernel -> outputs      images: outputs, kernel -> images      kernel: images, outputs -> kernel

JAX would differentiate the way in which a role is computed. On CPUs that is a poor one for some: the gradient of a
transposed convolution by its kernel, and that of a depthwise one, take ten times as long as the same role computed for
itself. So derivatives, of any order and in both directions, are roles again.
"""

from functools import cache, partial
from typing import Any

from kjax.kernels import dense, depthwise
from kjax.kernels.apart import apart
from kjax.kernels.forms import Form


def forward(form: Form, images: Any, kernel: Any) -> Any:
    """The convolution."""
    return _primitive().bind(images, kernel, role="forward", form=form)


def images(form: Form, outputs: Any, kernel: Any) -> Any:
    """The gradient by the images for slopes at the outputs: the transposed convolution."""
    return _primitive().bind(outputs, kernel, role="images", form=form)


# ----------------------------------------------------------------------------------------------------- as JAX sees it


@cache
def _primitive() -> Any:
    from jax.extend.core import Primitive
    from jax.interpreters import ad, batching, mlir

    primitive = Primitive("convolution")
    primitive.def_impl(lambda a, b, **how: _computed(a, b, **how))

    def shape(a: Any, b: Any, **how: Any) -> Any:
        import jax

        out = jax.eval_shape(partial(_computed, **how), a, b)
        return jax.core.ShapedArray(out.shape, out.dtype)

    primitive.def_abstract_eval(shape)
    mlir.register_lowering(primitive, mlir.lower_fun(_computed, multiple_results=False))

    def by_first(slopes: Any, a: Any, b: Any, role: str, form: Form) -> Any:
        return primitive.bind(*((b, slopes) if role == "kernel" else (slopes, b)), role=_BY_FIRST[role], form=form)

    def by_second(slopes: Any, a: Any, b: Any, role: str, form: Form) -> Any:
        return primitive.bind(*((slopes, a) if role == "images" else (a, slopes)), role=_BY_SECOND[role], form=form)

    ad.defbilinear(primitive, by_first, by_second)

    def batched(args: Any, axes: Any, **how: Any) -> Any:
        import jax

        moved = [a if axis is None else jax.numpy.moveaxis(a, axis, 0) for a, axis in zip(args, axes, strict=True)]
        kept = [axis is None for axis in axes]

        def one(parts: Any) -> Any:
            rest = iter(parts)
            return primitive.bind(*(a if keep else next(rest) for a, keep in zip(moved, kept, strict=True)), **how)

        return jax.lax.map(one, [a for a, keep in zip(moved, kept, strict=True) if not keep]), 0

    batching.primitive_batchers[primitive] = batched
    return primitive


# The role of the gradient by each operand.
_BY_FIRST = {"forward": "images", "images": "forward", "kernel": "images"}
_BY_SECOND = {"forward": "kernel", "images": "kernel", "kernel": "forward"}


def _computed(a: Any, b: Any, role: str, form: Form) -> Any:
    if form.depthwise:
        return apart(partial(getattr(depthwise, role), form), a, b)
    return getattr(dense, role)(form, a, b)

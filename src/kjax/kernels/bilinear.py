"""Convolution as one bilinear operation in three roles, each of which is the gradient of the others.

    forward: images, kernel -> outputs      images: outputs, kernel -> images      kernel: images, outputs -> kernel

JAX would differentiate the way in which a role is computed. On CPUs that is a poor one for some: the gradient of a
transposed convolution by its kernel, and that of a depthwise one, take ten times as long as the same role computed for
itself. So derivatives, of any order and in both directions, are roles again.
"""

from functools import cache, partial
from typing import Any

from kjax.kernels import dense, depthwise, products
from kjax.kernels.apart import apart
from kjax.kernels.forms import Form
from kjax.kernels.primitives import declared
from kjax.machine.compiler import is_quick


def forward(form: Form, images: Any, kernel: Any) -> Any:
    """The convolution."""
    return bound(form, "forward", images, kernel)


def images(form: Form, outputs: Any, kernel: Any) -> Any:
    """The gradient by the images for slopes at the outputs: the transposed convolution."""
    return bound(form, "images", outputs, kernel)


def bound(form: Form, role: str, a: Any, b: Any) -> Any:
    """The result of one of the roles."""
    return _primitive().bind(a, b, role=role, form=form, quick=is_quick())


# ----------------------------------------------------------------------------------------------------- as JAX sees it


@cache
def _primitive() -> Any:
    from jax.interpreters import ad

    primitive = declared("convolution", _computed, _dims)

    def by_first(slopes: Any, a: Any, b: Any, role: str, **how: Any) -> Any:
        return primitive.bind(*((b, slopes) if role == "kernel" else (slopes, b)), role=_BY_FIRST[role], **how)

    def by_second(slopes: Any, a: Any, b: Any, role: str, **how: Any) -> Any:
        return primitive.bind(*((slopes, a) if role == "images" else (a, slopes)), role=_BY_SECOND[role], **how)

    ad.defbilinear(primitive, by_first, by_second)
    return primitive


# The role of the gradient by each operand.
_BY_FIRST = {"forward": "images", "images": "forward", "kernel": "images"}
_BY_SECOND = {"forward": "kernel", "images": "kernel", "kernel": "forward"}


def _dims(a: Any, b: Any, role: str, form: Form, quick: bool) -> tuple[int, ...]:
    return form.outputs if role == "forward" else getattr(form, role)


def _computed(a: Any, b: Any, role: str, form: Form, quick: bool) -> Any:
    roles, options = (depthwise, {}) if form.depthwise else (dense, {"quick": quick})
    compute = partial(getattr(roles, role), form, **options)
    # The gradient by the kernel transposes both arrays. XLA would compute anew what they are made of, in that order.
    if form.depthwise or (role == "kernel" and not products.is_one(form)):
        return apart(compute, a, b)
    return compute(a, b)

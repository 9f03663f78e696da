"""Crossentropy of logits for JAX, with TensorFlow's gradient."""

from functools import cache
from typing import Any

from kjax.kernels.halves import narrowed, widened


def categorical(jnp: Any, target: Any, logits: Any, axis: int) -> Any:
    """Crossentropy between a distribution and a softmax of logits.

    The gradient with respect to the logits is softmax minus target, as in TensorFlow: right if the target sums to 1.
    """
    if target.shape != logits.shape:
        raise ValueError(f"target and output must have one shape; got {target.shape} and {logits.shape}")
    return narrowed(_categorical()(widened(target), widened(logits), axis), logits.dtype)


@cache
def _categorical() -> Any:
    import jax

    jnp = jax.numpy

    def log_softmax(logits: Any, axis: int) -> Any:
        shifted = logits - jax.lax.stop_gradient(logits.max(axis, keepdims=True))
        return shifted - jnp.log(jnp.exp(shifted).sum(axis, keepdims=True))

    def crossentropy(target: Any, logits: Any, axis: int) -> Any:
        return -(target * log_softmax(logits, axis)).sum(axis)

    def rule(axis: int, primals: Any, tangents: Any) -> Any:
        (target, logits), (dtarget, dlogits) = primals, tangents
        logarithms = log_softmax(logits, axis)
        value = -(target * logarithms).sum(axis)
        return value, ((jnp.exp(logarithms) - target) * dlogits - logarithms * dtarget).sum(axis)

    with_rule = jax.custom_jvp(crossentropy, nondiff_argnums=(2,))
    with_rule.defjvp(rule)
    return with_rule


def binary(jnp: Any, target: Any, logits: Any) -> Any:
    """Crossentropy between truths and a sigmoid of logits.

    Both selections take the same branch at 0, so that the gradient there is right: 1/2 minus target.
    """
    if target.shape != logits.shape:
        raise ValueError(f"target and output must have one shape; got {target.shape} and {logits.shape}")
    t, z = widened(target), widened(logits)
    positive = z >= 0
    value = jnp.where(positive, z, 0) - z * t + jnp.log1p(jnp.exp(jnp.where(positive, -z, z)))
    return narrowed(value, logits.dtype)

"""Seeds: where the numbers of a random function come from.

A seed is an integer or one of JAX's keys. Without one, a function draws its seed from NumPy's global generator. A
function that JAX compiles would then draw the same numbers at each of its calls, so that there a key is asked for: as
`seed`, or for a whole block by `kjax.random_key`.
"""

import contextlib
import operator
from typing import Annotated, Any

import numpy as np

from kjax.core.operands import Attribute
from kjax.core.tensor import Tensor
from kjax.kernels import draws
from kjax.machine import config, surroundings
from kjax.machine.checks import is_compiling
from kjax.machine.errors import shown
from kjax.machine.scopes import scope
from kjax.machine.streams import STREAM, Stream


def random_key(key: Any) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which random functions without a seed take theirs from a key of JAX, each another one.

    In a function that JAX compiles, numbers then depend on the key, which is one of its arguments, rather than on the
    time of the compilation. The same key gives the same numbers. The block belongs to the thread or task that enters
    it.

    Args:
        key: a key made by `jax.random.key` or `jax.random.PRNGKey`, or an int.

    >>> import jax, kjax
    >>> from kjax import backend as K
    >>> @jax.jit
    ... def noisy(x, key):
    ...     with kjax.random_key(key):
    ...         return K.dropout(x, 0.5) + K.random_normal(x.shape)
    >>> first, again, other = (noisy(jax.numpy.ones(100), jax.random.key(n)) for n in (0, 0, 1))
    >>> bool((first == again).all()), bool((first == other).all())
    (True, False)
    """
    number = seed_of(key, "random_key(): key")
    return scope(STREAM, Stream(number._value if isinstance(number, Tensor) else number))


def seed_of(value: Any, where: str) -> Any:
    """The number that a seed stands for: an int, or a scalar tensor of uint64 where JAX traces it.

    Raises:
        TypeError: it is neither an integer nor a key.
        ValueError: there is none, and JAX compiles the function that draws.
    """
    if value is None:
        stream = STREAM.get()
        if stream is not None:
            return _boxed(draws.derived(*stream.next()))
        around = surroundings.seed()
        if around is not None:
            return _boxed(around)
        if is_compiling():
            raise ValueError(
                f"{where}: without one, a function that JAX compiles would draw the same numbers at each call; give a "
                "key of jax.random, or draw inside `with kjax.random_key(key):`"
            )
        return int(np.random.randint(10_000_000))
    array = value._value if isinstance(value, Tensor) else value
    if getattr(array, "dtype", None) == np.uint64 and not array.shape and not isinstance(array, np.generic):
        return _boxed(array)  # as from here
    words = _words_of(array, where)
    if words is not None:
        return _boxed(draws.of_words([words[i] for i in range(words.shape[0])]))
    try:
        return operator.index(array) % 2**63
    except TypeError:
        raise TypeError(f"{where} must be an integer or a key of jax.random; got {shown(value)}") from None


def _boxed(number: Any) -> Any:
    return number if isinstance(number, int) else Tensor(number)


def _words_of(value: Any, where: str) -> Any:
    """The words of a key; None for what is none."""
    if config.jax_loaded() and hasattr(value, "dtype"):
        import jax

        if jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key):
            if value.shape:
                raise ValueError(f"{where} must be one key; got keys of shape {value.shape}")
            return jax.random.key_data(value)
    return value if getattr(value, "ndim", 0) == 1 and value.dtype == np.uint32 and value.shape[0] > 1 else None


def _as_seed(value: Any, where: str) -> Any:
    number = seed_of(value, where)
    return number._value if isinstance(number, Tensor) else number


Seed = Annotated[Any, Attribute(_as_seed), "TensorLike | None"]

"""Sessions, in the manner of TensorFlow 1, and starting over."""

from collections.abc import Sequence
from typing import Any

from kjax import config, graph, phase
from kjax.function import Session, restart_runs

_session: Any = None


def clear_session() -> None:
    """Start over: names, uids, the learning phase and the numbers that random values derive from.

    Source: `tf.keras.backend.clear_session`, TF 2.2.

    >>> from kjax import backend as K
    >>> _ = K.get_uid('dense'); K.clear_session(); K.get_uid('dense')
    1
    >>> K.reset_uids()
    """
    global _session
    config.reset_uids()
    graph.forget_names()
    phase.forget_phase()
    restart_runs()
    _session = None


def get_session(op_input_list: Sequence[Any] = ()) -> Any:
    """What runs symbolic tensors the TensorFlow 1 way: `get_session().run(fetches, feed_dict)`.

    Args:
        op_input_list: ignored; there is one engine.

    Returns:
        The session that `set_session` set, or one that is made now and kept.

    Source: `tf.compat.v1.keras.backend.get_session`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.get_session().run(K.variable(2.))
    np.float32(2.0)
    """
    global _session
    if _session is None:
        _session = Session()
    return _session


def set_session(session: Any) -> None:
    """Set what `get_session` gives.

    Args:
        session: an object with a method `run(fetches, feed_dict)`.

    Raises:
        TypeError: it has none.

    Source: `tf.compat.v1.keras.backend.set_session`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.set_session(K.get_session())
    """
    global _session
    if session is not None and not callable(getattr(session, "run", None)):
        raise TypeError(f"set_session(): a session has a method run(); got {session!r}")
    _session = session


def manual_variable_initialization(value: bool) -> None:
    """Accepted for old code, without effect: a variable has its value from the start.

    Args:
        value: anything.

    Source: `tf.keras.backend.manual_variable_initialization`, TF 2.2.

    >>> manual_variable_initialization(True)
    """

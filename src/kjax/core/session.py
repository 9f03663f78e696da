"""Sessions, in the manner of TensorFlow 1, and starting over."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kjax.core import graph, phase
from kjax.core.composite import Composite
from kjax.core.function import Function
from kjax.core.graph import leaves
from kjax.core.running import restart_runs
from kjax.core.structures import flatten, packed, unfolded
from kjax.core.tensor import Tensor
from kjax.machine import config
from kjax.machine.errors import shown
from kjax.machine.plurals import counted

_session: Any = None


def as_operation(tensor: Any) -> Any:
    """`tensor`, of which a session gives None: it is run for the sake of what it depends on."""
    if isinstance(tensor, Tensor):
        vars(tensor)["_is_operation"] = True
    return tensor


def _is_operation(value: Any) -> bool:
    return isinstance(value, Tensor) and "_is_operation" in vars(value)


class Action:
    """Something that a session does when it is fetched, of no value: `carry_out(feeds)`."""

    def __init__(self, carry_out: Callable[[Mapping[Tensor, Any]], None]) -> None:
        self.carry_out = carry_out
        self.name = "action"

    def run(self, feed_dict: Mapping[Tensor, Any] | None = None, session: Any = None) -> None:
        """Do it."""
        self.carry_out(dict(feed_dict or {}))


class Source:
    """What gives placeholders new values in each run of a session that needs one of them: `draw()`, a list."""

    def __init__(self, placeholders: Sequence[Tensor], draw: Callable[[], Sequence[Any]]) -> None:
        self.placeholders = placeholders
        self.draw = draw
        for tensor in placeholders:
            tensor._source = self


class Derived:
    """What a session makes of the values of tensors when it is fetched: `made(values)`, such as bytes."""

    def __init__(self, tensors: Sequence[Tensor], made: Callable[[list[Any]], Any]) -> None:
        self.tensors = tensors
        self.made = made


def collection(name: Any) -> list[Any]:
    """What the program has gathered under a name in the graph in which names are given."""
    return graph.MODE.get().names.collections.setdefault(name, [])


def _sources(targets: Sequence[Any], feeds: Mapping[Any, Any]) -> list[Source]:
    """The sources of what `targets` depend on and `feeds` do not give."""
    tensors = [target for target in targets if isinstance(target, Tensor)]
    found = leaves(tensors, lambda tensor: tensor in feeds or tensor._node is None)
    sources = {leaf._source: None for leaf in found if leaf._source is not None and leaf not in feeds}
    return [*sources]


class Session:
    """The face that TensorFlow 1 gave to running a graph. There is nothing to open, initialise or close.

    >>> from kjax import backend as K
    >>> x = K.placeholder(shape=(2,))
    >>> K.get_session().run(x * 2, {x: [1., 2.]}).tolist()
    [2.0, 4.0]
    """

    _KEPT = 32

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        self._functions: OrderedDict[Any, tuple[Function, list[Source]]] = OrderedDict()
        self._graph = graph  # what names are given in, in its `with` block
        self._entered: list[Any] = []

    def run(self, fetches: Any, feed_dict: Mapping[Tensor, Any] | None = None, **kwargs: Any) -> Any:
        """The values of `fetches` (a tensor, an update, or lists, tuples, dicts of them), in their form.

        Args:
            fetches: what to compute. None gives None.
            feed_dict: values of placeholders, or of other tensors to be replaced.
            **kwargs: `options`, `run_metadata`: ignored.

        Raises:
            TypeError: something to compute or to feed is no tensor.
            ValueError: a placeholder is not fed.
        """
        feeds = dict(feed_dict or {})
        for tensor in feeds:
            if not isinstance(tensor, (Tensor, Composite)):
                raise TypeError(f"Session.run(): keys of feed_dict must be tensors; got {shown(tensor)}")
        fetches = unfolded(fetches)
        flat = flatten(fetches)
        if any(isinstance(fetch, Derived) for fetch in flat):
            needed = [[*fetch.tensors] if isinstance(fetch, Derived) else fetch for fetch in flat]
            values = zip(flat, self.run(needed, feed_dict, **kwargs), strict=True)
            made = [fetch.made(value) if isinstance(fetch, Derived) else value for fetch, value in values]
            return packed(fetches, made)
        for action in [fetch for fetch in flat if isinstance(fetch, Action)]:
            action.carry_out(feeds)
        flat = [None if isinstance(fetch, Action) else fetch for fetch in flat]
        # The function keeps its tensors alive, so that an id stands for one tensor as long as the entry is there.
        key = (tuple(map(id, flat)), tuple(map(id, feeds)))
        kept = self._functions.get(key)
        if kept is None:
            sources = _sources(flat, feeds)
            drawn = [tensor for source in sources for tensor in source.placeholders]
            kept = self._functions[key] = Function([*feeds, *drawn], flat, name="Session.run"), sources
            while len(self._functions) > self._KEPT:
                self._functions.popitem(last=False)
        else:
            self._functions.move_to_end(key)
        compiled, sources = kept
        values = compiled([*feeds.values(), *(value for source in sources for value in source.draw())])
        results = zip(flat, values, strict=True)
        return packed(fetches, [None if _is_operation(of) else result for of, result in results])

    def __repr__(self) -> str:
        return f"<kjax session with {counted(len(self._functions), 'compiled function')}>"

    def as_default(self) -> Session:
        """Itself, as a context manager."""
        return self

    def close(self) -> None:
        """Let go of what was compiled."""
        self._functions.clear()

    def __enter__(self) -> Session:
        self._entered.append(contextlib.nullcontext() if self._graph is None else self._graph.as_default())
        self._entered[-1].__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._entered.pop().__exit__(*error)


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


def get_session(op_input_list: Sequence[Any] = ()) -> Session:
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
    session: Session = _session
    return session


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
        raise TypeError(f"set_session(): a session has a method run(); got {shown(session)}")
    _session = session


def manual_variable_initialization(value: bool) -> None:
    """Accepted for old code, without effect: a variable has its value from the start.

    Args:
        value: anything.

    Source: `tf.keras.backend.manual_variable_initialization`, TF 2.2.

    >>> manual_variable_initialization(True)
    """

"""`tf.train` of TensorFlow 1: decays of a learning rate, the global step, moving averages, coordinators; refusals."""

from __future__ import annotations

import contextlib
import functools
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from kjax import backend as K
from kjax.core import graph
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects import tensorflow_control
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_checkpoints import _all_variables
from kjax.dialects.tensorflow_errors import OutOfRangeError
from kjax.dialects.tensorflow_ops import ceil, convert_to_tensor, floor
from kjax.dialects.tensorflow_ops import where as chosen
from kjax.dialects.tensorflow_optimizers import made_in_graph
from kjax.machine.errors import shown

# --------------------------------------------------------------------------------------------------------------- decays


def _decay(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule for a learning rate: its tensor in graph mode, and a function that computes it in eager mode."""

    @functools.wraps(rule)
    def decayed(learning_rate: Any, global_step: Any, *args: Any, **kwargs: Any) -> Any:
        if global_step is None:
            raise ValueError(f"tf.train.{rule.__name__}(): global_step must be given")

        def now() -> Any:
            rate = convert_to_tensor(learning_rate)
            return rule(rate, K.cast(convert_to_tensor(global_step), rate.dtype), *args, **kwargs)

        return now if graph.executing_eagerly() else now()

    return decayed


def _number(value: Any, like: Any) -> Any:
    return K.cast(convert_to_tensor(value), like.dtype)


def _share(step: Any, decay_steps: Any, staircase: bool) -> Any:
    share = step / _number(decay_steps, step)
    return floor(share) if staircase else share


@_decay
def exponential_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False, name: Any = None
) -> Any:
    """`learning_rate * decay_rate ** (global_step / decay_steps)`."""
    return learning_rate * _number(decay_rate, global_step) ** _share(global_step, decay_steps, staircase)


@_decay
def natural_exp_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False, name: Any = None
) -> Any:
    """`learning_rate * exp(-decay_rate * global_step / decay_steps)`."""
    return learning_rate * K.exp(-_number(decay_rate, global_step) * _share(global_step, decay_steps, staircase))


@_decay
def inverse_time_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False, name: Any = None
) -> Any:
    """`learning_rate / (1 + decay_rate * global_step / decay_steps)`."""
    return learning_rate / (1 + _number(decay_rate, global_step) * _share(global_step, decay_steps, staircase))


@_decay
def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: Any = None,
) -> Any:
    """From `learning_rate` to `end_learning_rate` in `decay_steps`; with `cycle` again and again, each time longer."""
    steps, end = _number(decay_steps, global_step), _number(end_learning_rate, learning_rate)
    if cycle:
        steps = steps * K.maximum(ceil(global_step / steps), 1.0)
    else:
        global_step = K.minimum(global_step, steps)
    return (learning_rate - end) * (1 - global_step / steps) ** _number(power, learning_rate) + end


@_decay
def cosine_decay(learning_rate: Any, global_step: Any, decay_steps: Any, alpha: Any = 0.0, name: Any = None) -> Any:
    """A quarter of a wave, from `learning_rate` to its `alpha`-fold in `decay_steps`."""
    steps = _number(decay_steps, global_step)
    wave = 0.5 * (1 + K.cos(math.pi * K.minimum(global_step, steps) / steps))
    return learning_rate * ((1 - alpha) * wave + alpha)


@_decay
def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: Any = None,
) -> Any:
    """As `cosine_decay`, again and again: each time `t_mul` times longer, and from `m_mul` times the height."""
    done = global_step / _number(first_decay_steps, global_step)
    if t_mul == 1.0:
        run = floor(done)
        share = done - run
    else:
        run = floor(K.log(1 - done * (1 - t_mul)) / math.log(t_mul))
        length = _number(t_mul, done) ** run
        share = (done - (1 - length) / (1 - t_mul)) / length
    wave = 0.5 * _number(m_mul, done) ** run * (1 + K.cos(math.pi * share))
    return learning_rate * ((1 - alpha) * wave + alpha)


@_decay
def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: float = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: Any = None,
) -> Any:
    """A wave that falls off linearly."""
    steps = _number(decay_steps, global_step)
    step = K.minimum(global_step, steps)
    wave = 0.5 * (1 + K.cos(2 * math.pi * num_periods * step / steps))
    return learning_rate * ((alpha + (steps - step) / steps) * wave + beta)


def piecewise_constant(x: Any, boundaries: Any, values: Any, name: Any = None) -> Any:
    """`values[0]` up to `boundaries[0]`, then `values[1]`, and so on."""
    where = "tf.train.piecewise_constant()"
    if len(boundaries) != len(values) - 1:
        raise ValueError(f"{where}: there must be one value more than boundaries; got {len(values)}, {len(boundaries)}")

    def now() -> Any:
        step = convert_to_tensor(x)
        result = convert_to_tensor(values[-1])
        for boundary, value in [*zip(boundaries, values[:-1], strict=True)][::-1]:
            limit = convert_to_tensor(boundary)
            limit = limit if limit.dtype == step.dtype else K.cast(limit, step.dtype)
            result = chosen(K.less_equal(step, limit), convert_to_tensor(value), result)
        return result

    return now if graph.executing_eagerly() else now()


# ---------------------------------------------------------------------------------------------------------- global step

_step: list[Variable] = []  # what is made by `create_global_step`


def get_global_step(graph: Any = None) -> Variable | None:
    """The variable that counts steps; None where there is none."""
    return next((variable for variable in _all_variables() if variable.name == "global_step:0"), None)


def create_global_step(graph: Any = None) -> Variable:
    """A new variable that counts steps, int64.

    Raises:
        ValueError: there is one.
    """
    if get_global_step() is not None:
        raise ValueError('tf.train.create_global_step(): "global_step" already exists')
    _step[:] = [made_in_graph(0, "global_step", "int64")]
    return _step[0]


def get_or_create_global_step(graph: Any = None) -> Variable:
    """The variable that counts steps, made if need be."""
    step = get_global_step()
    return create_global_step() if step is None else step


def _assert_global_step(global_step_tensor: Any) -> None:
    if not isinstance(global_step_tensor, Tensor) or not global_step_tensor.dtype.is_integer:
        raise TypeError(f"tf.train.assert_global_step(): an integer tensor is needed; got {shown(global_step_tensor)}")
    if global_step_tensor.shape.rank not in (0, None):
        raise TypeError(f"tf.train.assert_global_step(): a scalar is needed; got shape {global_step_tensor.shape}")


# ------------------------------------------------------------------------------------------------------ moving averages


class ExponentialMovingAverage:
    """`tf.train.ExponentialMovingAverage`: keeps averages of variables, in which older values count less."""

    def __init__(
        self, decay: Any, num_updates: Any = None, zero_debias: bool = False, name: str = "ExponentialMovingAverage"
    ) -> None:
        if zero_debias:
            raise NotImplementedError("tf.train.ExponentialMovingAverage(): zero_debias is not answered by kjax")
        self._decay = decay
        self._updates = num_updates
        self.name = name
        self._averages: dict[Any, Variable] = {}

    def apply(self, var_list: Any = None) -> Any:
        """An operation that moves the averages towards the current values."""
        if var_list is None:
            var_list = [variable for variable in _all_variables() if variable.trainable]
        decay: Any = self._decay
        if self._updates is not None:
            count = K.cast(convert_to_tensor(self._updates), "float32")
            decay = K.minimum(convert_to_tensor(decay), (1 + count) / (10 + count))
        done = []
        for value in var_list:
            if value not in self._averages:
                first = np.asarray(value) if isinstance(value, Variable) else np.zeros(tuple(value.shape))
                self._averages[value] = made_in_graph(first, self.average_name(value), value.dtype)
            average = self._averages[value]
            share = K.cast(decay, value.dtype) if isinstance(decay, Tensor) else decay
            done.append(K.update_sub(average, (average - value) * (1 - share)))
        return tensorflow_control.TF["group"](*done)

    def average(self, var: Any) -> Variable | None:
        """The variable that holds the average of another one; None before `apply`."""
        return self._averages.get(var)

    def average_name(self, var: Any) -> str:
        """The name of the average of a variable."""
        return f"{var.name.rpartition(':')[0]}/{self.name}"

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Variable]:
        """Variables by the names of what they are restored from: those with an average from that."""
        moving = moving_avg_variables
        if moving is None:
            moving = [variable for variable in _all_variables() if variable.trainable]
        averaged = {variable for variable in moving if isinstance(variable, Variable)}
        own = {id(variable) for variable in self._averages.values()}
        return {
            self.average_name(variable) if variable in averaged else variable.name.rpartition(":")[0]: variable
            for variable in _all_variables()
            if id(variable) not in own
        }


# -------------------------------------------------------------------------------------------------------------- threads


class Coordinator:
    """`tf.train.Coordinator`: lets threads stop together."""

    def __init__(self, clean_stop_exception_types: Any = None) -> None:
        self._clean = tuple(clean_stop_exception_types or (OutOfRangeError,))
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def should_stop(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def request_stop(self, ex: Any = None) -> None:
        """Ask all to stop; an exception is raised by `join`, unless it is the end of the data."""
        error = ex[1] if isinstance(ex, tuple) else ex
        if error is not None and not self._stop.is_set() and not isinstance(error, self._clean):
            self._error = error
        self._stop.set()

    def clear_stop(self) -> None:
        """Start over."""
        self._stop.clear()
        self._error = None

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until somebody asks to stop."""
        return self._stop.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Let `join` wait for a thread, too."""
        self._threads.append(thread)

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """A `with` block whose exception asks all to stop."""
        try:
            yield
        except Exception as error:
            self.request_stop(error)

    def join(self, threads: Any = None, stop_grace_period_secs: float = 120, ignore_live_threads: bool = False) -> None:
        """Wait for the threads, after somebody has asked to stop, and raise what one of them reported."""
        waiting = [*(threads or ()), *self._threads]
        while any(thread.is_alive() for thread in waiting) and not self._stop.is_set():
            self._stop.wait(0.05)
        self._stop.set()
        end = time.monotonic() + stop_grace_period_secs
        for thread in waiting:
            thread.join(max(0.0, end - time.monotonic()))
        if self._error is not None:
            raise self._error
        alive = [thread.name for thread in waiting if thread.is_alive()]
        if alive and not ignore_live_threads:
            raise RuntimeError(f"Coordinator.join(): threads have not stopped: {alive}")

    @property
    def joined(self) -> bool:
        """Whether no thread is left."""
        return not any(thread.is_alive() for thread in self._threads)


def _import_meta_graph(
    meta_graph_or_file: Any, clear_devices: bool = False, import_scope: Any = None, **kwargs: Any
) -> NoReturn:
    raise NotImplementedError(
        "tf.train.import_meta_graph(): kjax reads no graphs from files; build the graph by the program that made it, "
        "and restore its variables by tf.train.Saver().restore(session, path)"
    )


TRAIN: Table = {
    "Coordinator": Coordinator,
    "ExponentialMovingAverage": ExponentialMovingAverage,
}
V1_TRAIN: Table = {
    **TRAIN,
    "assert_global_step": _assert_global_step,
    "cosine_decay": cosine_decay,
    "cosine_decay_restarts": cosine_decay_restarts,
    "create_global_step": create_global_step,
    "exponential_decay": exponential_decay,
    "get_global_step": get_global_step,
    "get_or_create_global_step": get_or_create_global_step,
    "global_step": lambda sess, global_step_tensor: int(sess.run(global_step_tensor)),
    "import_meta_graph": _import_meta_graph,
    "inverse_time_decay": inverse_time_decay,
    "linear_cosine_decay": linear_cosine_decay,
    "natural_exp_decay": natural_exp_decay,
    "piecewise_constant": piecewise_constant,
    "piecewise_constant_decay": piecewise_constant,
    "polynomial_decay": polynomial_decay,
    # There are no queues: data sets take their place.
    "start_queue_runners": lambda sess=None, coord=None, daemon=True, start=True, collection="queue_runners": [],
}

give_names({"tensorflow.train": TRAIN, "tensorflow.compat.v1.train": V1_TRAIN}, __name__)

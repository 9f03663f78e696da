"""`kjax.save_state` and `kjax.load_state`: the values of variables in a file, to go on from as if nothing had happened.

The file is one of safetensors: arrays by name, and texts about them. It is written aside and renamed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from kjax.core import dtypes
from kjax.core.pure import RUNS, PureFunction, named
from kjax.core.running import coming_run, restart_runs
from kjax.core.variable import Variable, store_all
from kjax.machine import meshes
from kjax.machine.errors import cut, public, shown
from kjax.machine.files import aside, once
from kjax.machine.forks import jax_to_compute

_MARK = "kjax state 1"
# Dtypes that the format, or a version of the library, does not know are written as bytes.
_WHOLE = (f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
_PLAIN = frozenset(["bool", "float16", "float32", "float64", "bfloat16", *_WHOLE])
_GENERATOR = "numpy.random"  # NumPy's global generator, by which Keras 2.3.1 shuffles


@public
def save_state(path: Any, what: Any, *, random: bool = True) -> None:
    """Write the values of variables into a file, from which training goes on to exactly the same numbers.

    The file is written aside and takes its place when it is complete: a full disk, or the end of the process, leaves
    the old file. It is a file of safetensors, which holds arrays by names and no code. Of several processes that
    compute together all call it; the first one writes, and all go on when it has.

    Args:
        path: the file; folders around it are made.
        what: functions made by `K.function`, their pure functions, variables, models, layers and optimizers, alone or
            in a list; of a function, the variables that it reads and updates. A compiled model of Keras 2.3.1 stands
            for the variables of its training step, those of its optimizer included. Or a state, as
            `kjax.PureFunction` has it: a dict of arrays.
        random: whether to write, too, what random numbers come from: the number of the next run, and the state of
            NumPy's global generator. (The seed of a layer such as `Dropout` is drawn when the model is built: a
            program that goes on builds it with the same `np.random.seed`.)

    Raises:
        TypeError: `what` is something else.
        NotImplementedError: the library is missing: `pip install "kjax[checkpoints]"`.
        OSError: the file can't be written; the old one is as it was.

    >>> import kjax, os, tempfile
    >>> from kjax import backend as K
    >>> w, path = K.variable([1., 2.], name='w'), os.path.join(tempfile.mkdtemp(), 'step.safetensors')
    >>> kjax.save_state(path, [w])
    >>> K.set_value(w, [0., 0.]); kjax.load_state(path, [w]); K.get_value(w).tolist()
    [1.0, 2.0]
    """
    where = "save_state()"
    arrays = _arrays_of(what, where)
    about = {"format": _MARK}
    if random:
        kind, keys, *rest = np.random.get_state(legacy=True)
        about |= {RUNS: str(coming_run()), _GENERATOR: json.dumps([kind, np.asarray(keys).tolist(), *rest])}
    library = _library(where)
    odd = {name: str(array.dtype) for name, array in arrays.items() if array.dtype.name not in _PLAIN}
    about["dtypes"] = json.dumps(odd)
    written = {name: _as_bytes(a) if name in odd else np.asarray(a, order="C") for name, a in arrays.items()}
    path = os.fspath(path)
    with once(path) as own, aside(own) as other:
        try:
            library.numpy.save_file(written, other, about)
        except library.SafetensorError as error:
            raise OSError(f"{where}: {path} can't be written: {error}") from None


@public
def load_state(path: Any, what: Any = None, *, partly: bool = False, random: bool = True) -> Any:
    """Give variables the values in a file that `kjax.save_state` wrote: all of them, or none if one does not fit.

    Args:
        path: the file.
        what: as for `save_state`: what has the variables, which are found by their names. Without it the state is
            given back as a dict of arrays.
        partly: whether the file may have more than `what`. What is in `what` must be in the file.
        random: whether random numbers go on as they would have, if the file says so.

    Returns:
        None; without `what`, a dict of arrays.

    Raises:
        ValueError: the file is none of `save_state`, or damaged; it lacks a variable, or has one of another shape or
            dtype, or (unless `partly`) one that is not in `what`.
        TypeError: `what` has no variables.
        NotImplementedError: the library is missing: `pip install "kjax[checkpoints]"`.
        FileNotFoundError: there is no such file.
    """
    where = "load_state()"
    path = os.fspath(path)
    arrays, about = _read(path, where)
    if what is not None:
        variables = named(_variables_of(what, where))
        for name, variable in variables.items():
            _check(name, variable, arrays, f"{where}: {path}")
        surplus = [name for name in arrays if name not in variables]
        if surplus and not partly:
            raise ValueError(
                f"{where}: {path} has {surplus[0]!r}, which is not among the variables given "
                f"({cut(', '.join(variables))}); partly=True leaves it out"
            )
        store_all([*variables.values()], [arrays[name] for name in variables])
    if random and RUNS in about:
        jax_to_compute()  # (importing JAX draws from NumPy's generator: not later, then)
        restart_runs(int(about[RUNS]))
        kind, keys, *rest = json.loads(about[_GENERATOR])
        np.random.set_state((kind, np.array(keys, np.uint32), *rest))
    return arrays if what is None else None


def _check(name: str, variable: Variable, arrays: Mapping[str, Any], where: str) -> None:
    if name not in arrays:
        raise ValueError(f"{where} lacks the variable {name!r}; it has {cut(', '.join(arrays))}")
    found, shape, dtype = arrays[name], tuple(variable.shape), dtypes.to_numpy(variable.dtype)
    if found.shape != shape or found.dtype != dtype:
        raise ValueError(
            f"{where} has {name!r} as {found.dtype} of shape {found.shape}; the variable is {dtype} of shape {shape}"
        )


def _read(path: str, where: str) -> tuple[dict[str, Any], dict[str, str]]:
    library = _library(where)
    if not os.path.exists(path):
        raise FileNotFoundError(f"{where}: there is no file {path}")
    try:
        with library.safe_open(path, framework="np") as file:
            about = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except library.SafetensorError as error:
        raise ValueError(f"{where}: {path} is no file of safetensors, or is damaged: {error}") from None
    if about.get("format") != _MARK:
        raise ValueError(f"{where}: {path} was not written by save_state()")
    for name, dtype in json.loads(about["dtypes"]).items():
        array = arrays[name]
        arrays[name] = array.view(np.dtype(dtype)).reshape(array.shape[:-1])
    return arrays, about


def _as_bytes(array: Any) -> Any:
    """An array as bytes, in one more dim."""
    return np.frombuffer(array.tobytes(), np.uint8).reshape(*array.shape, array.dtype.itemsize)


def _library(where: str) -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise NotImplementedError(f'{where} needs safetensors: pip install "kjax[checkpoints]"') from None
    return safetensors


# ------------------------------------------------------------------------------------------------ what has variables


def _arrays_of(what: Any, where: str) -> dict[str, Any]:
    if isinstance(what, Mapping) and not any(isinstance(value, Variable) for value in what.values()):
        for name, value in what.items():
            if not isinstance(name, str) or not hasattr(value, "dtype"):
                raise TypeError(f"{where}: a state is a dict of arrays by name; got {shown(name)}: {shown(value)}")
        return {name: np.asarray(meshes.whole(value)) for name, value in what.items()}
    return {name: v._numpy() for name, v in named(_variables_of(what, where)).items()}


def _variables_of(what: Any, where: str) -> Iterable[Variable]:
    """The variables of a function, a model and so on, each once."""
    found: dict[Variable, None] = {}
    _gather(what, found, where)
    return list(found)


def _gather(what: Any, found: dict[Variable, None], where: str) -> None:
    if isinstance(what, Variable):
        found.setdefault(what)
    elif isinstance(what, PureFunction) or callable(getattr(what, "pure", None)):
        found.update(dict.fromkeys((what if isinstance(what, PureFunction) else what.pure()).variables.values()))
    elif isinstance(what, (list, tuple, Mapping)):
        for part in what.values() if isinstance(what, Mapping) else what:
            _gather(part, found, where)
    elif hasattr(what, "weights") or hasattr(what, "variables"):
        _gather(list(what.weights if hasattr(what, "weights") else what.variables), found, where)
        if getattr(what, "optimizer", None) is not None and hasattr(what, "_make_train_function"):
            what._make_train_function()  # which makes the optimizer's variables
            _gather(what.train_function, found, where)
    else:
        raise TypeError(
            f"{where}: functions, variables, models, layers or optimizers are needed, or a list of them; "
            f"got {shown(what)}"
        )

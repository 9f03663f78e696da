"""Names that SciPy and scikit-learn have moved, and scikit-learn's folds of old, for the modules of a program."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kjax.dialects.repairs import Repair, StandIn

# ---------------------------------------------------------------------------------------------------------------- SciPy

_WINDOWS = ("barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "chebwin", "cosine",
            "exponential", "flattop", "gaussian", "general_gaussian", "hamming", "hann", "kaiser", "nuttall", "parzen",
            "triang", "tukey")  # fmt: skip
_INTEGRALS = {"cumtrapz": "cumulative_trapezoid", "simps": "simpson", "trapz": "trapezoid"}
# What SciPy had of NumPy.
_OF_NUMPY = ("arange", "array", "asarray", "concatenate", "cos", "dot", "exp", "eye", "histogram", "inf", "interp",
             "linspace", "log", "log10", "mean", "nan", "ones", "pi", "real", "sin", "sqrt", "std", "sum", "where",
             "zeros")  # fmt: skip


def _at(module: str, name: str) -> Callable[[], Any]:
    """What finds a name when it is asked for."""
    return lambda: getattr(importlib.import_module(module), name)


def _along(name: str) -> Callable[..., Any]:
    """An integral, which took the points by position."""

    def call(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1, **how: Any) -> Any:
        how.pop("even", None)
        return getattr(importlib.import_module("scipy.integrate"), name)(y, x=x, dx=dx, axis=axis, **how)

    return call


SCIPY = Repair(
    "SciPy's names",
    "windows of scipy.signal, simps, trapz and cumtrapz moved, and NumPy's functions are gone (SciPy 1.4 to 1.14)",
    (),
    imports={
        "scipy": StandIn("scipy", **{name: getattr(np, name) for name in _OF_NUMPY}),
        "scipy.integrate": StandIn("scipy.integrate", **{old: _along(new) for old, new in _INTEGRALS.items()}),
        "scipy.signal": StandIn("scipy.signal", {name: _at("scipy.signal.windows", name) for name in _WINDOWS}),
    },
)

# --------------------------------------------------------------------------------------------------------- scikit-learn


class Folds:
    """Pairs of indices for training and for tests, as `sklearn.cross_validation` had them: of data that it knows."""

    def __init__(self, name: str, x: Any, y: Any = None, **how: Any) -> None:
        self._new = getattr(importlib.import_module("sklearn.model_selection"), name)(**how)
        self._data = (x, y)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self._new.split(*self._data))

    def __len__(self) -> int:
        return int(self._new.get_n_splits(*self._data))

    def __repr__(self) -> str:
        return repr(self._new)


def _k_fold(n: int, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> Folds:
    seed = random_state if shuffle else None
    return Folds("KFold", np.zeros(n), n_splits=n_folds, shuffle=shuffle, random_state=seed)


def _stratified_k_fold(y: Any, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> Folds:
    seed = random_state if shuffle else None
    return Folds("StratifiedKFold", np.zeros(len(y)), y, n_splits=n_folds, shuffle=shuffle, random_state=seed)


def _shuffle_split(
    n: int, n_iter: int = 10, test_size: Any = 0.1, train_size: Any = None, random_state: Any = None
) -> Folds:
    how = {"n_splits": n_iter, "test_size": test_size, "train_size": train_size, "random_state": random_state}
    return Folds("ShuffleSplit", np.zeros(n), **how)


def _stratified_shuffle_split(
    y: Any, n_iter: int = 10, test_size: Any = 0.1, train_size: Any = None, random_state: Any = None
) -> Folds:
    how = {"n_splits": n_iter, "test_size": test_size, "train_size": train_size, "random_state": random_state}
    return Folds("StratifiedShuffleSplit", np.zeros(len(y)), y, **how)


_FOLDS = {
    "KFold": _k_fold,
    "LeaveOneOut": lambda n: Folds("LeaveOneOut", np.zeros(n)),
    "ShuffleSplit": _shuffle_split,
    "StratifiedKFold": _stratified_k_fold,
    "StratifiedShuffleSplit": _stratified_shuffle_split,
}

# Modules that moved as a whole, each with where it is now.
MOVED = {
    "sklearn.cluster.k_means_": "sklearn.cluster",
    "sklearn.datasets.base": "sklearn.datasets",
    "sklearn.datasets.samples_generator": "sklearn.datasets",
    "sklearn.decomposition.pca": "sklearn.decomposition",
    "sklearn.ensemble.forest": "sklearn.ensemble",
    "sklearn.externals.joblib": "joblib",
    "sklearn.externals.six": "six",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.learning_curve": "sklearn.model_selection",
    "sklearn.linear_model.logistic": "sklearn.linear_model",
    "sklearn.metrics.classification": "sklearn.metrics",
    "sklearn.metrics.scorer": "sklearn.metrics",
    "sklearn.neighbors.classification": "sklearn.neighbors",
    "sklearn.preprocessing.data": "sklearn.preprocessing",
    "sklearn.preprocessing.label": "sklearn.preprocessing",
    "sklearn.svm.classes": "sklearn.svm",
    "sklearn.tree.tree": "sklearn.tree",
}

SCIKIT_LEARN = Repair(
    "scikit-learn's modules",
    "cross_validation, grid_search, externals.joblib and others moved (scikit-learn 0.20 to 0.24)",
    (),
    imports={
        "sklearn.cross_validation": StandIn("sklearn.model_selection", **_FOLDS),
        **{old: StandIn(new) for old, new in MOVED.items()},
    },
    gone=("sklearn.cross_validation", *MOVED),
)

"""`tf.app` and `tf.flags` of TensorFlow 1, which are absl's: answered where absl-py is installed."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from kjax.dialects.stand_ins import Contents

_VERSIONS = ("tensorflow", "tensorflow.compat.v1")

# What TensorFlow calls arguments beside absl's names.
_OLDER = {"flag_name": "name", "default_value": "default", "docstring": "help"}


class _Flags:
    """The flags of the program, which are parsed when one is first asked for."""

    def __init__(self, flags: Any) -> None:
        vars(self)["_flags"] = flags

    def _parsed(self) -> Any:
        flags = vars(self)["_flags"]
        if not flags.is_parsed():
            flags(sys.argv)
        return flags

    def __getattr__(self, name: str) -> Any:
        flags = vars(self)["_flags"]
        return getattr(flags if name.startswith("_") or name == "is_parsed" else self._parsed(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._parsed(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(vars(self)["_flags"], name)

    def __getitem__(self, name: str) -> Any:
        return vars(self)["_flags"][name]

    def __contains__(self, name: object) -> bool:
        return name in vars(self)["_flags"]

    def __iter__(self) -> Any:
        return iter(vars(self)["_flags"])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return vars(self)["_flags"](*args, **kwargs)


def _with_older_names(define: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(define)
    def call(*args: Any, **kwargs: Any) -> Any:
        return define(*args, **{_OLDER.get(name, name): value for name, value in kwargs.items()})

    return call


@functools.cache
def _names() -> dict[str, Any]:
    flags = import_module("absl.flags")
    names = {name: value for name, value in vars(flags).items() if not name.startswith("_")}
    for name in ("string", "integer", "float", "boolean", "bool"):
        names[f"DEFINE_{name}"] = _with_older_names(names[f"DEFINE_{name}"])
    return {**names, "FLAGS": _Flags(flags.FLAGS)}


def _run(main: Any = None, argv: Any = None) -> None:
    """Run the program's `main` on the arguments that are no flags; flags that nobody knows are passed over."""
    flags = import_module("absl.flags").FLAGS

    def parsed(arguments: Any) -> Any:
        return flags(sys.argv if arguments is None else arguments, known_only=True)

    import_module("absl.app").run(main or sys.modules["__main__"].main, argv=argv, flags_parser=parsed)


def contents() -> dict[str, Contents]:
    """The modules `tf.app` and `tf.flags`; none without absl-py."""
    if find_spec("absl") is None:
        return {}

    def app() -> dict[str, Any]:
        return {"run": _run}

    return {
        **{f"{version}.app": app for version in _VERSIONS},
        **{f"{version}.{name}": _names for version in _VERSIONS for name in ("flags", "app.flags")},
    }

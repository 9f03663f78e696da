"""What Matplotlib has dropped or refuses since 2017, answered for the modules of a program.

Functions of `matplotlib.pyplot` take the arguments that they took, and `plt.xticks` takes more or fewer labels than
there are ticks. What a program does with the objects themselves (`axes.hist(normed=True)`) stays its own.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from kjax.dialects.repairs import Repair, StandIn

# Arguments that are gone, by functions, each with its name of today; None for what does nothing any more.
_ARGUMENTS: dict[str, dict[str, str | None]] = {
    "matplotlib.pyplot.axes": {"axisbg": "facecolor"},
    "matplotlib.pyplot.bar": {"left": "x"},
    "matplotlib.pyplot.barh": {"bottom": "y"},
    "matplotlib.pyplot.boxplot": {"labels": "tick_labels"},
    "matplotlib.pyplot.contour": {"hold": None},
    "matplotlib.pyplot.contourf": {"hold": None},
    "matplotlib.pyplot.grid": {"b": "visible"},
    "matplotlib.pyplot.hist": {"hold": None, "normed": "density"},
    "matplotlib.pyplot.hist2d": {"normed": "density"},
    "matplotlib.pyplot.imshow": {"hold": None, "imlim": None, "shape": None},
    "matplotlib.pyplot.plot": {"hold": None},
    "matplotlib.pyplot.savefig": {"frameon": None, "papertype": None},
    "matplotlib.pyplot.scatter": {"hold": None, "verts": "marker"},
    "matplotlib.pyplot.stem": {"use_line_collection": None},
    "matplotlib.pyplot.subplot": {"axisbg": "facecolor"},
    "matplotlib.use": {"warn": None},
}


def _real(name: str) -> Any:
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


def _taking(name: str, renamed: Mapping[str, str | None]) -> Callable[..., Any]:
    """A function that takes arguments by the names that they had."""

    def call(*args: Any, **given: Any) -> Any:
        function = _real(name)
        known = inspect.signature(function).parameters
        for old in given.keys() & renamed.keys() - known.keys():
            value, new = given.pop(old), renamed[old]
            if new is not None:
                given.setdefault(new, value)
        return function(*args, **given)

    call.__name__ = call.__qualname__ = name.rpartition(".")[2]
    return call


def _ticks(name: str) -> Callable[..., Any]:
    def call(ticks: Any = None, labels: Any = None, **how: Any) -> Any:
        """Set ticks with labels; a tick beyond the labels has none, and a label beyond the ticks is not shown."""
        if ticks is not None and labels is not None:
            ticks = [*ticks]
            labels = [*labels][: len(ticks)]
            labels += [""] * (len(ticks) - len(labels))
        return _real(name)(ticks, labels, **how)

    return call


def _gca(**projected: Any) -> Any:
    """`plt.gca`, which took what new axes are made of."""
    pyplot = importlib.import_module("matplotlib.pyplot")
    return pyplot.gcf().add_subplot(**projected) if projected else pyplot.gca()


def _use_style(style: Any) -> None:
    """`matplotlib.style.use`, which knew seaborn's styles by shorter names."""
    module = importlib.import_module("matplotlib.style")
    styles = [style] if isinstance(style, (str, dict)) or not hasattr(style, "__iter__") else style

    def now(one: Any) -> Any:
        newer = one.replace("seaborn", "seaborn-v0_8", 1) if isinstance(one, str) else one
        return newer if one not in module.available and newer in module.available else one

    module.use([now(one) if isinstance(one, str) else one for one in styles])


def _get_cmap(name: Any = None, lut: Any = None) -> Any:
    """`matplotlib.cm.get_cmap`, which takes names that are gone."""
    older = {"spectral": "nipy_spectral", "spectral_r": "nipy_spectral_r"}
    older |= {f"Vega{count}": f"tab{count}" for count in ("10", "20", "20b", "20c")}
    pyplot = importlib.import_module("matplotlib.pyplot")
    return pyplot.get_cmap(older.get(name, name) if isinstance(name, str) else name, lut)


def _register_cmap(name: Any = None, cmap: Any = None, **how: Any) -> None:
    importlib.import_module("matplotlib").colormaps.register(cmap, name=name, force=True)


def _map(name: str) -> Callable[[], Any]:
    return lambda: _get_cmap(name)


_STYLE = StandIn("matplotlib.style", use=_use_style)
_CM = StandIn(
    "matplotlib.cm",
    {name: _map(name) for name in ("spectral", "spectral_r", "Vega10", "Vega20", "Vega20b", "Vega20c")},
    get_cmap=_get_cmap,
    register_cmap=_register_cmap,
)
_PYPLOT: dict[str, Any] = {
    "cm": _CM,
    "gca": _gca,
    "get_cmap": _get_cmap,
    "hold": lambda b=None: None,
    "ishold": lambda: True,
    "style": _STYLE,
    "xticks": _ticks("matplotlib.pyplot.xticks"),
    "yticks": _ticks("matplotlib.pyplot.yticks"),
}
_PYPLOT |= {
    name.rpartition(".")[2]: _taking(name, renamed)
    for name, renamed in _ARGUMENTS.items()
    if name.startswith("matplotlib.pyplot.")
}

REPAIR = Repair(
    "Matplotlib's names",
    "plt.hold, cm.get_cmap, arguments such as normed=, styles such as 'seaborn', and ticks with more or fewer labels "
    "are gone (Matplotlib 2.0 to 3.9)",
    (),
    imports={
        "matplotlib": StandIn("matplotlib", use=_taking("matplotlib.use", _ARGUMENTS["matplotlib.use"])),
        "matplotlib.cm": _CM,
        "matplotlib.pyplot": StandIn("matplotlib.pyplot", **_PYPLOT),
        "matplotlib.style": _STYLE,
        "pylab": StandIn("pylab", **_PYPLOT),
    },
)

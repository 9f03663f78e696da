"""Methods and attributes of objects that are gone: of Python 2, NumPy, pandas, Matplotlib, Pillow, scikit-learn, h5py.

What an object is, reading can't tell. So these are names that nothing else has, in files that import the package; where
the program has such a name itself, nothing is said.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Collection
from typing import NamedTuple

from kjax.checking import conditions, outlines
from kjax.checking.spaces import Use


class Method(NamedTuple):
    """A method or an attribute that is gone.

    Attributes:
        owner: what had it.
        package: whose that is, as it is imported; empty for Python's own.
        since: the version without it.
        instead: what does instead.
        where: whether a use of the name is one of it, by the attribute and the call of it.
        gone: the argument that is gone, where the method is not.
    """

    owner: str
    package: str
    since: str
    instead: str
    where: Callable[[ast.Attribute, ast.Call | None], bool] = lambda node, call: True
    gone: str = ""


def _called(node: ast.Attribute, call: ast.Call | None) -> bool:
    return call is not None


def _bare(node: ast.Attribute, call: ast.Call | None) -> bool:
    return call is not None and not call.args and not call.keywords


def _with(keyword: str) -> Callable[[ast.Attribute, ast.Call | None], bool]:
    return lambda node, call: call is not None and any(given.arg == keyword for given in call.keywords)


def _with_two(node: ast.Attribute, call: ast.Call | None) -> bool:
    return call is not None and len(call.args) > 1


def _of_canvas(node: ast.Attribute, call: ast.Call | None) -> bool:
    return isinstance(node.value, ast.Attribute) and node.value.attr == "canvas"


METHODS = {
    "as_matrix": Method("DataFrame", "pandas", "1", "to_numpy()"),
    "convert_objects": Method("DataFrame", "pandas", "1", "infer_objects()"),
    "drop": Method(
        "DataFrame",
        "pandas",
        "2",
        "axis=",
        _with_two,
        "(labels, axis)",
    ),
    "fillna": Method("DataFrame", "pandas", "3", "ffill() or bfill()", _with("method"), "(method=)"),
    "gca": Method("Figure", "matplotlib", "3.6", "add_subplot(projection=...)", _with("projection"), "(projection=)"),
    "get_axis_bgcolor": Method("Axes", "matplotlib", "2.2", "get_facecolor()"),
    "get_feature_names": Method("CountVectorizer and others", "sklearn", "1.2", "get_feature_names_out()"),
    "getsize": Method("ImageFont", "PIL", "10", "getbbox()", _called),
    "grid_scores_": Method("GridSearchCV", "sklearn", "0.20", "cv_results_"),
    "has_key": Method("dict", "", "3", "`in`", _called),
    "hist": Method("Axes", "matplotlib", "3.1", "density=", _with("normed"), "(normed=)"),
    "isAlive": Method("Thread", "", "3.9", "is_alive()", _bare),
    "itemset": Method("ndarray", "numpy", "2", "an assignment", _called),
    "iteritems": Method("dict", "", "3", "items()", _bare),
    "iterkeys": Method("dict", "", "3", "keys()", _bare),
    "itervalues": Method("dict", "", "3", "values()", _bare),
    "ix": Method("DataFrame", "pandas", "1", "loc or iloc", lambda node, call: call is None),
    "newbyteorder": Method("ndarray", "numpy", "2", "x.view(x.dtype.newbyteorder())", _bare),
    "ptp": Method("ndarray", "numpy", "2", "np.ptp()", _called),
    "set_axis_bgcolor": Method("Axes", "matplotlib", "2.2", "set_facecolor()"),
    "set_color_cycle": Method("Axes", "matplotlib", "3", "set_prop_cycle(color=...)"),
    "set_window_title": Method("a canvas", "matplotlib", "3.6", "canvas.manager.set_window_title()", _of_canvas),
    "textsize": Method("ImageDraw", "PIL", "10", "textbbox()", _called),
    "tostring": Method("ndarray", "numpy", "2.3", "tobytes()", _bare),
    "value": Method("Dataset", "h5py", "3", "dataset[()]", lambda node, call: isinstance(node.value, ast.Subscript)),
}


def is_one(node: ast.Attribute, call: ast.Call | None) -> bool:
    """Whether an attribute of something unknown may be one that is gone."""
    method = METHODS.get(node.attr)
    return method is not None and method.where(node, call)


def gone(use: Use, packages: Collection[str]) -> str:
    """The message where a use is one of what is gone, in a file that imports some packages; else an empty string."""
    method = METHODS[use.name]
    if method.package and method.package not in packages:
        return ""
    has = _version(method.package) if method.package else f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    if not has or conditions.version(has) < conditions.version(method.since):
        return ""
    return f"{method.owner}.{use.name}{method.gone} is gone, in {has}; instead: {method.instead}"


@functools.cache
def _version(package: str) -> str:
    return outlines.version(package)

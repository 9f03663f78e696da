"""The verdict on each use of a name: answered, answered with a difference, not answered, or gone and repaired."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable
from types import ModuleType
from typing import Any, NamedTuple

from kjax.checking import arguments, methods, outlines, refusals
from kjax.checking.answers import OURS, PYTHON_2, Answers, Found, is_outlined, needs_keras
from kjax.checking.methods import METHODS
from kjax.checking.reading import Place, Source
from kjax.checking.spaces import Use
from kjax.dialects import tensorflow_modules


class Code(NamedTuple):
    """A kind of verdict.

    Attributes:
        code: how it is called.
        level: `"error"`: the program fails there; `"note"`: it runs; `"ok"`: there is nothing to say.
        title: what it is.
        explained: what to do.
    """

    code: str
    level: str
    title: str
    explained: str


CODES = {
    code.code: code
    for code in (
        Code("KJ000", "ok", "answered", "kjax answers the name as TensorFlow 2.2 or Keras 2.3.1 does."),
        Code(
            "KJ101",
            "error",
            "not answered",
            "kjax has nothing under this name. Where something does instead, the message says what; all that is "
            "answered is in docs/guide/tensorflow.md.",
        ),
        Code(
            "KJ102",
            "error",
            "argument not taken",
            "kjax answers the function, without this argument or this value: the call raises an error. Leave it out, "
            "or see the function by `kjax check --explain NAME`.",
        ),
        Code(
            "KJ103",
            "error",
            "needs Keras 2.3.1",
            "The name is one of Keras's, which runs on kjax where it is installed: pip install 'kjax[keras2]'.",
        ),
        Code(
            "KJ104",
            "error",
            "needs graph mode",
            "TensorFlow 2 has no tf.contrib, and programs ask with hasattr(tf, 'contrib') which version they have. So "
            "it is there for programs that import it, and for those in graph mode: kjax run --graph.",
        ),
        Code(
            "KJ201",
            "note",
            "answered with a difference",
            "kjax answers the name, and differs from TensorFlow 2.2 in what the message says; all differences are in "
            "docs/conformance/differences.md.",
        ),
        Code(
            "KJ301",
            "note",
            "gone, and repaired",
            "NumPy, SciPy, Python or another package has dropped the name. `kjax run` answers it for the program's own "
            "modules; without it, change the line.",
        ),
        Code(
            "KJ303",
            "note",
            "not found here",
            "The program imports a package that is not installed here, and that is not among its own files. Where it "
            "runs, the package must be there.",
        ),
        Code(
            "KJ302",
            "error",
            "gone",
            "The package that is installed here does not have the name, the argument or the method any more, and kjax "
            "does not repair it.",
        ),
        Code(
            "KJ401",
            "error",
            "Python 2",
            "Python 2 alone reads this file. What converts it: `futurize --stage1 -w "
            "FILE` of the package `future`, or `2to3 -w FILE`, which comes with Python up to 3.12.",
        ),
        Code("KJ402", "error", "can't be read", "Python can't read this file; the message is Python's."),
        Code("KJ403", "error", "gone since Python 3", "Python 2 had this name; the message says what Python 3 has."),
    )
}


class Finding(NamedTuple):
    """A verdict on one use of a name, or on a file."""

    code: str
    name: str
    written: str
    message: str
    place: Place
    end: int
    text: str
    guarded: bool = False

    @property
    def level(self) -> str:
        """`"error"`, `"note"` or `"ok"`; what the program catches is no error."""
        level = CODES[self.code].level
        return "note" if level == "error" and self.guarded else level


def difference(function: Any) -> str:
    """What a function's docstring says behind "Differs", as one line; else an empty string.

    >>> from kjax import backend as K
    >>> difference(K.square)
    ''
    """
    text = inspect.getdoc(function) or ""
    found = re.search(r"^Source: .*?TF 2\.2\..*?\bDiffers:? (.*?)(?:\n\n|\Z)", text, re.DOTALL | re.MULTILINE)
    return " ".join(found[1].split()).rstrip(".") if found else ""


def of_problem(source: Source) -> Finding:
    """The finding on a file that can't be read."""
    problem = source.problem
    assert problem is not None
    message = f"this is Python 2: {problem.message}" if problem.python2 else problem.message
    place = source.place(problem.line, problem.column)
    code = "KJ401" if problem.python2 else "KJ402"
    return Finding(code, "", "", message, place, place.column + 1, source.line(problem.line))


def of_uses(uses: Iterable[Use], answers: Answers) -> list[Finding]:
    """The findings on the names of one file, in the order of its lines."""
    uses = [*uses]
    older = any(_is_of_graphs(use, answers.find(use.name)) for use in uses)
    # What is missing at its import is told there, and not at each use.
    told = {use.name for use in uses if use.how == "import" and not answers.find(use.name).there}
    findings: dict[Any, Finding] = {}
    for use in uses:
        found = answers.find(use.name)
        if not found.there and use.how != "import" and (use.how == "call" or _within(use.name, told)):
            continue
        code, message = _judged(use, found, older, answers)
        if code == "KJ303" and use.guarded:
            continue
        made = [_at(use, code, found.name, message)]
        package = _DRAWS.get(use.name.rpartition(".")[2]) if use.call is not None and code == "KJ000" else None
        if package is not None and not answers.find(package).there:
            why = f"{use.name}() needs {package}, which is not found here"
            made.append(_at(use, "KJ303", package, why)._replace(written=package))
        for finding in made:
            findings[finding.place, finding.name, finding.code] = finding
    return sorted(findings.values(), key=lambda finding: finding.place)


def of_method(use: Use, packages: Collection[str]) -> list[Finding]:
    """The finding on a method of an object, if it is gone in a file that imports some packages."""
    message = methods.gone(use, packages)
    python2 = not METHODS[use.name].package
    return [_at(use, "KJ403" if python2 else "KJ302", use.name, message)] if message else []


def _at(use: Use, code: str, name: str, message: str) -> Finding:
    """A finding where a use stands."""
    node: Any = use.node
    place = use.source.place(node.lineno, node.col_offset)
    end = place.column + (getattr(node, "end_col_offset", None) or 0) - node.col_offset
    return Finding(code, name, use.written, message, place, end, use.source.line(node.lineno), use.guarded)


# Functions of Keras that need a package which it does not bring.
_DRAWS = {"plot_model": "pydot", "model_to_dot": "pydot"}


def _within(name: str, told: set[str]) -> bool:
    """Whether one of some names is the beginning of a name."""
    parts = name.split(".")
    return any(".".join(parts[:count]) in told for count in range(1, len(parts) + 1))


_SWITCHES = ("disable_eager_execution", "disable_v2_behavior")


def _is_of_graphs(use: Use, found: Found) -> bool:
    """Whether a use switches the program to graph mode, or to what TensorFlow 1 means."""
    if use.how == "import" and use.name.startswith(("tensorflow.contrib", "keras")):
        return True
    return (found.older and found.name.count(".") == 1) or use.name.rpartition(".")[2] in _SWITCHES


def _judged(use: Use, found: Found, older: bool, answers: Answers) -> tuple[str, str]:
    """The code and the message."""
    root = use.name.partition(".")[0]
    if not found.there:
        return _missing(use, found, answers)
    if found.repair is not None:
        return "KJ301", f"{use.name} is gone; `kjax run` answers it ({found.repair.what})"
    if use.name.startswith("tensorflow.contrib") and use.how == "attribute" and not older:
        return "KJ104", f"{use.name} is answered in graph mode: kjax run --graph"
    if use.call is not None and (root in OURS or root == "kjax") and found.value is not None:
        why = arguments.mismatch(found.value, use.call)
        if why is not None:
            return "KJ102", f"{use.name}(): {why}"
        refused = refusals.refusal(found.value, use.call)
        if refused is not None:
            return "KJ102", refused
    if use.call is not None and isinstance(found.value, ModuleType):
        return ("KJ101" if root in OURS else "KJ302"), f"{use.name} is a module, which can't be called"
    if use.call is not None and found.value is None and is_outlined(use.name):
        taken = outlines.signature(use.name)
        why = None if taken is None else arguments.unbound(taken, use.call)
        if why is not None:
            return "KJ302", f"{use.name}(): {why}, in {outlines.version(root)}"
    told = difference(found.value) if inspect.isfunction(found.value) and ".backend." in use.name else ""
    return ("KJ201", told) if told else ("KJ000", "")


def _missing(use: Use, found: Found, answers: Answers) -> tuple[str, str]:
    """The code and the message for a name that is not there."""
    root = use.name.partition(".")[0]
    if not answers.knows(use.name):
        return "KJ303", found.refusal
    if root not in (*OURS, "kjax"):
        return ("KJ403" if found.name in PYTHON_2 else "KJ302"), found.refusal
    if root in OURS and needs_keras(use.name):
        return "KJ103", f'{use.name} is one of Keras 2.3.1, which runs on kjax: pip install "kjax[keras2]"'
    instead, meant = tensorflow_modules.instead(found.name), answers.meant(found.name)
    hint = f"; instead: {instead}" if instead else f"; did you mean {meant}?" if meant else ""
    return "KJ101", f"{found.name} is not answered{hint}"

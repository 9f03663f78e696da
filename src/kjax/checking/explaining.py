"""`kjax check --explain NAME`: what kjax does with a name, or what the code of a finding means."""

from __future__ import annotations

import contextlib
import inspect
from types import ModuleType

from kjax.checking.answers import Answers, Found
from kjax.checking.verdicts import CODES, difference

# How programs call modules.
_SHORT = {
    "K": "tensorflow.keras.backend",
    "np": "numpy",
    "tf": "tensorflow",
}


def explained(name: str, answers: Answers) -> str | None:
    """What kjax does with a name such as `K.sum` or `tf.gather`, or what a code means; None for names of others."""
    if name.upper() in CODES:
        code = CODES[name.upper()]
        return f"{code.code}: {code.title}\n\n{code.explained}"
    root, _, rest = name.strip().rstrip("()").partition(".")
    full = ".".join(filter(None, (_SHORT.get(root, root), rest)))
    if not rest and not answers.knows(full):
        full = f"tensorflow.keras.backend.{root}"  # a name of K alone
        if not answers.find(full).there:
            return None
    if not answers.knows(full):
        return None
    found = answers.find(full)
    return f"{full}: {_verdict(full, found)}\n" + "".join(f"\n{part}\n" for part in _about(full, found))


def _verdict(full: str, found: Found) -> str:
    if not found.there:
        return f"not answered\n\n{found.refusal}"
    if found.repair is not None:
        return f"gone, and answered by `kjax run`\n\n{found.repair.what}"
    if full.partition(".")[0] not in ("tensorflow", "keras", "kjax"):
        return "there; kjax leaves it as it is"
    if found.older and full.count(".") == 1:
        return "answered, as TensorFlow 1 had it; a program that asks `tf` for it is switched to graph mode"
    return "answered with a difference" if difference(found.value) else "answered"


def _about(full: str, found: Found) -> list[str]:
    value, parts = found.value, []
    if isinstance(value, ModuleType):
        names = sorted(name for name in dir(value) if not name.startswith("_"))
        return [f"A module with {len(names)} names: {', '.join(names)}"]
    if callable(value):
        with contextlib.suppress(TypeError, ValueError):
            parts.append(f"{full.rpartition('.')[2]}{inspect.signature(value)}")
    if value is not None and found.repair is None and (inspect.isroutine(value) or inspect.isclass(value)):
        parts.append(inspect.getdoc(value) or "")
    return [part for part in parts if part]

"""What the tests and docstrings know of the functions of K."""

import functools
import html

from conformance import arrays, cases, counts, differences
from kjax import backend
from kjax.checking.verdicts import difference

# The ways to use a function that the tests try, as readers call them.
SHOWN = {**{way: way for way in arrays.WAYS}, arrays.SYMBOLS: "Keras 3"}


def has(name):
    """Whether kjax has that function."""
    return name in backend.__all__


def recorded():
    """How many answers of TensorFlow 2.2.0 are recorded."""
    return sum(len(cases.load(family)) for family in cases.FAMILIES)


def differences_by_function():
    """A dict from function to the reasons of its recorded differences."""
    found = {}
    for reason, listed in differences.by_reason().items():
        for name in set().union(*(names for names, _ in listed)):
            found.setdefault(name, []).append(reason)
    return found


def told_difference(name):
    """The text behind "Differs" in the docstring of a function, as one line."""
    return difference(getattr(backend, name)) if has(name) else ""


@functools.cache
def _known_of_functions():
    return counts.count(), differences_by_function()


def facts(name):
    """What a reader wants to know of a function at first sight, as a line of HTML."""
    counted, differing = _known_of_functions()
    if name in arrays.WITHOUT:
        told = [("plain", "takes no arrays")]
    else:
        told = [("yes", "gradient") if arrays.use(name).differentiable else ("no", "no gradient")]
        for way in ("jit", "vmap", "export", arrays.SYMBOLS):
            why_not = arrays.WHY_NOT.get(name, {}).get(way)
            told.append(("no", f"not {SHOWN[way]}: {why_not}") if why_not else ("yes", SHOWN[way]))
    reasons = told_difference(name) or "; ".join(sorted(differing.get(name, [])))
    count = counted[name].total
    if reasons:
        told.append(("differs", f"differs from TF 2.2: {reasons}"))
    else:
        told.append(("plain", f"as TF 2.2 in {count} recorded case{'s' * (count != 1)}"))
    spans = "".join(f'<span class="{kind}">{html.escape(text.replace("`", ""))}</span> ' for kind, text in told)
    return f'<p class="facts">{spans.strip()}</p>'

"""How the documentation reads the package's source."""

import re
import textwrap

import griffe
from facts import counts, facts  # beside this file, where hooks.py makes Python look

from kjax import backend

# A paragraph that begins with a prompt; and the section on the result, in which no type comes before a colon.
EXAMPLE = re.compile(r"^>>> .*?(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)
RETURNS = re.compile(r"^Returns:\n(.*?)(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)

# The sources are read, and not the stubs, which are for type checkers.
griffe.ModuleFinder.extensions_set.discard(".pyi")


def is_function_of_k(obj):
    """Whether this is where a function of K is defined."""
    return obj.name in backend.__all__ and getattr(backend, obj.name).__module__ == obj.parent.path


class PublicFaces(griffe.Extension):
    """Shows functions as their callers know them."""

    def on_object(self, *, obj, **others):
        """Write out the parts of a docstring that would not be read as they are meant."""
        if not obj.is_alias and obj.docstring:
            text = EXAMPLE.sub(lambda found: f"```pycon\n{found[0]}\n```", obj.docstring.value)
            obj.docstring.value = RETURNS.sub(lambda found: f"**Returns:** {textwrap.dedent(found[1])}", text)
            if is_function_of_k(obj) and obj.name in counts.public_names():
                first, _, rest = obj.docstring.value.partition("\n")
                obj.docstring.value = f"{first}\n\n{facts(obj.name)}\n{rest}"

    def on_function(self, *, func, **others):
        """Leave out internal parameters and annotations.

        Operations are declared by their kernels, whose first parameter is the array namespace. Annotations of
        parameters are for `@op`; readers find the same in the docstrings.
        """
        if any(decorator.callable_path == "kjax.core.op.op" for decorator in func.decorators):
            del func.parameters["xp"]
        func.returns, func.overloads = None, None
        for parameter in func.parameters:
            parameter.annotation = None

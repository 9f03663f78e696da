"""Where kjax differs from TF 2.2 on purpose, by reason, as Markdown for the docs.

`cd tests && python -m conformance.differences`
"""

from . import cases
from .counts import subjects


def by_reason():
    """A dict from reason to the functions and the label of each case that gives it."""
    found = {}
    for family in cases.FAMILIES:
        for case in cases.load(family):
            if case.reason:
                found.setdefault(case.reason, []).append((subjects(case, family), case.label))
    return found


def markdown():
    """The list as text."""
    lines = []
    for reason, listed in sorted(by_reason().items()):
        functions = ", ".join(f"`{name}`" for name in sorted(set().union(*(names for names, _ in listed))))
        count = f"{len(listed)} cases" if len(listed) > 1 else "1 case"
        lines.append(f"- {reason}: {functions} ({count}, for example `{listed[0][1]}`)")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())

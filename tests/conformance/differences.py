"""Where kjax differs from TF 2.2 on purpose, by reason, as Markdown for the docs.

`cd tests && python -m conformance.differences`
"""

from . import cases


def by_reason():
    """A dict from reason to the functions and labels of the cases that give it."""
    found = {}
    for family in cases.FAMILIES:
        for case in cases.load(family):
            if case.reason:
                found.setdefault(case.reason, []).append((case.function, case.label))
    return found


def markdown():
    """The list as text."""
    lines = []
    for reason, listed in sorted(by_reason().items()):
        functions = ", ".join(f"`{name}`" for name in sorted({function for function, _ in listed}))
        lines.append(f"- {reason}: {functions} ({len(listed)} cases, for example `{listed[0][1]}`)")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())

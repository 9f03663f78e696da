"""The gallery: a page for each program in `examples/`, made of its docstring, its source and a kept run."""

import ast
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "gallery"


def examples():
    """The paths of the programs by name, those of K alone first."""
    paths = [*sorted((ROOT / "examples").glob("*.py")), *sorted((ROOT / "examples").glob("*/*.py"))]
    return {path.stem: path for path in paths}


def runs():
    """What is known of a run of each program, by name."""
    return json.loads((FOLDER / "runs.json").read_text(encoding="utf-8"))["runs"]


def docstring(name):
    """The docstring of a program: its first line, and the rest."""
    text = ast.get_docstring(ast.parse(examples()[name].read_text(encoding="utf-8")))
    first, _, rest = text.partition("\n")
    return first, rest.strip()


def title(name):
    """What a program is called in headings.

    >>> title('digits_vae')
    'digits_vae.py'
    """
    return f"{name}.py"


def pages():
    """The text of each program's page, by its path in the documentation."""
    return {f"gallery/{name}.md": page(name) for name in examples()}


def page(name):
    """The page of a program."""
    path, run = examples()[name], runs().get(name)
    first, rest = docstring(name)
    told = re.sub(r"^ {4}(.*)$", r"```console\n$ \1\n```", rest, flags=re.MULTILINE)
    parts = [f"# {title(name)}", first, told]
    if run:
        if run["picture"]:
            parts.append(f"![{alt(name)}]({run['picture']}){{ .shot }}")
        if run["output"]:
            parts.append("```text\n" + "\n".join(run["output"]) + "\n```")
        parts.append(about(run))
    source = path.read_text(encoding="utf-8").rstrip()
    parts.append(f'## The program\n\n```python title="{path.relative_to(ROOT).as_posix()}"\n{source}\n```')
    return "\n\n".join(parts) + "\n"


def alt(name):
    """What a program's picture shows, for those who do not see it."""
    return f"The picture that {name}.py draws. {docstring(name)[0]}"


def about(run):
    """How long a program ran, and on what."""
    versions = ", ".join(f"{package} {version}" for package, version in run["versions"].items())
    return f"{time(run)}, compilation included ({run['date']}, {run['cores']} cores; {versions})."


def time(run):
    """How long a program ran.

    >>> time({'processor_seconds': 17.4}), time({'processor_seconds': 130.0})
    ('17 s of processor time', '2.2 min of processor time')
    """
    seconds = run["processor_seconds"]
    return (f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min") + " of processor time"


def cards(prefix=""):
    """The programs with pictures, times and links, as a grid; `prefix` is the way to the gallery's folder."""
    return "\n\n".join(
        ['<div class="grid cards gallery" markdown>', *(_card(name, prefix) for name in examples()), "</div>"]
    )


def _card(name, prefix):
    run, page = runs().get(name), f"{prefix}{name}.md"
    lines = [f"**[{title(name)}]({page})**", docstring(name)[0]]
    if run:
        lines.append(f"*{time(run)}*")
        if run["picture"]:
            lines.insert(0, f"[![]({prefix}{run['picture']})]({page}){{ tabindex=-1 aria-hidden=true }}")
    return "-   " + "\n\n    ".join(lines)

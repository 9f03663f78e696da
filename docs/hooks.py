"""The parts of the documentation that come from the code, the tests and other files.

A line `<!-- generated: name -->` in a page stands for the result of the function `name` below. Nothing here needs
MkDocs, so that the tests can look at it too.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import sys
from unittest import mock

from kjax.checking.patterns import alternatives
from kjax.checking.ports import PORTS, TF_PORTS
from kjax.command import cli
from kjax.dialects import keras2_repairs, program_repairs
from kjax.dialects.tensorflow_modules import TABLES, answers

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
sys.path += [str(folder) for folder in (ROOT / "tests", DOCS) if str(folder) not in sys.path]

import charts  # noqa: E402
import gallery  # noqa: E402
import tf_to_k  # noqa: E402
from facts import SHOWN, differences_by_function, has, recorded, told_difference  # noqa: E402

from conformance import arrays, cases, counts, differences  # noqa: E402

# Pages that answer what a reader types into the search, where others only mention it.
SOUGHT = ("errors/", "reference/tf.md")
MARK = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)


def on_config(config):
    """Called by MkDocs first: the pages of the gallery get their places in the navigation."""
    entries = [{gallery.title(name): f"gallery/{name}.md"} for name in gallery.examples()]
    config.nav = [{"Examples": ["gallery/index.md", *entries]} if "Examples" in part else part for part in config.nav]


def on_files(files, config):
    """Called by MkDocs with all files: the pages of the gallery are made, rather than written."""
    from mkdocs.structure.files import File

    for path, text in gallery.pages().items():
        files.append(File.generated(config, path, content=text))


def on_page_markdown(markdown, page, **others):
    """Called by MkDocs for each page."""
    if page.file.src_uri.startswith(SOUGHT):
        page.meta["search"] = {"boost": 3}
    return filled(markdown)


def on_post_page(output, **others):
    """Called by MkDocs with each page's HTML: the theme's dialog for searching gets a name, for those who hear it."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"', 1)


def filled(markdown):
    """A page with its generated parts in place."""
    return MARK.sub(lambda found: GENERATED[found[1]](), markdown)


# ------------------------------------------------------------------------------------------------- of the functions


def functions():
    """The table of all functions that TF 2.2 documents."""
    counted, differing = counts.count(), differences_by_function()
    rows = ["| function | status | modes | cases | differences from TF 2.2 |", "|---|---|---|--:|---|"]
    for name, count in counted.items():
        told = told_difference(name) or "; ".join(sorted(differing.get(name, [])))
        status = (
            "not yet" if not has(name) else "differs" if told else "as TF 2.2" if count.compared else "not compared"
        )
        modes = "all three" if len(count.modes) == 3 else ", ".join(count.in_modes) or "-"
        rows.append(f"| {link(name)} | {status} | {modes} | {count.total} | {cell(told)} |")
    return "\n".join(rows)


def totals():
    """A sentence on how many there are, and how they stand."""
    names = counts.public_names()
    there = sum(map(has, names))
    which = f"All {there}" if there == len(names) else f"{there} of the {len(names)}"
    return (
        f"{which} functions that TensorFlow 2.2 documents are there. "
        f"{recorded():,} cases of what TensorFlow 2.2.0 does are recorded and replayed."
    )


def coverage():
    """The same figures, and that of the names of `tf.*`, large."""
    names = counts.public_names()
    tensorflow = sum(len(answers(module, 2).keys() | answers(module, 1).keys()) for module in TABLES)
    figures = (
        (f"{sum(map(has, names))} of {len(names)}", "functions of `tf.keras.backend`", "reference/index.md"),
        (f"{recorded():,}", "recorded answers of TensorFlow 2.2, replayed by the tests", "conformance/index.md"),
        (
            f"{tensorflow:,}",
            "names of `tf.*`, of TensorFlow 2 and 1",
            "guide/tensorflow.md#names-of-tf-that-are-answered",
        ),
        (
            f"{len(arrays.names())}",
            "functions tried in `jit`, `grad`, `vmap` and models of Keras 3",
            "conformance/arrays.md",
        ),
    )
    items = [f"-   [{number}]({page}){{ .number }}\n\n    {what}" for number, what, page in figures]
    return "\n\n".join(['<div class="grid cards figures" markdown>', *items, "</div>"])


def arrays_table():
    """How each function that takes arrays does within JAX's transformations, and on symbolic tensors of Keras 3."""
    rows = [f"| function | {' | '.join(SHOWN.values())} |", "|---" * (len(SHOWN) + 1) + "|"]
    for name in arrays.names():
        rows.append(f"| {link(name)} | {' | '.join(arrays.cell(name, way) for way in SHOWN)} |")
    return "\n".join(rows)


def cases_by_function():
    """How many cases there are of each function."""
    rows = ["| function | called alone | within a program | modes |", "|---|--:|--:|---|"]
    for name, count in counts.count().items():
        rows.append(f"| {link(name)} | {count.alone} | {count.within} | {', '.join(count.in_modes) or '-'} |")
    return "\n".join(rows)


def cases_by_family():
    """How many cases there are in each family."""
    rows = ["| family | cases | with gradients | errors | random |", "|---|--:|--:|--:|--:|"]
    for family in cases.FAMILIES:
        listed = cases.load(family)
        gradients = sum(case.wants_grad or family == "gradients" for case in listed)
        errors, random = sum(case.wants_error for case in listed), sum(case.range is not None for case in listed)
        rows.append(f"| {family} | {len(listed)} | {gradients} | {errors} | {random} |")
    return "\n".join(rows)


def recorded_differences():
    """The list of differences that recorded cases show, by reason."""
    items = []
    for reason, listed in sorted(differences.by_reason().items(), key=lambda item: item[0].lower()):
        names = sorted(set().union(*(names for names, _ in listed)))
        count = f"{len(listed)} cases, for example" if len(listed) > 1 else "1 case,"
        example = min((label for _, label in listed), key=len)
        items.append(f"- {reason[0].upper()}{reason[1:]}: {', '.join(map(link, names))} ({count} `{example}`)")
    return "\n".join(items)


def told_differences():
    """The differences that docstrings tell of, by function."""
    told = {name: told_difference(name) for name in counts.public_names()}
    rows = [f"| {link(name)} | {cell(text)} |" for name, text in told.items() if text]
    return "\n".join(["| function | difference |", "|---|---|", *rows])


def link(name):
    """A function, linked to its entry if there is one."""
    if name.startswith("op:"):
        return f"operator `{name[3:]}`"
    return f"[`{name}`][kjax.backend.{name}]" if has(name) else f"`{name}`"


def cell(text):
    """Text that may stand in a table."""
    return text.replace("|", "\\|")


# ------------------------------------------------------------------------------------------------- of other things


def repairs():
    """The run-time repairs of Keras 2.3.1."""
    rows = ["| repair | what goes wrong without it | where |", "|---|---|---|"]
    for repair in keras2_repairs.REPAIRS:
        rows.append(f"| {repair.name} | {repair.what} | {', '.join(f'`{name}`' for name in repair.modules)} |")
    return "\n".join(rows)


def program():
    """What `kjax run` repairs in the modules of a program."""
    rows = ["| repair | what is gone |", "|---|---|"]
    rows += [f"| {repair.name} | {repair.what} |" for repair in program_repairs.REPAIRS]
    return "\n".join(rows)


def tensorflow_calls():
    """The names of `tf.*` that `kjax run` answers, by module, and how many of TensorFlow 2.2's functions these are."""
    functions = json.loads((ROOT / "tests" / "conformance" / "signatures.json").read_text(encoding="utf-8"))["2.2"]
    rows = ["| module | answered | names |", "|---|--:|---|"]
    for module in TABLES:
        new, old = (answers(module, version) for version in (2, 1))
        name = f"tf.{module}".rstrip(".")
        if new:
            of = {n for n in functions if n.rpartition(".")[0] == name}
            found = sum(f"{name}.{n}" in of for n in new)
            rows.append(f"| `{name}` | {found} of {len(of)} | {_listed(new)} |")
        if old.keys() - new.keys():
            name, besides = f"tf.compat.v1.{module}".rstrip("."), ", besides" if new else ""
            rows.append(f"| `{name}`{besides} | | {_listed(old.keys() - new.keys())} |")
    return "\n".join(rows)


def tf_table():
    """What the calls of `tf.*` are in K, by module; and below, those that are nothing in K."""
    parts = []
    for module, calls in tf_to_k.calls().items():
        older = module.startswith("tf.compat.v1")
        shown = module.replace("tf.compat.v1", "tf")
        parts.append(f"## {shown}{' of TensorFlow 1' if older else ''}")
        lines = [f"| `{shown}.{name}{cell(given)}` | {_in_k(told)} |" for name, given, told in calls if told]
        if lines:
            parts.append("\n".join(["| call | in K |", "|---|---|", *lines]))
        rest = ", ".join(f"`{shown}.{name}`" for name, _, told in calls if not told)
        if rest:
            parts.append(f"Nothing in K, but answered by `kjax run` and `kjax.install()`: {rest}.")
    return "\n\n".join(parts)


def _in_k(expression):
    """An expression of K, with links to its functions."""
    names = [name for name in dict.fromkeys(re.findall(r"\bK\.(\w+)", expression)) if has(name)]
    if len(names) == 1:
        return f"[`{cell(expression)}`][kjax.backend.{names[0]}]"
    return f"`{cell(expression)}`" + (f" ({', '.join(map(link, names))})" if names else "")


def ports():
    """What `kjax port` writes for each function of K and `tf`."""
    rows = ["| function | `jax.numpy` | Keras 3 |", "|---|---|---|"]
    tables = {link(name): row for name, row in sorted(PORTS.items())}
    tables.update({f"`tf.{name}`": row for name, row in sorted(TF_PORTS.items())})
    for name, row in tables.items():
        shown = (alternatives(pattern)[0].text if pattern else None for pattern in (row.jax, row.keras3))
        rows.append(f"| {name} | {' | '.join(f'`{cell(text)}`' if text else '-' for text in shown)} |")
    return "\n".join(rows)


def _listed(names):
    return ", ".join(f"`{name}`" for name in sorted(names))


def run_help():
    """`kjax run --help`."""
    return _help("run")


def check_help():
    """`kjax check --help`."""
    return _help("check")


def port_help():
    """`kjax port --help`."""
    return _help("port")


def info_help():
    """`kjax info --help`."""
    return _help("info")


def _help(command):
    text = io.StringIO()
    with mock.patch.dict(os.environ, COLUMNS="100"), contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        cli.main([command, "--help"])
    return f"```text\n{text.getvalue().strip()}\n```"


def error_pages(prefix=""):
    """Links to the pages on errors, by their titles."""
    titles = {path: path.read_text(encoding="utf-8").partition("\n")[0][2:] for path in (DOCS / "errors").glob("*.md")}
    pages = sorted((title, path.name) for path, title in titles.items() if path.name != "index.md")
    return "\n".join(f"- [{title}]({prefix}{name})" for title, name in pages)


def errors_from_home():
    """The same for the first page."""
    return error_pages("errors/")


def examples():
    """The programs with their pictures, for the gallery's own page."""
    return gallery.cards()


def examples_from_home():
    """The same for the first page."""
    return gallery.cards("gallery/")


def changes():
    """The changelog."""
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


GENERATED = {
    part.__name__: part
    for part in (
        functions,
        totals,
        coverage,
        arrays_table,
        cases_by_function,
        cases_by_family,
        recorded_differences,
        told_differences,
        tensorflow_calls,
        tf_table,
        program,
        repairs,
        run_help,
        check_help,
        port_help,
        ports,
        info_help,
        error_pages,
        errors_from_home,
        examples,
        examples_from_home,
        charts.speed,
        charts.training,
        changes,
    )
}

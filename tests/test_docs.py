"""The documentation: its code runs with the output it shows; every function has its entry; every link leads somewhere.

None of it needs MkDocs, with which `make docs` builds the site.
"""

import doctest
import importlib.util
import inspect
import pathlib
import re

import numpy as np
import pytest

import kjax
from conformance import cases, counts
from kjax import backend as K
from kjax.dialects import tensorflow_modules as modules
from programs import forked

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
CODE = re.compile(r"^```(python|pycon)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROGRAM = re.compile(
    r"^```python title=\"(\w+\.py)\"\n(.*?)^```\n+```console\n\$ kjax run \1\n(.*?)^```", re.DOTALL | re.MULTILINE
)
ENTRY = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
REFERENCE = re.compile(r"\]\[(kjax[\w.]*)\]")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def hooks():
    spec = importlib.util.spec_from_file_location("docs_hooks", DOCS / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outside_code(text):
    return re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if CODE.search(text)])
def test_code(page):
    """The blocks of a page, one after the other in one namespace."""
    K.clear_session()  # names count from the start
    names, report = {"__name__": page}, []
    for kind, block in CODE.findall(PAGES[page]):
        if kind == "python":
            exec(compile(block, page, "exec"), names)
        else:
            test = doctest.DocTestParser().get_doctest(block, names, page, page, 0)
            runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
            runner.run(test, out=report.append, clear_globs=False)
            assert runner.tries
            names = test.globs
    assert not report, "".join(report)


def test_programs(tmp_path):
    """The programs that pages show beside what `kjax run` prints."""
    programs = [program for text in PAGES.values() for program in PROGRAM.findall(text)]
    names = [name for name, _, _ in programs]
    assert len({*names}) == len(names) == sum(text.count("```python title=") for text in PAGES.values()) > 10
    for name, code, output in programs:
        (tmp_path / name).write_text(code, encoding="utf-8")
        status, out, err = forked(tmp_path / name)
        assert (status, out, err) == (0, output, "Using kjax.keras2 backend.\n" if err else ""), name


def test_what_calls_of_tensorflow_are_in_k_in_our_words(hooks):
    """Those that are written, rather than read from the source."""
    given = {"a": K.constant([[1.0, 2.0]]), "b": K.constant([[3.0], [4.0]]), "x": K.constant([[4.0, 9.0]])}
    given |= {
        "t": given["x"],
        "params": given["b"],
        "input": given["a"],
        "condition": K.constant([[True, False]], "bool"),
    }
    given |= {
        "y": given["a"],
        "values": [given["a"], given["x"]],
        "axis": 0,
        "axes": [0],
        "indices": K.constant([1], "int32"),
    }
    given |= {"shape": (1, 2), "dtype": "float32", "value": [[5.0, 6.0]], "depth": 3, "num_rows": 2, "perm": (1, 0)}
    given |= {"start": 1, "limit": 7, "delta": 2, "clip_value_min": 1.5, "clip_value_max": 5.0}
    tf = {name: call for module in ("nn", "math", "") for name, call in modules.answers(module, 2).items()}
    for name, told in hooks.tf_to_k.USUAL.items():
        used = {word: given[word] for word in inspect.signature(tf[name]).parameters if re.search(rf"\b{word}\b", told)}
        result, expected = tf[name](**used), eval(told, {"K": K}, used)
        for one, other in zip(*(r if isinstance(r, tuple) else (r,) for r in (result, expected)), strict=True):
            np.testing.assert_allclose(K.eval(one), K.eval(other), err_msg=name)


def test_the_table_of_calls_of_tensorflow(hooks):
    table = hooks.tf_table()
    assert (
        "| `tf.reduce_sum(input_tensor, axis=None, keepdims=False)` | [`K.sum(input_tensor, axis, keepdims)`]" in table
    )
    assert "`tf.acos`" in table and "| `tf.math.floordiv(x, y)` | `x // y` |" in table
    told = [told for calls in hooks.tf_to_k.calls().values() for *_, told in calls if told]
    assert len(told) > 150
    for expression in told:
        for name in re.findall(r"K\.(\w+)", expression):
            assert name in K.__all__, expression


def test_the_facts_of_a_function(hooks):
    from facts import facts  # beside hooks.py

    shown = {name: re.sub(r"<.*?>", "", facts(name)) for name in counts.public_names()}
    assert re.fullmatch(r"gradient jit vmap export Keras 3 as TF 2\.2 in \d+ recorded cases", shown["exp"])
    assert shown["argmax"].startswith("no gradient jit") and shown["epsilon"].startswith("takes no arrays ")
    assert "not Keras 3: needs a value" in shown["set_value"] and "differs from TF 2.2: " in shown["bias_add"]


def test_examples_have_pictures(hooks):
    runs, folder = hooks.gallery.runs(), DOCS / "gallery"
    assert {*runs} <= {*hooks.gallery.examples()} and len(runs) > 5
    pictures = {folder / run["picture"] for run in runs.values()}
    assert pictures == {path for path in folder.iterdir() if path.suffix not in (".md", ".json")}
    assert all(1_000 < path.stat().st_size < 60_000 for path in pictures)


def test_examples_in_docstrings(hooks):
    for module in (hooks.charts, hooks.gallery):
        failed, tried = doctest.testmod(module)
        assert tried and not failed


def test_charts_show_what_was_measured(hooks):
    (result,) = [
        r["result"]
        for r in hooks.charts.results()["rows"]
        if (r["title"], r["peer"]) == ("`K.function`: square, add", "tf22")
    ]
    chart = hooks.charts.bars("`K.function`: square, add", "A call", ("tf22",))
    ours, peers = hooks.charts.duration(result["ours"]), hooks.charts.duration(result["peers"])
    assert f'aria-label="A call: kjax {ours}, TensorFlow 2.2 {peers}."' in chart
    models = hooks.charts.strip("training step, 28 models", "Training", ("tf-keras",), "models")
    (each,) = [
        r["result"]["each"]
        for r in hooks.charts.results("models")["rows"]
        if (r["title"], r["peer"]) == ("training step, 28 models", "tf-keras")
    ]
    slower = sum(one["ratio"] < 1 for one in each.values())
    assert (models.count('class="slow"'), models.count('class="fast"')) == (slower, len(each) - slower)
    with pytest.raises(KeyError, match="no such row"):
        hooks.charts.rows("no such row")


def test_every_function_has_one_entry():
    entries = [name for text in PAGES.values() for name in ENTRY.findall(text)]
    functions = [name for name in entries if name.startswith("kjax.backend.")]
    assert sorted(functions) == sorted(f"kjax.backend.{name}" for name in [*counts.public_names(), *K._KERAS3])
    rest = [name for name in entries if name not in functions]
    assert sorted(rest) == sorted(f"kjax.{name}" for name in kjax.__all__)


def test_every_page_is_in_the_navigation():
    listed = re.findall(r"[:-] (\S+\.md)(?= #|$)", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links(page, hooks):
    text = hooks.filled(PAGES[page])
    assert "<!-- generated" not in text
    made = {f"{prefix}{path}" for path in hooks.gallery.pages() for prefix in ("", "gallery/")}
    for target in LINK.findall(outside_code(text)):
        if not target.startswith("https://"):
            assert (DOCS / page).parent.joinpath(target).exists() or f"gallery/{target}" in made, target
    entries = {name for other in PAGES.values() for name in ENTRY.findall(other)}
    for target in REFERENCE.findall(text):
        assert target in entries, target


def test_there_are_links_and_code_to_look_at():
    text = "".join(PAGES.values())
    assert len(LINK.findall(outside_code(text))) > 20 and len(CODE.findall(text)) > 20 and len(PAGES) > 20
    assert len(REFERENCE.findall(text)) > 5


def test_the_table_of_functions(hooks):
    cells = table_of_functions(hooks)
    assert list(cells) == counts.public_names()
    assert {row[1] for row in cells.values()} == {"as TF 2.2", "differs"}
    assert cells["backend"][1] == "differs" and cells["backend"][4] == "there it is `'tensorflow'` |"
    assert cells["exp"][1:3] == ["as TF 2.2", "all three"] and int(cells["exp"][3]) > 30


def test_the_table_says_as_tf_only_where_results_were_compared(hooks, monkeypatch):
    (announced,) = [case for case in cases.load("elementwise") if case.label == "square('text')"]
    assert announced.wants_error
    monkeypatch.setattr(cases, "load", lambda family: [announced] if family == "elementwise" else [])
    cells = table_of_functions(hooks)
    assert cells["square"][1:4] == ["not compared", "all three", "1"]
    assert cells["exp"][1:4] == ["not compared", "-", "0"] and cells["backend"][1] == "differs"


def table_of_functions(hooks):
    """The cells of each row, by function."""
    rows = hooks.functions().splitlines()[2:]
    return {row.split("|")[1].strip(" []").partition("`]")[0].strip("`"): row.split(" | ") for row in rows}


def test_a_difference_that_a_docstring_tells_of(hooks):
    assert hooks.told_difference("bias_add") == "the rank of `x` may exceed 5"
    assert hooks.told_difference("ones") == ""

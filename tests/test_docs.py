"""The documentation: its code runs with the output it shows; every function has its entry; every link leads somewhere.

None of it needs MkDocs, with which `make docs` builds the site.
"""

import doctest
import importlib.util
import pathlib
import re

import pytest

import kjax
from conformance import cases, counts
from kjax import backend as K

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
CODE = re.compile(r"^```(python|pycon)\n(.*?)^```", re.DOTALL | re.MULTILINE)
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


def test_every_function_has_one_entry():
    entries = [name for text in PAGES.values() for name in ENTRY.findall(text)]
    functions = [name for name in entries if name.startswith("kjax.backend.")]
    assert sorted(functions) == sorted(f"kjax.backend.{name}" for name in [*counts.public_names(), *K._KERAS3])
    rest = [name for name in entries if name not in functions]
    assert sorted(rest) == sorted(f"kjax.{name}" for name in kjax.__all__)


def test_every_page_is_in_the_navigation():
    listed = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links(page, hooks):
    text = hooks.filled(PAGES[page])
    assert "<!-- generated" not in text
    for target in LINK.findall(outside_code(text)):
        if not target.startswith("https://"):
            assert (DOCS / page).parent.joinpath(target).exists(), target
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

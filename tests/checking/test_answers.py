"""What kjax answers under a name, beside what a program finds there under `kjax run`."""

import pathlib
import sys

import pytest

from kjax.checking.answers import Answers
from programs import run, write

ROOT = pathlib.Path(__file__).parents[2]

# Compares both for thousands of names, in a process of its own, since this imports Keras.
PROGRAM = """
import contextlib, importlib, json, os, pathlib, sys
from kjax.checking.answers import Answers
from kjax.checking.checks import check
from kjax.dialects import tensorflow

ROOT = pathlib.Path(sys.argv[1])


def there(name):
    root, *rest = name.split(".")
    at = root
    try:
        value = importlib.import_module(root)
        for part in rest:
            at = f"{at}.{part}"
            value = getattr(value, part) if hasattr(value, part) else importlib.import_module(at)
    except ImportError:
        return False
    return True


signatures = json.loads((ROOT / "tests/conformance/signatures.json").read_text())
generated = {f"{start}{name[2:]}" for names in signatures.values() for name in names
             for start in ("tensorflow", "tensorflow.compat.v1", "tensorflow.contrib")}
generated |= {name[3:] for names in signatures.values() for name in names if name.startswith("tf.keras.")}
for module in tensorflow._finder.contents:
    names = [name for name in dir(importlib.import_module(module)) if not name.startswith("_")]
    generated |= {f"{module}.{name}" for name in names} | {f"{module}.{name}x" for name in names}
generated = sorted(generated)[::20]
with Answers() as answers:
    os.chdir(ROOT)
    used = {}
    for folder in ("tests/dialects/legacy", "tests/clients/programs", "examples"):
        result = check([folder], answers)
        assert result.status == 0, result.errors
        used.update({use.name: use.guarded for use in result.uses})
    wrong = [name for name in [*generated, *used] if answers.knows(name) and answers.find(name).there != there(name)]
    refused = [name for name in used if not answers.find(name).there and not used[name]]
assert not wrong, wrong
assert not refused, refused
print(len(generated) > 5_000, len(used) > 300, sum(map(there, generated)) > 1_500)
"""


def test_nothing_stays_behind():
    before = {*sys.modules}
    with Answers() as answers:
        assert answers.find("tensorflow.nn.relu").is_module is False and answers.find("tensorflow.nn").is_module
    assert not [name for name in {*sys.modules} - before if name.partition(".")[0] == "tensorflow"]


def test_a_name_is_answered_where_a_program_finds_it(tmp_path):
    program = write(tmp_path / "compare.py", PROGRAM)
    finished = run("--graph", str(program), str(ROOT))
    assert finished.stdout == "True True True\n", finished.stderr


@pytest.mark.parametrize(
    ("name", "repair"),
    [
        ("numpy.float", "NumPy's names"),
        ("scipy.misc.imread", "scipy.misc"),
        ("collections.Mapping", "collections"),
        ("time.clock", "Python's names"),
        ("os.errno", "Python's names"),
        ("imp.load_source", "imp"),
        ("sklearn.cross_validation.KFold", "scikit-learn's modules"),
        ("sklearn.externals.joblib.dump", "scikit-learn's modules"),
        ("PIL.Image.ANTIALIAS", "Pillow's names"),
    ],
)
def test_names_that_are_gone_and_repaired(answers, name, repair):
    found = answers.find(name)
    assert found.there and found.repair.name == repair


@pytest.mark.parametrize(
    "name",
    ["numpy.array", "numpy.linalg.norm", "os.getcwd", "os.startfile", "scipy.stats.norm", "yaml.load", "random.sample",
     "sklearn.svm.SVC", "kjax.backend.square", "tensorflow.float32.name", "tensorflow.GradientTape.gradient"],
)  # fmt: skip
def test_names_that_are_there(answers, name):
    found = answers.find(name)
    assert found.there and found.repair is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("numpy.rank", "numpy.rank is gone, in numpy"),
        ("numpy.linalg.nonsense", "no attribute 'nonsense'"),
        ("imp.find_module", "imp.find_module is gone"),
        ("urllib2.urlopen", "urllib.request"),
        ("tensorflow.lite.Interpreter", "tensorflow.lite"),
        ("tensorflow.Variable.nonsense", "tensorflow.Variable is there, but has no attribute 'nonsense'"),
        ("kjax.backend.nonsense", "nonsense"),
    ],
)
def test_names_that_are_not(answers, name, told):
    found = answers.find(name)
    assert not found.there and told in found.refusal


def test_names_of_tensorflow_1_do_not_switch_the_program(answers):
    import kjax

    found = answers.find("tensorflow.placeholder")
    assert found.there and found.older and kjax.executing_eagerly()
    assert answers.find("tensorflow.contrib.layers.flatten").there and kjax.executing_eagerly()


def test_what_may_have_been_meant(answers):
    assert answers.meant("tensorflow.keras.backend.squaree") == "tensorflow.keras.backend.square"
    assert answers.meant("tensorflow.completely_other") == answers.meant("nonsense") == ""


def test_what_is_known(answers):
    assert all(map(answers.knows, ["tensorflow.x", "keras", "numpy.x", "scipy.misc", "urllib2", "itertools.izip"]))
    assert not any(map(answers.knows, ["torch", "itertools.chain", "tensorflow_probability", "requests.get"]))

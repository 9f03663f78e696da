"""The programs in examples, each run briefly, as a user runs them."""

import pathlib
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

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


def run(tmp_path, program, *options):
    command = [sys.executable, "-m", "kjax", "run", str(EXAMPLES.parent / program), *options]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_a_network_taken_elsewhere(tmp_path):
    told = run(tmp_path, "digits_export.py", "--epochs", "1", "--folder", "out")
    for form in ("stablehlo", "onnx") if find_spec("jax2onnx") and find_spec("onnxruntime") else ("stablehlo",):
        # (XLA adds the 1,024 products of the last layer one after another, which is 1e-6 off the exact sum, and ONNX
        # Runtime adds in another order. In 64 bits they agree: tests/exports/test_onnx_files.py.)
        assert float(re.search(rf"digits\.{form}: predictions differ by (\S+) at most", told)[1]) < 4e-6
        assert (tmp_path / "out" / f"digits.{form}").stat().st_size > 100_000
    assert re.search(r"a training step of 64 images: \d{3} million operations", told)
    picture = (tmp_path / "out" / "training.txt").read_text()
    assert picture.startswith("train_function\n") and "  conv2d_1 ...  3 operations, 2 variables" in picture
    assert (tmp_path / "out" / "training.mmd").read_text().startswith("flowchart TD")
    assert ("training.svg" in told) == bool(find_spec("graphviz") and shutil.which("dot"))


@pytest.mark.skipif(find_spec("optax") is None, reason="optax comes with the extra kjax[examples]")
def test_an_optimizer_of_optax(tmp_path):
    told = run(tmp_path, "digits_optax.py", "--epochs", "6")
    assert float(re.search(r"test accuracy (0\.\d+) on 450 images", told)[1]) > 0.9

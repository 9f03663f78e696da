"""Try an installed kjax, in the environment whose Python runs this: `python -I .ci/try_installed.py`.

The source tree gives the list of files that must have been installed and an old program to run, and no code.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np

import kjax
from kjax import backend as K

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "tests" / "dialects" / "legacy" / "documented_examples.py"
COMMAND = Path(sysconfig.get_path("scripts"), "kjax")


def output(*command):
    """What a command prints, run outside of the source tree; it must print no error."""
    # As a user has it, but that nothing is written into the home folder.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["KJAX_CACHE"] = "0"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def files(package):
    """All files of a package, by their places in it."""
    return {
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def main():
    """Try it; anything wrong is an AssertionError."""
    installed = Path(kjax.__file__).parent
    assert installed.is_relative_to(sys.prefix) and not installed.is_relative_to(ROOT / "src"), installed
    assert files(installed) == files(ROOT / "src" / "kjax"), files(installed) ^ files(ROOT / "src" / "kjax")

    version = metadata.version("kjax")
    about, listed = metadata.metadata("kjax"), [str(file) for file in metadata.files("kjax") or ()]
    assert about["License-Expression"] == "Apache-2.0" and about["Description-Content-Type"] == "text/markdown"
    assert about.get_all("License-File") == ["LICENSE"] and any(file.endswith("licenses/LICENSE") for file in listed)
    assert "kjax/py.typed" in listed and "kjax/backend.pyi" in listed
    assert output(COMMAND, "--version") == output(sys.executable, "-m", "kjax", "--version") == f"kjax {version}\n"

    arrays = np.ones((3, 4), "float32"), np.ones((2, 3), "float32"), np.zeros((2, 3), "float32")
    assert output(COMMAND, "run", PROGRAM) == "".join(f"{array!r}\n" for array in arrays)

    # The second call is compiled, gradients and update included: (w - 3)^2 at half the distance each time.
    x, w = K.placeholder(shape=(None,)), K.variable(0.0)
    loss = K.mean(K.square(w * x - 3.0))
    step = K.function([x], [loss], updates=[K.update_sub(w, 0.25 * K.gradients(loss, [w])[0])])
    assert [step([np.ones(2)])[0] for _ in range(3)] == [9.0, 2.25, 0.5625]
    print(f"kjax {version}, as installed, works")


if __name__ == "__main__":
    main()

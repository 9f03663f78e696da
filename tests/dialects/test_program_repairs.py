"""Programs that use what NumPy, SciPy, Python and others have dropped."""

import subprocess
import sys

import pytest

from kjax.dialects import program_repairs

PROGRAM = """
import collections, fractions, inspect, os, random, time
import numpy as np
import library

assert np.zeros(2, np.float).dtype == float and np.int is int and np.bool is bool and np.object is object
assert np.product([2, 3]) == 6 and np.asscalar(np.array([3])) == 3 and np.sometrue([0, 1]) and np.NINF < 0
assert np.in1d([[1, 2]], [2]).tolist() == [False, True] and np.mat([[1]]).shape == (1, 1)
assert np.array([[1, 2], [3]]).dtype == object and np.array([1, 2], dtype=np.float).tolist() == [1, 2]
assert np.random.RandomState(0).rand(2).shape == (2,) and np.pi > 3
assert collections.Mapping is collections.abc.Mapping and collections.OrderedDict
assert fractions.gcd(4, 6) == 2 and time.clock() <= time.perf_counter() and os.errno.ENOENT == 2
assert inspect.getargspec(lambda a, *b, **c: 0) == (['a'], 'b', 'c', None)
assert inspect.getargspec(lambda a, b=1: 0) == (['a', 'b'], None, None, (1,))
assert len(random.sample({1, 2, 3}, 2)) == 2
items = [1, 2, 3]
random.shuffle(items, lambda: 0.0)
assert items == [2, 3, 1]
import imp
assert imp.new_module('a').__name__ == 'a'
assert library.f() == 6
from numpy import *
assert array([1]).shape == (1,)
try:
    np.no_such_name
except AttributeError as error:
    assert 'no_such_name' in str(error)
else:
    raise SystemExit('no error')
print('done')
"""


def run(folder, text, *options):
    (folder / "program.py").write_text(text)
    (folder / "library.py").write_text("import numpy as np\ndef f(): return np.int(3.7) * 2\n")
    command = [sys.executable, "-m", "kjax", "run", *options, "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_program_of_its_time(tmp_path):
    done = run(tmp_path, PROGRAM)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


def test_without_repairs(tmp_path):
    done = run(tmp_path, "import numpy as np\nnp.float\n", "--no-repairs")
    assert done.returncode == 1 and "AttributeError" in done.stderr


def test_numpy_itself_and_installed_packages_are_as_they_are(tmp_path):
    done = run(tmp_path, "import numpy, sys\nnumpy.float\nprint(hasattr(sys.modules['numpy'], 'float'))")
    assert done.stdout == "False\n", done.stderr
    finder = program_repairs.Finder()
    assert finder.find_spec("json") is finder.find_spec("pytest") is finder.find_spec("kjax") is None


def test_images_by_pillow(tmp_path):
    pytest.importorskip("PIL")
    done = run(
        tmp_path,
        "import numpy as np\n"
        "from scipy.misc import imread, imresize, imsave, toimage\n"
        "from PIL import Image\n"
        "imsave('a.png', np.arange(48, dtype=np.uint8).reshape(4, 4, 3))\n"
        "a = imread('a.png')\n"
        "print(a.shape, a.max(), imresize(a, 50).shape, imresize(a, (8, 6), interp='nearest').shape)\n"
        "print(imread('a.png', flatten=True).dtype, toimage(np.eye(3)).size, Image.ANTIALIAS == Image.LANCZOS)\n",
    )
    assert done.stdout == "(4, 4, 3) 47 (2, 2, 3) (8, 6, 3)\nfloat32 (3, 3) True\n", done.stderr


def test_a_missing_package_stays_missing(tmp_path):
    done = run(
        tmp_path, "import sys\nsys.modules['yaml'] = None\ntry:\n    import yaml\nexcept ImportError:\n    print('no')"
    )
    assert done.stdout == "no\n", done.stderr


def test_the_table_is_in_order():
    names = [repair.name for repair in program_repairs.REPAIRS]
    assert len(names) == len(set(names)) and all(repair.what for repair in program_repairs.REPAIRS)


def test_packages_installed_into_a_folder_are_as_they_are(tmp_path):
    """By `pip install --target`: a package beside metadata of packages is nothing of the program's."""
    for folder in ("vendor", "mine"):
        package = tmp_path / folder / f"{folder}_package"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("from . import inner\n")
        (package / "inner.py").write_text("import numpy as np\nhas_float = hasattr(np, 'float')\n")
        (tmp_path / folder / f"{folder}_module.py").write_text("import numpy as np\nhas_float = hasattr(np, 'float')\n")
    (tmp_path / "vendor" / "vendor_package-1.0.dist-info").mkdir()
    (tmp_path / "mine" / "mine_package.egg-info").mkdir()  # (which a program under development has, too)
    done = run(
        tmp_path,
        "import sys; sys.path[:0] = ['vendor', 'mine']\n"
        "import vendor_package, vendor_module, mine_package, mine_module\n"
        "print(*(m.has_float for m in (vendor_package.inner, vendor_module, mine_package.inner, mine_module)))\n"
        "import numpy, scipy\n"
        "print('numpy' in numpy.__file__, 'scipy' in scipy.__path__[0], hasattr(numpy, '__wrapped__'))\n",
    )
    assert done.stdout == "False False True True\nTrue True False\n", done.stderr

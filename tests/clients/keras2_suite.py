"""Keras 2.3.1's own tests, run on kjax, beside what became of them on TensorFlow 1.15: `make test-keras2`.

    python tests/clients/keras2_suite.py                        all of them, and a report
    python tests/clients/keras2_suite.py --devices 8 training   on eight devices, in the files with such names
    python tests/clients/keras2_suite.py --fetch                only get them

They come with Keras's source distribution, which pip gets from the package index. It lies in the Python environment.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = Path(sys.prefix) / "share" / "Keras-2.3.1"
SHA256 = "321d43772006a25a1d58eea17401ef2a34d388b588c9f7646c34796151ebc8cc"
# On TensorFlow 1.15.5 (Python 3.7, two workers on two cores): what became of each test, and how long all of them took.
RECORDED = HERE / "recorded" / "keras231_suite_tf115.json"
EXCUSED = HERE / "keras2_excused.toml"
REQUIRED = 0.99
# Tests that ask for a name of tf.keras, with which Keras means what it means in TensorFlow 2.2, in later tests, too.
ADAPTING = (
    "tests/keras/optimizers_test.py::test_tfoptimizer",
    "tests/integration_tests/test_tensorflow_integration.py::test_tf_optimizer",
)


def fetch() -> None:
    """Get the source distribution, unless it is there."""
    if (SOURCE / "examples").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.txt")
        wanted.write_text(f"keras==2.3.1 --hash=sha256:{SHA256}\n", encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download", "--no-deps"]
        subprocess.run([*pip, "--no-binary", "keras", "--require-hashes", "-r", wanted, "-d", folder], check=True)
        (archive,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 and later
            packed.extractall(folder)
        for part in ("tests", "examples"):
            shutil.copytree(Path(folder, "Keras-2.3.1", part), SOURCE / part, dirs_exist_ok=True)


def run(tests: list[str], workers: int) -> dict[str, str]:
    """Run these tests, or all tests in these files, but for those that change Keras; return their outcomes by ids."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = Path(folder, "outcome.json")
        nothing = Path(folder, "pytest.ini")
        nothing.write_text("[pytest]\n", encoding="utf-8")
        home = Path(folder, "keras")
        home.mkdir()
        environment = {
            **os.environ,
            "KERAS_HOME": str(home),
            "KERAS2_OUTCOME": str(outcome),
            "MPLBACKEND": "agg",
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
        }
        options = ["-p", "keras2_plugin", "-p", "no:cacheprovider", "-c", str(nothing), "--rootdir", str(SOURCE), "-q"]
        options += [f"--deselect={test}" for test in ADAPTING]
        parallel = ["-n", str(workers)] if workers else ["-p", "no:xdist"]
        command = [sys.executable, "-m", "pytest", *options, *parallel, "--no-header", "--tb=short", *tests]
        subprocess.run(command, cwd=SOURCE, env=environment, check=False)
        return json.loads(outcome.read_text(encoding="utf-8"))


def recorded() -> dict[str, str]:
    """The outcome of each test on TensorFlow 1.15."""
    return {test: result for test, result in json.loads(RECORDED.read_text(encoding="utf-8")).items() if "::" in test}


def excused() -> dict[str, str]:
    """Why a test need not pass, by the ids of tests, or their beginnings and a `*`."""
    return tomllib.loads(EXCUSED.read_text(encoding="utf-8"))


def excuse(test: str, reasons: dict[str, str]) -> str | None:
    """Why `test` need not pass; None if it must."""
    return next((reason for key, reason in reasons.items() if _is_of(test, key)), None)


def _is_of(test: str, key: str) -> bool:
    return test.startswith(key[:-1]) if key.endswith("*") else test == key


def report(here: dict[str, str], seconds: float, files: list[str] | None = None) -> int:
    """Print the comparison, of the tests in some files or of all; the exit code."""
    there = {t: result for t, result in recorded().items() if files is None or t.partition("::")[0] in files}
    reasons = excused()
    passed = [test for test, result in there.items() if result == "passed"]
    excuses = {test: reason for test in passed if (reason := excuse(test, reasons)) is not None}
    wanted = [test for test in passed if test not in excuses]
    failed = [test for test in wanted if here.get(test) != "passed"]
    share = 1 - len(failed) / len(wanted)
    print(f"\nKeras 2.3.1's own tests: {len(there)}; passed on TensorFlow 1.15: {len(passed)}")
    print(f"passed here, of those: {sum(here.get(test) == 'passed' for test in passed)}, in {seconds:.0f} s")
    print(f"\nexcused: {len(excuses)}")
    for reason, count in Counter(excuses.values()).most_common():
        print(f"  {count:3}  {reason}")
        for test in excuses:
            if excuses[test] == reason:
                print(f"         {test} ({here.get(test, 'not run')})")
    passing = len(wanted) - len(failed)
    print(f"\nof the other {len(wanted)}, {passing} pass: {share:.2%} (at least {REQUIRED:.0%} is required)")
    for test in failed:
        print(f"  {here.get(test, 'not run')}: {test}")
    return 0 if share >= REQUIRED else 1


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fetch", action="store_true", help="only get the tests")
    parser.add_argument(
        "--devices", type=int, default=0, help="how many devices to run them on (one, without a layout)"
    )
    parser.add_argument("--workers", type=int, default=2, help="how many processes run them (2)")
    parser.add_argument("names", nargs="*", help="what the paths of the files to run have in them (all files)")
    options = parser.parse_args()
    fetch()
    if options.fetch:
        return 0
    if options.devices:
        os.environ["KERAS2_DEVICES"] = str(options.devices)
    files = sorted({test.partition("::")[0] for test in recorded()})
    files = [file for file in files if not options.names or any(name in file for name in options.names)]
    start = time.perf_counter()
    here = run(files, options.workers)
    return report(here, time.perf_counter() - start, files)


if __name__ == "__main__":
    sys.exit(main())

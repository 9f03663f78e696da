"""The plugin of `pytest -p kjax`: kjax answers for TensorFlow and Keras in the tests, and in what they test.

It does so before any `conftest.py` is imported. Its options may stand in pytest's configuration, too:

    [pytest]
    addopts = -p kjax
    kjax_graph = true
"""

from __future__ import annotations

from typing import Any

from kjax.dialects.preparation import prepare_process

_OPTIONS = {
    "graph": "start in graph mode, as TensorFlow 1 and multi-backend Keras did",
    "force": "replace a TensorFlow or Keras that is installed",
    "no_repairs": "don't answer names that NumPy, SciPy and Python have dropped",
}


def pytest_addoption(parser: Any) -> None:
    """Declare `--kjax-graph`, `--kjax-force` and `--kjax-no-repairs`, and the settings of the same names."""
    group = parser.getgroup("kjax", "kjax in TensorFlow's place (-p kjax)")
    for name, about in _OPTIONS.items():
        group.addoption(f"--kjax-{name.replace('_', '-')}", action="store_true", help=about)
        parser.addini(f"kjax_{name}", f"{about} (as --kjax-{name.replace('_', '-')})", type="bool", default=False)


def pytest_load_initial_conftests(early_config: Any) -> None:
    """Prepare the process."""

    def chosen(name: str) -> bool:
        return bool(getattr(early_config.known_args_namespace, f"kjax_{name}") or early_config.getini(f"kjax_{name}"))

    prepare_process(chosen("force"), chosen("graph"), not chosen("no_repairs"))


# Before pytest itself imports the first `conftest.py`.
pytest_load_initial_conftests.pytest_impl = {"tryfirst": True}  # type: ignore[attr-defined]


def pytest_report_header(config: Any) -> str:
    """A line at the beginning."""
    from kjax.dialects.tensorflow import answered

    return "kjax: " + "; ".join(f"{name}: {what}" for name, what in answered().items())

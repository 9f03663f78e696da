import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, and an environment that says nothing to Python."""
    monkeypatch.chdir(tmp_path)
    for name in ("PYTHONPATH", "PYTHONSAFEPATH", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path

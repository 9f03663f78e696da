import os
import subprocess
import sys
from pathlib import Path

import pytest

from kjax.machine import cache

PROGRAM = """
import sys
{before}
from kjax.machine.cache import keep_compiled
assert ("jax" in sys.modules) == {loaded}
where = keep_compiled()
import numpy as np
from kjax import backend as K
x = K.placeholder((None, 3))
f = K.function([x], [K.sum(K.square(x)), K.gradients(K.sum(x * x), [x])[0]])
assert f([[[1., 2., 3.]]])[0] == 14
print(where)
"""


def run(loaded=False, **variables):
    code = PROGRAM.format(before="import jax" if loaded else "", loaded=loaded)
    kept = {k: v for k, v in os.environ.items() if k not in ("KJAX_CACHE", "JAX_COMPILATION_CACHE_DIR")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**kept, **variables}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("loaded", [False, True])
def test_compiled_programs_are_found_again(tmp_path, loaded):
    home = {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    where = run(loaded, **home)
    assert Path(where).is_relative_to(tmp_path)
    stored = {entry.name for entry in Path(where).iterdir()}
    assert any(name.startswith("jit_") for name in stored)
    assert run(loaded, **home) == where
    assert {entry.name for entry in Path(where).iterdir()} == stored


def test_the_user_says_where(tmp_path, monkeypatch):
    assert run(KJAX_CACHE=str(tmp_path / "a")) == str(tmp_path / "a")
    assert run(JAX_COMPILATION_CACHE_DIR=str(tmp_path / "b")) == str(tmp_path / "b")
    assert run(KJAX_CACHE="0") == "None"
    (tmp_path / "file").touch()
    assert run(KJAX_CACHE=str(tmp_path / "file" / "c")) == "None"
    for platform, variable in (("linux", "XDG_CACHE_HOME"), ("darwin", ""), ("win32", "LOCALAPPDATA")):
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.delenv("KJAX_CACHE", raising=False)
        monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
        if variable:
            monkeypatch.setenv(variable, str(tmp_path))
            assert cache.folder() == tmp_path / "kjax" / "compiled"
            monkeypatch.delenv(variable)
        assert cache.folder().parts[-2:] == ("kjax", "compiled")


def test_the_oldest_programs_make_room(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "_ENOUGH", 250)
    monkeypatch.setenv("KJAX_CACHE", str(tmp_path))
    for age, name in enumerate(("new", "middle", "old")):
        entry = tmp_path / f"jit_{name}-cache"
        entry.write_bytes(bytes(100))
        os.utime(entry, (1e9 - age, 1e9 - age))
    (tmp_path / "other").write_bytes(bytes(1000))
    cache._make_room(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["jit_middle-cache", "jit_new-cache", "other"]

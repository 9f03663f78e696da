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


@pytest.fixture
def settings_put_back(monkeypatch):
    for name in ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(cache.config, "jax_loaded", lambda: False)


def test_home_and_blank(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("KJAX_CACHE", "~/x")
    assert cache.folder() == tmp_path / "x"
    monkeypatch.delenv("KJAX_CACHE")
    usual = cache.folder()
    monkeypatch.setenv("KJAX_CACHE", " ")
    assert cache.folder() == usual


@pytest.mark.usefixtures("settings_put_back")
def test_new_folders_are_the_users_alone_whatever_the_umask(tmp_path, monkeypatch):
    monkeypatch.setenv("KJAX_CACHE", str(tmp_path / "a" / "b"))
    before = os.umask(0)
    try:
        assert cache.keep_compiled() == tmp_path / "a" / "b"
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b")] == [0o700, 0o700]


@pytest.mark.usefixtures("settings_put_back")
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_write_is_left_alone(tmp_path, monkeypatch, mode):
    monkeypatch.setenv("KJAX_CACHE", str(tmp_path))
    tmp_path.chmod(mode)
    with pytest.warns(UserWarning, match="writable by others"):
        assert cache.keep_compiled() is None
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == ""


@pytest.mark.usefixtures("settings_put_back")
def test_another_users_folder_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("KJAX_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.warns(UserWarning, match="belongs to another user"):
        assert cache.keep_compiled() is None
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == ""

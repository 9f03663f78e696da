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


# ------------------------------------------------------------------------------------------------------------ the files


def test_a_file_comes_back_as_it_was_or_not_at_all(tmp_path):
    files = cache.Files(tmp_path)
    content = bytes(range(256)) * 4
    assert files.get("x") is None
    files.put("x", content)
    (file,) = tmp_path.iterdir()
    assert files.get("x") == content
    whole = file.read_bytes()
    bad = [whole[:n] for n in (0, 5, 20, 60, len(whole) - 1)]
    bad += [bytes([*whole[:i], whole[i] ^ 1 << i % 8, *whole[i + 1 :]]) for i in range(0, len(whole), 37)]
    bad += [whole + b"x", b"anything"]
    for broken in bad:
        file.write_bytes(broken)
        assert files.get("x") is None and not file.exists()  # so that a new one takes its place
        files.put("x", content)
        assert files.get("x") == content
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are access lists instead of owner and mode")
def test_only_files_that_nobody_else_can_write_are_read(tmp_path, monkeypatch):
    files = cache.Files(tmp_path)
    before = os.umask(0)
    try:
        files.put("x", b"code")
    finally:
        os.umask(before)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and files.get("x") == b"code"
    for mode in (0o620, 0o602, 0o666):
        file.chmod(mode)
        assert files.get("x") is None and file.exists()
    file.chmod(0o600)
    monkeypatch.setattr(os, "getuid", lambda: file.stat().st_uid + 1)
    assert files.get("x") is None


def test_a_disk_that_takes_nothing(tmp_path, monkeypatch):
    files = cache.Files(tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        files.put("x", b"code")
    assert files.get("x") is None and not list(tmp_path.iterdir())
    cache.Files(tmp_path / "missing").put("x", b"code")
    assert cache.Files(tmp_path / "missing").get("x") is None


KEEPING = """
import sys, kjax.cache
assert str(kjax.cache.keep_compiled()) == sys.argv[1]
import numpy as np
from kjax import backend as K
x = K.placeholder((None, 3))
f = K.function([x], K.gradients(K.sum(K.exp(x)), [x]))
f([np.zeros((2, 3))])
print(f([np.zeros((2, 3))])[0].tolist())
"""


def test_programs_on_disk_are_used_and_broken_ones_replaced(tmp_path):
    environment = {**os.environ, "KJAX_CACHE": str(tmp_path), "PYTHONWARNINGS": "error"}

    def run():
        command = [sys.executable, "-c", KEEPING, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.stdout.strip() == "[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]", done.stderr
        return {file: (file.read_bytes(), file.stat().st_ino) for file in tmp_path.iterdir()}

    first = run()
    assert first and all(file.suffix == ".program" for file in first)
    assert {file: number for file, (_, number) in run().items()} == {file: n for file, (_, n) in first.items()}
    for file, (content, _) in first.items():
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 4]))
    assert set(run()) == set(first)
    assert all(cache.Files(tmp_path).get(file.stem) for file in first)


@pytest.mark.skipif(sys.platform == "win32", reason="there are access lists instead of owner and mode")
def test_jax_does_not_use_a_folder_that_is_refused(tmp_path, monkeypatch):
    tmp_path.chmod(0o777)
    monkeypatch.setenv("KJAX_CACHE", "")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(cache.config, "jax_loaded", lambda: False)
    with pytest.warns(UserWarning, match="writable by others"):
        assert cache.keep_compiled() is None
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ

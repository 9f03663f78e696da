"""JAX's cache of compiled programs on disk: its folder, its files and its size.

`kjax run` switches it on, an import does not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import threading
import warnings
from pathlib import Path

from kjax.machine import config

_VARIABLE = "JAX_COMPILATION_CACHE_DIR"
# Programs that compile quickly are stored, too: there are many of them.
_OPTIONS = {"jax_persistent_cache_min_compile_time_secs": "0"}
_ENOUGH = 1 << 30  # bytes; beyond it the oldest programs are removed


def folder() -> Path | None:
    """The folder of compiled programs: `$JAX_COMPILATION_CACHE_DIR`, or else a folder in the user's cache folder.

    `KJAX_CACHE` names another folder (`~` is the home folder; a blank one counts as not set); with `KJAX_CACHE=0` there
    is none.
    """
    wanted = os.environ.get("KJAX_CACHE", "").strip()
    if wanted in ("0", "off"):
        return None
    named = wanted or os.environ.get(_VARIABLE, "").strip()
    return Path(os.path.expanduser(named)) if named else _users_folder() / "kjax" / "compiled"


def _users_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def keep_compiled() -> Path | None:
    """Keep compiled programs on disk, in this process and those that it starts.

    JAX loads a stored program when it would compile the same one with the same versions for the same processor. This
    changes settings of JAX for the whole process (through the environment, if it is not imported yet).

    Returns:
        The folder; None if it can't be written to, if others could have put programs there (with a warning), or if
        `KJAX_CACHE` switches it off.
    """
    where = folder()
    if where is None:
        return None
    try:
        _make_private(where)
        fault = _not_private(where)
        if fault:
            warnings.warn(
                f"compiled programs are not kept: the folder {str(where)!r} {fault}, so they could be another user's "
                "code; name another folder in KJAX_CACHE, or take write permission from others",
                stacklevel=2,
            )
            _leave_to_others(where)
            return None
        _make_room(where)
    except (OSError, RuntimeError):  # no home, no permission, a full disk
        return None
    _State.kept = True
    use_checked_files()
    options = {"jax_compilation_cache_dir": str(where), **_OPTIONS}
    for name, value in options.items():
        os.environ[name.upper()] = value
    if config.jax_loaded():
        import jax

        for name, value in options.items():
            jax.config.update(name, value if name.endswith("dir") else float(value))  # type: ignore[no-untyped-call]
    return where


def _leave_to_others(where: Path) -> None:
    """Have JAX not use a folder either, of which it learns from its own variable."""
    if os.environ.get(_VARIABLE, "").strip() == str(where):
        del os.environ[_VARIABLE]
        if config.jax_loaded():
            import jax

            jax.config.update("jax_compilation_cache_dir", None)  # type: ignore[no-untyped-call]


class _State:
    kept = False  # whether this process keeps programs


def use_checked_files() -> None:
    """Have JAX read and write programs through `Files`, if this process keeps them and JAX has not begun to.

    JAX has no public place for another cache. Where a version of it has moved the function that makes its own, it goes
    on with that one.
    """
    module = sys.modules.get("jax._src.compilation_cache")
    if _State.kept and hasattr(module, "get_file_cache"):
        module.get_file_cache = lambda path: (Files(Path(path)), path)  # type: ignore[union-attr]


_SUFFIX, _UNFINISHED = ".program", ".unfinished"
_MAGIC = b"kjax program 1\n"
_DIGEST = 32  # bytes


class Files:
    """Compiled programs in files, each with a checksum: JAX's interface of a cache.

    A program is native code. So a file is read only if it is the user's own and nobody else can write to it, and a
    changed or cut one is removed. A new one is written aside, and then renamed.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder  # (JAX names it in messages)

    def get(self, key: str) -> bytes | None:
        """The program; None if there is none that can be trusted."""
        path = self._path / (key + _SUFFIX)
        try:
            with open(path, "rb") as file:
                found = os.fstat(file.fileno())
                if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
                    return None
                content = file.read()
            start = len(_MAGIC) + _DIGEST
            if content[:start] == _MAGIC + _checksum(content[start:]):
                os.utime(path)  # the least recently used ones go first
                return content[start:]
            path.unlink()
        except OSError:
            pass
        return None

    def put(self, key: str, value: bytes) -> None:
        """Keep a program; without an error if that can't be done, on a full disk say."""
        aside = self._path / f"{key}.{os.getpid()}.{threading.get_ident()}{_UNFINISHED}"
        try:
            aside.unlink(missing_ok=True)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_MAGIC + _checksum(value) + value)
            os.replace(aside, self._path / (key + _SUFFIX))
        except OSError:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)


def _checksum(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()


def _make_private(where: Path) -> None:
    """Make the folder, and those above it that are missing, for the user alone whatever the umask."""
    for missing in reversed([each for each in (where, *where.parents) if not each.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    if not where.is_dir():
        raise NotADirectoryError(str(where))


def _not_private(where: Path) -> str:
    """What is wrong with a folder whose programs are loaded as native code; empty if nothing is."""
    if sys.platform == "win32":  # access lists instead of owner and mode
        return ""
    found = where.stat()
    if found.st_uid != os.getuid():
        return "belongs to another user"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "is writable by others"
    return ""


def _make_room(where: Path) -> None:
    """Remove the oldest programs beyond `_ENOUGH` bytes."""
    files = [*where.glob("*-cache"), *where.glob(f"*{_SUFFIX}"), *where.glob(f"*{_UNFINISHED}")]
    programs = sorted(((entry.stat().st_mtime, entry.stat().st_size, entry) for entry in files), reverse=True)
    total = 0
    for _, size, entry in programs:
        total += size
        if total > _ENOUGH:
            entry.unlink(missing_ok=True)

"""Settings of the whole program that a dialect changes while it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """A setting and its new value.

    Attributes:
        get: returns the current value.
        set: sets a value.
        value: the new value.
    """

    get: Callable[[], Any]
    set: Callable[[Any], None]
    value: Any


class Settings:
    """Changed settings, which can be restored."""

    def __init__(self) -> None:
        self._before: list[tuple[Setting, Any]] = []
        self._put_back: list[Setting] = []

    def change(self, setting: Setting) -> None:
        """Set a setting to its new value."""
        before = setting.get()
        if before != setting.value:
            setting.set(setting.value)
            self._before.append((setting, before))

    def put_back(self) -> None:
        """Restore all values, except of settings that the program itself has changed since."""
        while self._before:
            setting, before = self._before.pop()
            if setting.get() == setting.value:
                setting.set(before)
                self._put_back.append(setting)

    def change_again(self) -> None:
        """Change the restored settings again."""
        while self._put_back:
            self.change(self._put_back.pop())

"""Settings of the whole program that a dialect changes as long as it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """A setting, and what it is to be.

    Attributes:
        get: gives what it is.
        set: sets it.
        value: what it is to be.
    """

    get: Callable[[], Any]
    set: Callable[[Any], None]
    value: Any


class Settings:
    """Settings that were changed, and can be put back."""

    def __init__(self) -> None:
        self._before: list[tuple[Setting, Any]] = []
        self._put_back: list[Setting] = []

    def change(self, setting: Setting) -> None:
        """Set a setting."""
        before = setting.get()
        if before != setting.value:
            setting.set(setting.value)
            self._before.append((setting, before))

    def put_back(self) -> None:
        """Set all to what they were, but for those that the program itself has changed since."""
        while self._before:
            setting, before = self._before.pop()
            if setting.get() == setting.value:
                setting.set(before)
                self._put_back.append(setting)

    def change_again(self) -> None:
        """Set what was put back."""
        while self._put_back:
            self.change(self._put_back.pop())

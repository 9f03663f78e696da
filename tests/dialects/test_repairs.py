import importlib.util
import json
import sys
import textwrap
from types import ModuleType

import pytest

from kjax.dialects.repairs import Loader, Repair, StandIn, repair_late, wrap

OLD = """
    import json
    from json import ancient, loads

    text = json.dumps(loads("[1]"))

    def read():
        return open("nowhere").upper() + ancient

    def double(x):
        return 2 * x
"""


def doubled(module):
    wrap(module, "double", lambda original, x: original(original(x)))


REPAIRS = [
    Repair("names", "", ("old",), imports={"json": StandIn("json", ancient="!")}),
    Repair("open", "", ("old",), builtins={"open": lambda name: name}),
    Repair("double", "", ("old",), afterwards=doubled),
]


@pytest.fixture
def old(tmp_path):
    """A module, loaded with repairs."""
    file = tmp_path / "old.py"
    file.write_text(textwrap.dedent(OLD))
    spec = importlib.util.spec_from_loader("old", Loader("old", str(file), REPAIRS))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_module_is_repaired_and_nothing_else(old):
    assert (old.text, old.read(), old.double(3)) == ("[1]", "NOWHERE!", 12)
    assert old.double.__name__ == "double"
    assert not hasattr(json, "ancient") and sys.modules["json"] is json


def test_what_is_there_already_is_repaired_once():
    module = ModuleType("old")
    vars(module).update(json=json, double=lambda x: 2 * x)
    for _ in range(2):
        repair_late(module, REPAIRS)
    assert module.json.ancient == "!" and module.double(3) == 12


def test_a_stand_in_is_the_module_with_more_names():
    stand_in = StandIn("json", ancient=1, dumps=len)
    assert (stand_in.ancient, stand_in.dumps("abc"), stand_in.loads("2")) == (1, 3, 2)
    assert stand_in.__name__ == "json" and not hasattr(stand_in, "__nothing__")
    with pytest.raises(AttributeError):
        stand_in.nothing  # noqa: B018

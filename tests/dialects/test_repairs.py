import importlib.util
import json
import os
import re
import sys
import textwrap
import xml.dom
from types import ModuleType

import numpy as np
import pytest

from kjax.dialects.repairs import Loader, Repair, StandIn, repair_late, together, wrap

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
def loaded(tmp_path):
    """Loads the text of a module with repairs."""

    def load(text, repairs, name="old"):
        file = tmp_path / "old.py"
        file.write_text(textwrap.dedent(text))
        spec = importlib.util.spec_from_loader(name, Loader(name, str(file), repairs))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def test_a_module_is_repaired_and_nothing_else(loaded):
    old = loaded(OLD, REPAIRS)
    assert (old.text, old.read(), old.double(3)) == ("[1]", "NOWHERE!", 12)
    assert old.double.__name__ == "double"
    assert not hasattr(json, "ancient") and sys.modules["json"] is json


def test_what_is_there_already_is_repaired_once():
    module = ModuleType("old")
    exec("import json\ndef read(name): return open(name)\ndef double(x): return 2 * x", vars(module))
    for _ in range(2):
        repair_late(module, REPAIRS)
    assert (module.json.ancient, module.read("nowhere"), module.double(3)) == ("!", "nowhere", 12)


def test_a_stand_in_is_the_module_with_more_names():
    stand_in = StandIn("json", ancient=1, dumps=len)
    assert (stand_in.ancient, stand_in.dumps("abc"), stand_in.loads("2")) == (1, 3, 2)
    assert stand_in.__name__ == "json" and not hasattr(stand_in, "__nothing__")
    with pytest.raises(AttributeError):
        stand_in.nothing  # noqa: B018
    count = StandIn("json", {"count": iter(range(9)).__next__})
    assert (count.count, count.count, count.loads("2")) == (0, 1, 2)


# ----------------------------------------------------------------------------------------------------------- composing


def test_stand_ins_for_one_module_compose(loaded):
    same = np.bytes_
    repairs = together(
        Repair("gone", "", ("old", "other"), imports={"numpy": StandIn("numpy", Inf=np.inf, string_=same)}),
        Repair("ragged", "", ("old",), imports={"numpy": StandIn("numpy", {"pid": os.getpid}, array=list)}),
        Repair("again", "", ("old",), imports={"numpy": StandIn("numpy", string_=same)}),
        Repair("open", "", ("old",), builtins={"open": repr}),
        Repair("input", "", ("old",), builtins={"input": str}),
    )
    text = """
        import numpy as np
        from numpy import Inf, array, zeros

        text = open(1), input(2)

        def pid():
            import numpy
            return numpy.pid
    """
    old = loaded(text, repairs)
    assert (old.np.Inf, old.np.string_, old.np.array, old.np.zeros) == (np.inf, np.bytes_, list, np.zeros)
    assert (old.Inf, old.array, old.zeros, old.pid(), old.text) == (np.inf, list, np.zeros, os.getpid(), ("1", "2"))
    late = ModuleType("old")
    late.np = np
    repair_late(late, repairs[:1])
    assert late.np.Inf == np.inf and late.np.array is np.array
    repair_late(late, repairs)
    assert late.np.Inf == np.inf and late.np.array is list
    assert np.array is not list and not hasattr(np, "Inf")


def clash(**changes):
    """Two conflicting repairs of one module, for each field."""
    (field, (one, other)) = next(iter(changes.items()))
    return Repair("first", "", ("old", "new"), **{field: one}), Repair("second", "", ("older", "old"), **{field: other})


@pytest.mark.parametrize(
    ("name", "repairs"),
    [
        ("numpy.Inf", clash(imports=[{"numpy": StandIn("numpy", Inf=1)}, {"numpy": StandIn("numpy", Inf=2)}])),
        ("os.environ", clash(imports=[{"os": StandIn("os", {"environ": dict})}, {"os": StandIn("os", environ={})}])),
        ("json", clash(imports=[{"json": StandIn("json", a=1)}, {"json": StandIn("pickle", b=2)}])),
        ("a.b", clash(imports=[{"a.b": StandIn("a.b")}, {"a": StandIn("a", b=StandIn("a.b"))}])),
        ("builtins.open", clash(builtins=[{"open": repr}, {"open": str}])),
        ("Class.method", clash(names=[{"Class.method": repr}, {"Class.method": str}])),
    ],
)
def test_a_clash_is_refused(name, repairs, loaded):
    told = rf"^the repairs 'first' and 'second' of old both set {re.escape(name)}: to .*, to "
    with pytest.raises(ValueError, match=told):
        together(*repairs)
    with pytest.raises(ValueError, match=told):
        loaded("", repairs)
    late = ModuleType("old")
    before = {**vars(late)}
    with pytest.raises(ValueError, match=told):
        repair_late(late, repairs)
    assert vars(late) == before
    assert together(repairs[0], repairs[1]._replace(modules=("older",)))


def test_repairs_of_a_module_that_was_repaired_compose_with_those():
    late = ModuleType("old")
    late.double = lambda x: 2 * x
    repair_late(late, REPAIRS)
    repair_late(late, [Repair("once more", "", ("old",), afterwards=doubled)])
    assert late.double(1) == 16
    with pytest.raises(ValueError, match=r"'open' and 'other' of old both set builtins\.open"):
        repair_late(late, [Repair("other", "", ("old",), builtins={"open": repr})])


def test_a_name_is_not_put_in_place_of_a_stand_in(loaded):
    repairs = [REPAIRS[0], Repair("late", "", ("old",), names={"j": StandIn("json")})]
    with pytest.raises(
        ValueError, match=r"the repair 'late' of old sets j, which is .*json.* of another repair; set it by `imports`"
    ):
        loaded("import json as j", repairs)


def test_names_of_a_module_and_of_its_classes(loaded):
    repairs = [Repair("names", "", ("old",), names={"limit": 3, "Class.method": lambda self: "new"})]
    old = loaded("limit = 1\nclass Class:\n    def method(self): pass", repairs)
    assert (old.limit, old.Class().method()) == (3, "new")


@pytest.mark.parametrize(
    "statement",
    [
        "import xml.dom as d",
        "from xml import dom as d",
        "from . import dom as d",
        "from .. import dom as d",
        "import xml.dom\nd = xml.dom",
        "from xml.dom import found\nclass d: pass\nd.found = found\nd.Node = __import__('xml.dom').dom.Node",
    ],
)
def test_submodules_are_stood_in_for_however_they_are_imported(loaded, statement):
    name = "xml.sax.old" if "from .." in statement else "xml.old"
    repairs = [
        Repair("dom", "", (name,), imports={"xml.dom": StandIn("xml.dom", found=1)}),
        Repair("xml", "", (name,), imports={"xml": StandIn("xml", more=2)}),
    ]
    old = loaded(f"{statement}\nimport xml", repairs, name)
    assert (old.d.found, old.d.Node, old.xml.more, old.xml.dom.found) == (1, xml.dom.Node, 2, 1)
    assert not hasattr(xml.dom, "found") and not hasattr(xml, "more")

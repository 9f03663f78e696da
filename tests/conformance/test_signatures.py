"""Every `tf.*` function takes the parameters of TensorFlow's own, in their order, with their defaults."""

import json
from pathlib import Path

from record_signatures import parameters

from kjax.core import dtypes
from kjax.dialects.tensorflow_modules import CONTENTS, TABLES

RECORDED = json.loads(Path(__file__).with_name("signatures.json").read_text())
V1 = "tensorflow.compat.v1"


def answered(root, prefix):
    """Name in TensorFlow, and function, of all that kjax answers in the modules of `root`."""
    for module, contents in CONTENTS.items():
        inner = module.removeprefix(root)
        if root != V1 and TABLES.get(inner[1:]) and not TABLES[inner[1:]][0]:
            continue  # answered as TensorFlow 1 has it
        if module != root + inner or "keras" in inner or (root != V1 and "compat" in inner):
            continue
        for name, call in contents().items():
            if callable(call) and not isinstance(call, (dtypes.DType, type)):
                yield f"{prefix}{inner}.{name}", call


_CHANGED = {
    "tf.config.experimental.set_virtual_device_configuration",
    "tf.custom_gradient",
    "tf.function",
    "tf.nn.fused_batch_norm",
    *(f"tf.{name}" for name in ("linalg.diag", "linalg.diag_part", "linalg.set_diag")),
    *(f"tf.matrix_{name}" for name in ("diag", "diag_part", "set_diag")),
}
ANSWERED = {
    **{("2.2", name): call for name, call in answered("tensorflow", "tf")},
    **{("2.2", name): call for name, call in answered(V1, "tf.compat.v1")},
    # (Some names are in the tf.compat.v1 of TF 2.2 only, where one has other parameters.)
    **{("1.15", name): call for name, call in answered(V1, "tf") if name in RECORDED["1.15"].keys() - _CHANGED},
}


def test_parameters():
    """(One test: there are thousands of functions, and a test of each would take longer than the comparison.)"""
    found = {key: parameters(call) for key, call in ANSWERED.items()}
    unlike = {key: (told, RECORDED[key[0]][key[1]]) for key, told in found.items() if told != RECORDED[key[0]][key[1]]}
    assert len(found) > 2_700 and not unlike

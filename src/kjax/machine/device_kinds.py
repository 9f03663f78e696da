"""What kinds of devices can do, for a prediction of the time of a step.

Figures are those of the makers' data sheets: peaks, which programs don't reach. A prediction made of them is a lower
bound, and good for comparisons: of meshes, batches, rules.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class DeviceKind(NamedTuple):
    """A kind of device, and how it is connected.

    Attributes:
        flops: products and sums a second, in the precision in which XLA multiplies float32 by default.
        memory_rate: bytes a second, between the device and its memory.
        memory: bytes.
        link_rate: bytes a second that a device sends to others of its host.
        network_rate: bytes a second that it sends to devices of other hosts.
        per_host: how many devices a host has.
        latency: seconds of one step of communication.
    """

    flops: float
    memory_rate: float
    memory: float
    link_rate: float
    network_rate: float
    per_host: int = 8
    latency: float = 5e-6

    def exchange(self, kind: str, size: float, devices: int) -> float:
        """Seconds of a collective operation in rings.

        Args:
            kind: XLA's name of the operation.
            size: bytes of its result on one device.
            devices: how many take part.
        """
        rate = self.link_rate if devices <= self.per_host else self.network_rate
        steps = 1 if kind == "collective-permute" else max(1, math.ceil(math.log2(max(devices, 2))))
        return sent(kind, size, devices) / rate + steps * self.latency


def sent(kind: str, size: float, devices: int) -> float:
    """The bytes that each device sends in a collective operation, whose result on one device has `size` bytes."""
    if devices < 2:
        return 0.0
    others = (devices - 1) / devices
    factor = {"all-reduce": 2 * others, "reduce-scatter": devices - 1.0, "collective-permute": 1.0}
    return size * factor.get(kind, others)


# Data sheets of NVIDIA (dense TF32, NVLink in one direction, a network of 400 Gb/s for each device) and of Google Cloud
# (bfloat16; the links between chips serve hosts, too).
KINDS = {
    "A100": DeviceKind(156e12, 2.0e12, 80e9, 300e9, 25e9),
    "H100": DeviceKind(495e12, 3.35e12, 80e9, 450e9, 50e9),
    "H200": DeviceKind(495e12, 4.8e12, 141e9, 450e9, 50e9),
    "TPU v5e": DeviceKind(197e12, 0.82e12, 16e9, 100e9, 100e9),
    "TPU v5p": DeviceKind(459e12, 2.77e12, 95e9, 300e9, 300e9),
}

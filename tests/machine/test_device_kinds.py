import pytest

from kjax.machine.device_kinds import KINDS, DeviceKind, sent


@pytest.mark.parametrize(
    "kind, devices, factor",
    [
        ("all-reduce", 8, 2 * 7 / 8),
        ("all-gather", 8, 7 / 8),
        ("reduce-scatter", 8, 7),
        ("all-to-all", 4, 3 / 4),
        ("collective-permute", 4, 1),
        ("all-reduce", 1, 0),
    ],
)
def test_what_a_device_sends_in_a_ring(kind, devices, factor):
    assert sent(kind, 800, devices) == pytest.approx(800 * factor)


def test_time_of_an_exchange():
    kind = DeviceKind(1e12, 1e12, 1e9, link_rate=100.0, network_rate=10.0, per_host=8, latency=0.0)
    assert kind.exchange("all-gather", 800, 8) == pytest.approx(7.0)
    assert kind.exchange("all-gather", 1600, 16) == pytest.approx(150.0)  # over the network
    assert kind._replace(latency=1.0).exchange("all-gather", 800, 8) == pytest.approx(10.0)


def test_kinds_are_plausible():
    for kind in KINDS.values():
        assert kind.flops > kind.memory_rate > kind.link_rate >= kind.network_rate > 0 and kind.memory > 1e9

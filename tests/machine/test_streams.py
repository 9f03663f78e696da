from kjax.machine.streams import STREAM, Stream


def test_each_seed_is_another_one():
    stream = Stream(5)
    assert [stream.next() for _ in range(3)] == [(5, 1), (5, 2), (5, 3)]


def test_there_is_none_by_default():
    assert STREAM.get() is None

from newer_programs import difference


def test_a_wrong_answer_is_seen():
    expected = {"a": [1.0, 2.0]}
    assert difference({"a": [1.0, 2.000001]}, expected) == ""
    assert difference({"a": [1.0, 2.1]}, expected) == "['a'] [1] 2.1 instead of 2.0"
    assert difference({"a": [1.0]}, expected) == "['a'] [1.0] instead of [1.0, 2.0]"
    assert difference("raises ValueError", expected).startswith("'raises ValueError' instead of")

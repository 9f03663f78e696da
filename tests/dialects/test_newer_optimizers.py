from newer_programs import problems


def test_optimizers_answer_as_those_of_tensorflow(tmp_path):
    assert problems(tmp_path, "optimizer") == {}


def test_models_are_trained_as_by_tensorflow(tmp_path):
    assert problems(tmp_path, "fit") == {}

"""What `kjax run` and `pytest -p kjax` do first; `tests/command` runs programs so."""

from programs import python


def test_a_process_is_prepared_once_and_for_all():
    program = """if True:
        from kjax.dialects import preparation, program_repairs
        told = []
        for _ in range(2):
            preparation.prepare_process(False, True, report=lambda *about: told.append(about))
        import kjax, tensorflow
        print(kjax.executing_eagerly(), program_repairs.is_installed(), told)
    """
    assert python("-c", program).stdout == "False True [('tensorflow', None)]\n"

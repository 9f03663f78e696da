from kjax.dialects.settings import Setting, Settings


class Program:
    first = second = 0

    def wish(self, name, value):
        return Setting(lambda: getattr(self, name), lambda new: setattr(self, name, new), value)


def test_settings_are_put_back_and_changed_again():
    program, settings = Program(), Settings()
    settings.change(program.wish("first", 1))
    settings.change(program.wish("second", 2))
    assert (program.first, program.second) == (1, 2)
    settings.put_back()
    assert (program.first, program.second) == (0, 0)
    settings.put_back()
    settings.change_again()
    assert (program.first, program.second) == (1, 2)
    settings.change_again()
    settings.put_back()
    assert (program.first, program.second) == (0, 0)


def test_what_the_program_sets_itself_stays():
    program, settings = Program(), Settings()
    settings.change(program.wish("first", 1))
    settings.change(program.wish("second", 0))  # as it is
    program.first, program.second = 3, 4
    settings.put_back()
    assert (program.first, program.second) == (3, 4)
    settings.change_again()
    assert (program.first, program.second) == (3, 4)


def test_two_changes_of_one_setting():
    program, settings = Program(), Settings()
    for value in (1, 2):
        settings.change(program.wish("first", value))
    settings.put_back()
    assert program.first == 0
    settings.change_again()
    assert program.first == 2

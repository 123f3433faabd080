"""Room that texts take: never less than the fonts of a reader need."""

from crm_analytics.reporting.measured import clean, fit, lines, longest_word, measure


def test_a_han_sign_is_as_wide_as_the_type_is_high():
    assert measure("客户", 72) == 2
    assert 0.5 < measure("1", 72) < 0.6


def test_what_fits_stays_and_what_does_not_ends_in_dots():
    assert fit("Lima", 1, 12) == "Lima"
    cut = fit("Lima and very many others", 1, 12)
    assert cut.endswith("…") and cut.startswith("Lima") and measure(cut, 12) <= 1


def test_a_word_moves_to_the_next_line_as_a_whole():
    assert lines("aaaa bbbb", measure("aaaa bbbb", 12) + 0.01, 12) == 1
    assert lines("aaaa bbbb", measure("aaaa bbb", 12), 12) == 2
    assert lines("aaaa bbbb cccc", measure("aaaa bb", 12), 12) == 3


def test_a_word_longer_than_the_line_is_broken_and_han_anywhere():
    assert lines("a" * 20, measure("a" * 8, 12), 12) == 3
    assert lines("客户客户客户", measure("客户客户", 12), 12) == 2


def test_the_widest_part_that_cannot_be_broken():
    assert longest_word("ab abcd a", 12) == measure("abcd", 12)
    assert longest_word("营销、销售", 12) == measure("营", 12)


def test_control_signs_and_line_breaks_become_blanks():
    assert clean("a\x00b\n\tc\u200bd") == "a b c d"

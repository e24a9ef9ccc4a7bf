"""What a user states about a file: on the command line, in a mapping file, and in both."""

import pytest

from hlhcli.errors import HlhcliError
from hlhcli.readers.given import given_table
from hlhcli.readers.mapping import parse_times, read_mapping, state_options
from hlhcli.reading import ReadingOptions

MAPPING = """
layout = "markers-down"
dates = "dmy"
decimal = "comma"
year = 2019

[columns]
marker = "what"

[times]
"Previous visit" = -30
Admission = 2019-01-02
"RIPE Day 14" = ""
"""


@pytest.fixture
def mapping(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "map.toml").write_text(text)
        return "map.toml"

    return write


def test_a_mapping_file_keeps_every_option(mapping):
    assert read_mapping(mapping(MAPPING)) == ReadingOptions(
        columns={"marker": "what"},
        times={"Previous visit": "-30", "Admission": "2019-01-02", "RIPE Day 14": ""},
        layout="markers-down",
        dates="dmy",
        decimal="comma",
        year=2019,
    )


def test_the_command_line_wins_over_the_mapping_file(mapping):
    options = state_options(
        columns=["marker=test"], times=["Admission=0"], dates="mdy", mapping=mapping(MAPPING)
    )

    assert (options.columns["marker"], options.times["Admission"], options.dates) == ("test", "0", "mdy")
    assert (options.times["Previous visit"], options.year) == ("-30", 2019)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layout = wide\n", "is not TOML: Invalid value (at line 1, column 10)"),
        ("tims = 1", "unknown key 'tims'; did you mean 'times'? known: columns, times, layout, dates, decimal, year"),
        ('layout = "wide"', "layout cannot be 'wide'; choose one of tidy, markers-down, times-down"),
        ('dates = ["dmy"]', "dates cannot be '['dmy']'; choose one of dmy, mdy"),
        ('year = "2019"', "year cannot be '2019'; write it with four digits"),
        ("times = 3", "'times' is no table; write [times] and a line for each"),
        ("[times]\nx = [1]", "'x' in [times] is no text, number or date"),
    ],
)  # fmt: skip
def test_a_mapping_file_that_is_not_understood_says_why(mapping, text, message):
    with pytest.raises(HlhcliError) as error:
        read_mapping(mapping(text))

    assert str(error.value) == f"map.toml: {message}"


def test_an_unknown_word_in_columns_gets_the_nearest(mapping):
    with pytest.raises(
        HlhcliError, match=r"map.toml: unknown word 'markr' in \[columns\]; did you mean 'marker'"
    ):
        read_mapping(mapping('[columns]\nmarkr = "x"'))


def test_a_label_may_hold_an_equals_sign():
    assert parse_times(["day = 3=3"]) == {"day = 3": "3"}


@pytest.mark.parametrize("option", ["Admission", "=3"])
def test_a_time_needs_a_label_and_a_sign(option):
    with pytest.raises(HlhcliError, match="write LABEL=DAY, LABEL=DATE, or LABEL= to leave it out"):
        parse_times([option])


@pytest.mark.parametrize("option", ["anakinra", "=2004-11-29", "anakinra=", "anakinra=..2004-11-29"])
def test_a_given_intervention_needs_a_name_and_a_start(option):
    with pytest.raises(HlhcliError, match=r"cannot be read; write NAME=START or NAME=START..STOP"):
        given_table([option])

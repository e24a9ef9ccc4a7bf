"""What else was given, and which values an event may have changed."""

import pytest
from builders import interventions, series

from hlhcli.analysis import DEFAULT_RULES, Analysis, analyze
from hlhcli.errors import HlhcliError
from hlhcli.evidence import Background, mark_disturbed
from hlhcli.evidence.disturbance import disturbed_markers, disturbing
from hlhcli.readers.context import read_events, read_variation
from hlhcli.request import WindowRules

DAYS = [("2020-01-01", 9.0), ("2020-01-05", 8.0), ("2020-01-10", 7.0), ("2020-01-20", 6.0)]


def given(drugs, name, *, at=("first",), values=DAYS, **rules):
    labs, drugs = series(values), interventions(drugs)
    window = WindowRules(**{**DEFAULT_RULES, **rules})
    found = analyze(labs, drugs, Analysis(at=at, rules=window))
    return found[found["intervention"] == name]["co_interventions"].tolist()


def test_what_was_running_and_what_was_over_are_told_apart():
    drugs = [("a", "2020-01-01"), ("b", "2020-01-02", "2020-01-02"), ("x", "2020-01-05")]

    assert given(drugs, "x") == ["a (since day −4, stop unknown); b (day −3)"]


def test_days_of_overlap_end_with_the_response():
    drugs = [("a", "2020-01-01", "2020-01-07"), ("b", "2020-01-02", "2020-02-01"), ("x", "2020-01-05")]

    assert given(drugs, "x", at=("first", "last")) == [
        "a (day −4 to 2, 3 days of overlap); b (day −3 to 27, 6 days of overlap)",
        "a (day −4 to 2, 3 days of overlap); b (day −3 to 27, 16 days of overlap)",
    ]


def test_what_began_after_a_response_was_not_given_with_it():
    drugs = [("x", "2020-01-05"), ("b", "2020-01-12")]

    assert given(drugs, "x", at=("first", "last", "mean"), until="end") == [
        "",
        "b (since day 7, stop unknown)",
        "b (since day 7, stop unknown)",
    ]


def test_a_drug_of_the_responses_own_day_counts_as_later_like_its_window():
    assert given([("x", "2020-01-05"), ("b", "2020-01-10")], "x", at=("first", "mean")) == ["", ""]


def test_drugs_that_start_together_are_listed_with_each_other():
    drugs = [("x", "2020-01-05"), ("y", "2020-01-05", "2020-01-06")]

    assert given(drugs, "x") == ["y (day 0 to 1, 2 days of overlap)"]
    assert given(drugs, "y") == ["x (since day 0, stop unknown)"]


def test_what_had_stopped_before_the_span_looked_at_is_left_out():
    drugs = [("a", "2020-01-01", "2020-01-02"), ("x", "2020-01-05")]

    assert given(drugs, "x", before="2d") == [""]


def test_a_second_course_of_the_same_drug_is_listed():
    assert given([("x", "2020-01-01", "2020-01-02"), ("x", "2020-01-05")], "x")[1] == "x (day −4 to −3)"


@pytest.mark.parametrize(
    ("name", "markers"),
    [
        ("PRBC", ("hemoglobin",)),
        ("1 unit packed red cells", ("hemoglobin",)),
        ("Filgrastim 5 µg/kg", ("neutrophils", "wbc")),
        ("Cryoprecipitate", ("fibrinogen",)),
        ("propofol infusion", ("triglycerides",)),
        ("platelet transfusion", ("platelets",)),
        ("cryotherapy", ()),
        ("anakinra", ()),
    ],
)
def test_events_are_known_by_whole_words_in_any_case(name, markers):
    assert disturbed_markers(name) == markers


def near(events, values, *, hours="48h", marker="Hb", drugs=(("x", "2020-01-01"),)):
    labs, drugs = series(values, marker=marker), interventions(list(drugs))
    frame = interventions(events).rename(columns={"intervention": "event"}).assign(marker="")
    background = Background(disturbances=disturbing(frame, drugs), disturbed_for=hours)
    return labs, drugs, background


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2020-01-03", ""),
        ("2020-01-04", "value may be within 48 h after PRBC"),
        ("2020-01-05", "value within 48 h after PRBC"),
        ("2020-01-06", "value may be within 48 h after PRBC"),
        ("2020-01-07", ""),
        ("2020-01-05T10:00", "value within 48 h after PRBC"),
    ],
)
def test_dates_leave_open_whether_a_value_is_within_the_hours(day, text):
    labs, drugs, background = near([("PRBC", "2020-01-04")], [("2020-01-01", 9.0), (day, 8.0)])

    found = analyze(labs, drugs, Analysis(at=["first"], background=background))

    assert found["disturbed"].tolist() == [text]


def test_clock_times_are_exact_at_both_ends():
    values = [
        ("2020-01-01T08:00", 7.0),
        ("2020-01-04T07:59", 7.0),
        ("2020-01-04T09:00", 8.0),
        ("2020-01-06T08:00", 8.0),
        ("2020-01-06T08:01", 8.0),
    ]
    labs, drugs, background = near([("PRBC", "2020-01-04T08:00")], values)

    assert mark_disturbed(labs, drugs, background)["disturbed"].tolist() == [False, False, True, False, False]


def test_a_course_disturbs_from_its_start_until_the_hours_after_its_stop():
    values = [(f"2020-01-{day:02}T12:00", 1.0) for day in range(1, 9)]
    drugs = [("x", "2020-01-01"), ("G-CSF", "2020-01-03T06:00", "2020-01-05T06:00")]
    labs, drugs, background = near([], values, hours="24h", marker="ANC", drugs=drugs)

    marked = mark_disturbed(labs, drugs, background)["disturbed"].tolist()

    assert marked == [False, False, True, True, True, False, False, False]


def test_another_marker_is_not_disturbed():
    labs, drugs, background = near([("PRBC", "2020-01-01")], [("2020-01-02", 9.0)], marker="WBC")

    assert not mark_disturbed(labs, drugs, background)["disturbed"].any()


def test_a_file_of_events_may_name_the_marker_that_is_disturbed(tmp_path):
    file = tmp_path / "events.csv"
    file.write_text("event,start,marker\niv iron,2020-01-04,Ferritin\nward round,2020-01-05,\n")
    labs = series([("2020-01-01", 9.0), ("2020-01-05", 8.0)], marker="ferritin", subject="p1")

    events = read_events(file, labs)
    rows = disturbing(events, interventions([("x", "2020-01-01")], subject="p1"))

    assert events["subject"].tolist() == ["p1", "p1"]
    assert (rows.event.tolist(), rows.marker.tolist()) == (["iv iron"], ["ferritin"])


def test_events_of_several_subjects_need_their_names(tmp_path):
    file = tmp_path / "events.csv"
    file.write_text("event,start\nPRBC,2020-01-04\n")
    labs = series([("2020-01-01", 9.0), ("2020-01-05", 8.0)], subject=["p1", "p2"])

    with pytest.raises(HlhcliError, match="no subject column, but the labs have 2 subjects"):
        read_events(file, labs)


def test_a_users_variation_is_read_by_any_name_of_the_marker(tmp_path):
    file = tmp_path / "cv.csv"
    file.write_text("marker,CVi,CVa,source\nD-Dimer,25,6,ours\nHb,,1.5,\nnew,8,,\n")

    assert read_variation(file) == {
        "d-dimer": (25.0, 6.0, "ours"),
        "hemoglobin": (None, 1.5, str(file)),
        "new": (8.0, None, str(file)),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("marker,cvi\nHb,x\nPlt,-1\n", "line 2: 'x' is no per cent above 0\n.*line 3: '-1'"),
        ("marker,cvi\n,5\n", "line 2: the marker is missing"),
        ("marker,other\nHb,5\n", "no column for cvi or cva"),
        ("name,cvi\nHb,5\n", "no column for marker"),
    ],
)
def test_a_table_of_variation_that_cannot_be_used_is_refused_with_its_lines(tmp_path, text, message):
    file = tmp_path / "cv.csv"
    file.write_text(text)

    with pytest.raises(HlhcliError, match=f"(?s){message}"):
        read_variation(file)

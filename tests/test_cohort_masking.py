"""Small cells are hidden, and a reader who knows every rule cannot work them out."""

import itertools
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from hlhcli.cohort import COLUMNS, MASKED, mask_small
from hlhcli.cohort.columns import COUNTS, DIRECTIONS, REASONS, VERDICTS
from hlhcli.errors import HlhcliError

BELOW = 4
TEXTS = ("marker", "unit", "intervention", "at", "better", "note")
COUNT_NAMES = (*COUNTS, "fold_change_n", "day_n", "direction_n", *DIRECTIONS, "rcv_n", *VERDICTS)


def answers(rows):
    """Answers from the counts that matter; the other counts follow from the evaluable, numbers are 1."""
    frame = pd.DataFrame(rows)
    counts = [name for name in (*REASONS, *DIRECTIONS, *VERDICTS) if name not in frame]
    frame = frame.assign(**dict.fromkeys(counts, 0)).fillna(dict.fromkeys(REASONS, 0))
    total = frame["evaluable"] + frame[list(REASONS)].sum(axis=1)
    derived = {
        "courses": total,
        "subjects": total,
        "fold_change_n": frame["evaluable"],
        "day_n": frame["evaluable"],
        "direction_n": frame[list(DIRECTIONS)].sum(axis=1),
        "rcv_n": frame[list(VERDICTS)].sum(axis=1),
        **dict.fromkeys(TEXTS, "x"),
    }
    frame = frame.assign(**{name: derived[name] for name in derived if name not in frame})
    numbers = [name for name in COLUMNS if name not in (*TEXTS, *COUNT_NAMES)]
    types = {**dict.fromkeys(COUNT_NAMES, "Int64"), **dict.fromkeys(TEXTS, "str")}
    return frame.assign(**dict.fromkeys(numbers, 1.0)).astype(types)[list(COLUMNS)]


def compositions(total, parts):
    """Every way to write a total as an ordered sum of so many counts."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in compositions(total - first, parts - 1))


def work_out(truths, seen):
    """Small counts that a reader who sees a row knows for sure, because all cases that look so agree."""
    cases = defaultdict(list)
    for truth, look in zip(truths, seen, strict=True):
        cases[look].append(truth)
    found = []
    for look, same in cases.items():
        for k in range(len(same[0])):
            values = {case[k] for case in same}
            if len(values) == 1 and 0 < min(values) < BELOW:
                found.append((look, k, same[0]))
    return found


def looks(frame):
    """What a reader sees of each row."""
    return [
        tuple(None if pd.isna(cell) else cell for cell in row)
        for row in frame.to_numpy(dtype=object).tolist()
    ]


def test_what_is_not_small_stays():
    frame = answers([{"evaluable": 40, "no_baseline": 9, "improved": 25, "worsened": 15}])

    pd.testing.assert_frame_equal(mask_small(frame, BELOW).astype(frame.dtypes), frame)


def test_a_small_count_is_hidden_with_one_from_which_it_could_be_computed():
    frame = answers([{"evaluable": 40, "improved": 30, "worsened": 7, "unchanged": 3}])

    found = mask_small(frame, 5).iloc[0]

    assert found[["direction_n", *DIRECTIONS]].tolist() == [40, 30, MASKED, "<5", 0]
    assert np.isnan(found["worsened_percent"])
    assert found["improved_percent"] == 1


def test_a_share_goes_with_its_denominator():
    """76 of 82 in per cent would tell that 82 have a direction, and so that 1 of 83 has none."""
    frame = answers([{"evaluable": 83, "improved": 6, "worsened": 76, "direction_n": 82}])

    found = mask_small(frame, 5).iloc[0]

    assert found[["direction_n", "improved", "worsened"]].tolist() == [MASKED, MASKED, 76]
    assert found[["worsened_percent", "worsened_percent_low", "worsened_percent_high"]].isna().all()


def test_few_evaluable_leave_nothing_but_their_total():
    frame = answers([{"evaluable": 3, "no_response": 20, "improved": 2, "worsened": 1}])

    found = mask_small(frame, 5).iloc[0]

    assert found["evaluable"] == "<5"
    assert found["subjects"] == 23
    assert set(found[[*REASONS, "fold_change_n", "direction_n", *DIRECTIONS]]) == {MASKED}
    numbers = [name for name in COLUMNS if name not in (*COUNT_NAMES, *TEXTS)]
    assert found[numbers].isna().all()
    assert found["note"] == "fewer than 5: withheld"


def test_few_excluded_hide_how_many_there_were_in_all_answers_of_the_intervention():
    frame = answers(
        [
            {"intervention": "a", "marker": "x", "evaluable": 38, "no_baseline": 2},
            {"intervention": "a", "marker": "y", "evaluable": 40},
            {"intervention": "b", "marker": "x", "evaluable": 40},
        ]
    )

    found = mask_small(frame, 5)

    assert found["subjects"].tolist() == [MASKED, MASKED, 40]
    assert found["no_baseline"].tolist() == [MASKED, MASKED, 0]
    assert found["evaluable"].tolist() == [38, 40, 40]


def test_zero_is_shown():
    frame = answers([{"evaluable": 0, "no_response": 20}])

    assert mask_small(frame, 5).loc[0, ["evaluable", "no_response", "no_baseline"]].tolist() == [0, 20, 0]


@pytest.mark.parametrize(
    ("evaluable", "median", "quartile"), [(5, True, False), (19, True, False), (20, True, True)]
)
def test_a_median_needs_the_limit_and_quartiles_need_it_in_each_quarter(evaluable, median, quartile):
    found = mask_small(answers([{"evaluable": evaluable, "improved": evaluable}]), 5).iloc[0]

    for name in ("delta", "fold_change", "day"):
        assert pd.isna(found[f"{name}_median"]) != median
        assert pd.isna(found[f"{name}_q1"]) != quartile


def test_a_question_that_does_not_arise_is_not_masked():
    frame = answers([{"evaluable": 40}, {"evaluable": 3}])
    frame[["direction_n", *DIRECTIONS]] = pd.NA

    assert mask_small(frame, 5)[["direction_n", *DIRECTIONS]].isna().all(axis=None)


def test_no_small_direction_can_be_worked_out():
    """Cases: improved, worsened, unchanged, unknown and without direction, of up to 13 evaluable."""
    truths = [case for total in range(14) for case in compositions(total, 5)]
    frame = answers(
        [{"evaluable": sum(case), **dict(zip(DIRECTIONS, case, strict=False))} for case in truths]
    )
    frame["intervention"] = list(map(str, range(len(frame))))

    seen = looks(mask_small(frame, BELOW)[["evaluable", "direction_n", *DIRECTIONS]])

    assert work_out(truths, seen) == []


def test_no_small_verdict_can_be_worked_out():
    truths = [case for total in range(18) for case in compositions(total, 4)]
    frame = answers([{"evaluable": sum(case), **dict(zip(VERDICTS, case, strict=False))} for case in truths])
    frame["intervention"] = list(map(str, range(len(frame))))

    seen = looks(mask_small(frame, BELOW)[["evaluable", "rcv_n", *VERDICTS]])

    assert work_out(truths, seen) == []


def test_no_small_count_without_a_fold_change_can_be_worked_out_from_what_is_shown():
    """Which statistics are shown is part of what a reader sees."""
    truths = [(part, whole - part, whole) for whole in range(40) for part in range(whole + 1)]
    frame = answers([{"evaluable": whole, "fold_change_n": part} for part, _, whole in truths])
    frame["intervention"] = list(map(str, range(len(frame))))

    seen = looks(
        mask_small(frame, BELOW)[["evaluable", "fold_change_n", "fold_change_median", "fold_change_q1"]]
    )

    assert work_out(truths, seen) == []


def test_no_small_count_of_excluded_can_be_worked_out_from_two_answers_about_one_intervention():
    """Cases: evaluable, and excluded for two reasons, of two markers and up to 9 subjects."""
    cases = [
        (*one, *other)
        for total in range(10)
        for one, other in itertools.product(list(compositions(total, 3)), repeat=2)
    ]
    rows = [
        {"intervention": str(k), "evaluable": part[0], "no_baseline": part[1], "no_response": part[2]}
        for k, case in enumerate(cases)
        for part in (case[:3], case[3:])
    ]
    shown = looks(mask_small(answers(rows), BELOW)[list(COUNTS)])
    seen = [(*one, *other) for one, other in zip(shown[::2], shown[1::2], strict=True)]
    truths = [(*case, case[1] + case[2], case[4] + case[5], sum(case[:3])) for case in cases]

    # Where the total may be as large as the largest case, larger ones that look the same are missing here.
    known = [found for found in work_out(truths, seen) if found[2][-1] <= 9 - BELOW + 1]

    assert known == []


def test_a_limit_that_hides_nothing_is_refused():
    with pytest.raises(
        HlhcliError, match="a mask below 3 would leave hidden counts to be worked out; use 4 or more"
    ):
        mask_small(answers([{"evaluable": 3}]), 3)


def test_counts_of_courses_are_not_masked():
    with pytest.raises(HlhcliError, match="one subject may have several"):
        mask_small(answers([{"evaluable": 3, "subjects": 2, "courses": 3}]), 5)

"""A made-up case series for the gallery: no patient, no drug and no result in it is real.

Twelve subjects whose numbers are drawn from a generator with a stated seed, so that every
machine makes the same files. `tests.documents` writes them and checks them.
"""

import random

SEED = 1906
SUBJECTS = 12
UPPER_LIMIT = 40_000  # of the made-up assay
DAYS = (-4, -2, -1, 0, 1, 2, 3, 5, 7, 10, 14, 21, 28)
LABS = "subject,marker,day,value,unit\n"
TREATMENTS = "subject,intervention,start,stop,dose,route\n"


def labs():
    """Ferritin, platelets and CRP of each subject, on some of the days."""
    source = random.Random(SEED)
    return LABS + "".join(row for k in range(SUBJECTS) for row in _labs_of(_name(k), source))


def treatments():
    """A steroid first, then drug A or drug B on day 0, and single doses; some stops are not known."""
    source = random.Random(SEED + 1)
    return TREATMENTS + "".join(row for k in range(SUBJECTS) for row in _treatments_of(_name(k), source))


def _name(k):
    return f"synthetic-{k + 1:02}"


def _labs_of(subject, source):
    peak, half_life = source.uniform(4_000, 60_000), source.uniform(2, 9)
    platelets, crp = source.uniform(20, 90), source.uniform(60, 240)
    seen = [day for day in DAYS if day in (-1, 0) or source.random() < 0.75]
    last = source.choice((14, 21, 28))
    for day in seen:
        if day > last:
            continue
        after = max(day, 0)
        ferritin = 300 + peak * 0.5 ** (after / half_life) * source.uniform(0.8, 1.25)
        beyond = ferritin > UPPER_LIMIT
        text = f">{UPPER_LIMIT}" if beyond else f"{ferritin:.0f}"
        yield f"{subject},ferritin,{day},{text},ng/mL\n"
        yield f"{subject},platelets,{day},{platelets + 8 * after * source.uniform(0.6, 1.3):.0f},10^9/L\n"
        yield f"{subject},CRP,{day},{3 + crp * 0.5 ** (after / 3) * source.uniform(0.8, 1.2):.0f},mg/L\n"


def _treatments_of(subject, source):
    begin = source.randint(-4, -1)
    yield f"{subject},steroid,{begin},{source.choice((10, 14, 21, ''))},,\n"
    drug, dose = source.choice((("drug A", "2 mg/kg daily"), ("drug B", "6 mg/kg twice weekly")))
    yield f"{subject},{drug},0,{source.choice((7, 14, 21, ''))},{dose},IV\n"
    if source.random() < 0.4:
        day = source.randint(0, 3)
        yield f"{subject},immunoglobulin,{day},{day},1 g/kg once,IV\n"

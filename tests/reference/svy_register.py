"""Weights that svy rakes to margins on FEVS 2018, to compare ours with; prints svy_register.csv.

Everyone in four agencies is the register, and a part of them, more of long service, responds. Run
in an environment of its own, since svy brings another kind of frame:
    python -m venv svy-venv && svy-venv/bin/pip install svy==0.35.0
    svy-venv/bin/python svy_register.py ../../../shared/data/fevs2018.csv.gz > svy_register.csv
"""

import sys

import polars as pl
import svy

VARIABLES = ["DSEX", "DEDUC", "DFEDTEN"]
AGENCIES = ["AF", "AG", "IN", "NN"]


def read() -> pl.DataFrame:
    """Read who works in the agencies and tells sex, education and service, in the file's order."""
    told = pl.read_csv(sys.argv[1]).select("AGENCY", "POSTWT", *VARIABLES).drop_nulls()
    told = told.filter(pl.col("AGENCY").is_in(AGENCIES)).with_row_index("row")
    is_long = pl.col("DFEDTEN") == "More than 20 years"
    return told.with_columns(
        responds=(pl.col("row") % 5 == 0) | (is_long & (pl.col("row") % 2 == 0))
    )


def main() -> None:
    """Print how much each agency and combination of answers weighs."""
    everyone = read()
    print(*["AGENCY", *VARIABLES, "weight"], sep=",")
    for (agency,), people in sorted(everyone.group_by("AGENCY")):
        controls = {name: dict(people.group_by(name).len().iter_rows()) for name in VARIABLES}
        sample = svy.Sample(people.filter("responds"), svy.Design(wgt="POSTWT"))
        raked = sample.weighting.rake(
            controls=controls, tol=1e-12, max_iter=10_000, wgt_name="raked"
        )
        sums = raked.data.group_by(VARIABLES).agg(pl.col("raked").sum()).sort(VARIABLES)
        for row in sums.iter_rows():
            print(agency, *row, sep=",")


main()

"""Estimates of svy on FEVS 2018, to compare ours with; prints svy_fevs2018.csv.

Run in an environment of its own, since svy brings another kind of frame:
    python -m venv svy-venv && svy-venv/bin/pip install svy==0.35.0
    svy-venv/bin/python svy_fevs2018.py ../../../shared/data/fevs2018.csv.gz > svy_fevs2018.csv
"""

import sys

import polars as pl
import svy

FEVS = sys.argv[1]
PLAIN = svy.Design(wgt="POSTWT", psu="LEVEL1")
STRATA = svy.Design(wgt="POSTWT", psu="LEVEL1", stratum="AGENCY", singleton="center")
REPLICATES = svy.Design(
    wgt="POSTWT",
    rep_wgts=svy.JackknifeWgts(prefix="rep_", n_reps=80, scale=79 / 80, df=79, kind="jk1"),
)


def read() -> pl.DataFrame:
    """Read what is needed, with a jackknife that leaves out one of 80 groups of units in turn."""
    responses = pl.read_csv(FEVS).select(
        "AGENCY", "LEVEL1", "POSTWT", "DEDUC", "Q17", "Q48", "Q69", "my_leaving"
    )
    units = sorted(responses["LEVEL1"].unique())
    group = pl.col("LEVEL1").replace_strict({u: i % 80 for i, u in enumerate(units)})
    responses = responses.with_columns(
        leaves=(pl.col("my_leaving") == "yes").cast(pl.Float64),
        low=(pl.col("DEDUC") == "Less than a Bachelor's Degree").cast(pl.Float64),
        Q17=pl.col("Q17").cast(pl.Float64),
        Q48=pl.col("Q48").cast(pl.Float64),
        Q69=pl.col("Q69").cast(pl.Float64),
    )
    replicates = [
        pl.when(group == r).then(0.0).otherwise(pl.col("POSTWT") * 80 / 79).alias(f"rep_{r + 1}")
        for r in range(80)
    ]
    return responses.with_columns(replicates)


def main() -> None:
    """Print one row per design and estimate."""
    responses = read()
    print("design,estimate,value,se,df,low,high")
    for name, design in (("plain", PLAIN), ("strata", STRATA), ("replicates", REPLICATES)):
        method = "replication" if name == "replicates" else "taylor"
        sample = svy.Sample(responses, design)
        centre = {"variance_center": "estimate"} if method == "replication" else {}
        for where, by in (("mean_Q17", None), ("mean_Q17_low", "low")):
            found = sample.estimation.mean("Q17", by=by, method=method, **centre)
            for row in found.to_polars().iter_rows(named=True):
                if by is None or row[by] in (1, 1.0, "1", "1.0"):
                    tell(name, where, row)
        shares = sample.estimation.prop(
            "leaves", ci_method="korn-graubard", method=method, **centre
        )
        for row in shares.to_polars().iter_rows(named=True):
            if row["leaves"] in (1, 1.0, "1", "1.0"):
                tell(name, "share_leaves", row)
        for family, y in (("gaussian", "Q69"), ("binomial", "leaves")):
            model = sample.glm.fit(y, x=["Q17", "Q48", "low"], family=family, method=method)
            for row in model.to_polars().iter_rows(named=True):
                tell(name, f"{family}_{row['term'].strip('_')}", row)


def tell(design: str, estimate: str, row: dict[str, object]) -> None:
    """Print a row; svy names the columns of means and of regressions differently."""
    names = ("estimate", "std_err", "df", "conf_low", "conf_high")
    if "est" in row:
        names = ("est", "se", "df", "lci", "uci")
    print(design, estimate, *(row[name] for name in names), sep=",")


main()

"""The tables of `train` and `explain`: those of the review page, and CSV for programs."""

from blijfwijzer.publish.spec import ENDS, ShownColumn, ShownTable, ends_of
from blijfwijzer.publish.tables.score import CHANGEABLE

_N = ShownColumn("n", "count", "respondents")
_EFFECTIVE = ShownColumn("effective_n", "count", "respondents of equal weight that tell as much")
_METRIC = ShownColumn("metric", "text", "how it is measured")
_ATTRIBUTE = ShownColumn("attribute", "text", "background or unit level that parts people")
_GROUP = ShownColumn("group", "text", "the group", heading="label")
_SCALE = ShownColumn("scale", "text", "name of the scale")
_FEATURE = ShownColumn("feature", "text", "name of the scale or column")
_NAME = ShownColumn("name", "text", "name in the codebook")
_LABEL = ShownColumn("label", "text", "its label", heading="driver")
_CONSTRUCT = ShownColumn("construct", "text", "construct that it is part of")
_SIZE = ShownColumn("mean_abs", "fine", "mean size of its contribution to the risk", ends=ENDS)
_MEAN = ShownColumn("mean", "fine", "mean contribution, which may be negative")
_TOP = (_LABEL, _SIZE, _MEAN, _N, _CONSTRUCT, CHANGEABLE)
_MEASURED = (
    ShownColumn("predicted", "fine", "mean risk"),
    ShownColumn("observed", "fine", "share in the answers", heading="observed_share", ends=ENDS),
)


def _fine(name: str, meaning: str) -> ShownColumn:
    return ShownColumn(name, "fine", meaning)


_MODEL = (
    ShownTable(
        "candidates",
        "a model that was tried",
        (
            ShownColumn("candidate", "text", "kind of model"),
            ShownColumn("variant", "text", "how it was set"),
            _fine("log_loss", "log loss on responses that it was not trained on"),
            _fine("above_best", "how much more than that of the best"),
            _fine("standard_error", "of that difference"),
            ShownColumn("is_calibrated", "flag", "whether its risks were calibrated"),
            ShownColumn("is_good_enough", "flag", "whether it is within one standard error"),
            ShownColumn("is_champion", "flag", "whether it was chosen"),
        ),
        files=("tables/candidates.csv",),
    ),
    ShownTable(
        "metrics",
        "a measure of how good the risk is",
        (_METRIC, ShownColumn("value", "fine", "its value", heading="value_interval", ends=ENDS)),
        files=("tables/metrics.csv",),
    ),
    ShownTable(
        "by_group",
        "a group and measure",
        (
            *(_ATTRIBUTE, _GROUP, _METRIC),
            ShownColumn("value", "fine", "its value", ends=ENDS),
            *(_N, _EFFECTIVE),
        ),
        files=("tables/by_group.csv",),
        is_for_programs=True,
    ),
    ShownTable(
        "groups_measured",
        "a group",
        (
            *(_ATTRIBUTE, _GROUP, _N),
            _fine("log_loss", "log loss"),
            _fine("brier", "mean squared error"),
            _fine("roc_auc", "area under the curve"),
            _fine("calibration_intercept", "risk that is too high or low, in log odds"),
            _fine("ece", "mean gap between risk and answers"),
        ),
    ),
    ShownTable(
        "by_unit",
        "a unit",
        (ShownColumn("unit", "text", "its code"), _N, _EFFECTIVE, *_MEASURED),
        files=("tables/by_unit.csv",),
        is_for_programs=True,
    ),
    ShownTable("calibration", "responses of about equal risk", (_N, _EFFECTIVE, *_MEASURED)),
)
_SURVEY = (
    ShownTable(
        "reliability",
        "a scale",
        (
            *(_SCALE, ShownColumn("items", "fine", "items of the scale"), _N),
            ShownColumn("alpha", "fine", "Cronbach's alpha", ends=ends_of("alpha")),
            ShownColumn("omega", "fine", "McDonald's omega", ends=ends_of("omega")),
            ShownColumn("is_low", "flag", "whether alpha is lower than scales should have"),
        ),
        files=("tables/reliability.csv",),
    ),
    ShownTable(
        "reliability_items",
        "an item of a scale",
        (
            *(_SCALE, ShownColumn("item", "text", "its name")),
            ShownColumn("is_reversed", "flag", "whether its answers are turned"),
            *(_N, _fine("item_rest", "correlation with the sum of the other items")),
        ),
        files=("tables/items.csv",),
        is_for_programs=True,
    ),
    ShownTable(
        "answers_read",
        "a feature of the model",
        (
            _FEATURE,
            *(
                _fine(name, f"responses {what}")
                for name, what in (
                    ("missing", "without an answer"),
                    ("unseen", "with an answer that training did not have"),
                    ("moved_to_limit", "drawn to the limits of training"),
                )
            ),
            ShownColumn("absent", "flag", "whether the survey lacks its column"),
        ),
        files=("tables/read.csv",),
        is_for_programs=True,
    ),
)
_DRIVERS = (
    ShownTable(
        "scale_drivers",
        "a scale, or a column outside scales",
        (_NAME, _SIZE, _MEAN, _N, _CONSTRUCT, CHANGEABLE),
        files=("tables/drivers.csv",),
        is_for_programs=True,
    ),
    ShownTable(
        "answer_drivers",
        "a feature of the model",
        (_NAME, _SIZE, _MEAN, _N, _SCALE, _CONSTRUCT, CHANGEABLE),
        files=("tables/answers.csv",),
        is_for_programs=True,
    ),
    ShownTable("top_scales", "a scale, or a column outside scales", _TOP),
    ShownTable("top_features", "a feature of the model", _TOP),
    ShownTable(
        "constructs",
        "a construct, parted in what an employer can change and what not",
        (_SIZE, _MEAN, _N, _CONSTRUCT, CHANGEABLE),
        files=("tables/constructs.csv",),
    ),
    ShownTable(
        "dependence",
        "a feature and bin of its values",
        (
            *(_FEATURE, _fine("value", "mean value in the bin"), _N),
            ShownColumn("contribution", "fine", "mean contribution to the risk", ends=ENDS),
        ),
        files=("tables/dependence.csv",),
    ),
    ShownTable(
        "interactions",
        "a pair of features",
        (
            ShownColumn("first", "text", "one of the pair", heading="first_feature"),
            ShownColumn("second", "text", "the other", heading="second_feature"),
            _fine("strength", "how much one changes the contribution of the other"),
        ),
        files=("tables/interactions.csv",),
    ),
    ShownTable(
        "cohorts",
        "a group and scale",
        (
            *(_ATTRIBUTE, _GROUP, _SCALE),
            ShownColumn("difference", "fine", "its contribution less that of others", ends=ENDS),
            _N,
        ),
        files=("tables/cohorts.csv",),
        is_for_programs=True,
    ),
    ShownTable(
        "stability",
        "two refits that are compared",
        (
            ShownColumn("comparison", "text", "which"),
            _fine("rank_correlation", "of the importance of features"),
            _fine("top_ten", "share of the ten most important in common"),
        ),
        files=("tables/stability.csv",),
    ),
)
TABLES = {table.name: table for table in (*_MODEL, *_SURVEY, *_DRIVERS)}

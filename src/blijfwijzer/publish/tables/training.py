"""The tables of `train` and `explain`: those of the review page, and CSV for programs."""

from blijfwijzer.publish.spec import ENDS, ShownColumn, ShownTable, count, ends_of, fine, flag, text
from blijfwijzer.publish.tables.score import CHANGEABLE

_N = count("n", "respondents")
_EFFECTIVE = count("effective_n", "respondents of equal weight that tell as much")
_METRIC = text("metric", "how it is measured")
_ATTRIBUTE = text("attribute", "background or unit level that parts people")
_GROUP = text("group", "the group", heading="label")
_SCALE = text("scale", "name of the scale")
_FEATURE = text("feature", "name of the scale or column")
_NAME = text("name", "name in the codebook")
_LABEL = text("label", "its label", heading="driver")
_CONSTRUCT = text("construct", "construct that it is part of")
_SIZE = fine("mean_abs", "mean size of its contribution to the risk", ends=ENDS)
_MEAN = fine("mean", "mean contribution, which may be negative")
_TOP = (_LABEL, _SIZE, _MEAN, _N, _CONSTRUCT, CHANGEABLE)
_MEASURED = (
    fine("predicted", "mean risk"),
    fine("observed", "share in the answers", heading="observed_share", ends=ENDS),
)


def _fine(name: str, meaning: str) -> ShownColumn:
    return fine(name, meaning)


_MODEL = (
    ShownTable(
        "candidates",
        "a model that was tried",
        (
            text("candidate", "kind of model"),
            text("variant", "how it was set"),
            _fine("log_loss", "log loss on responses that it was not trained on"),
            _fine("above_best", "how much more than that of the best"),
            _fine("standard_error", "of that difference"),
            flag("is_calibrated", "whether its risks were calibrated"),
            flag("is_good_enough", "whether it is within one standard error"),
            flag("is_champion", "whether it was chosen"),
        ),
        files=("tables/candidates.csv",),
        held="model",
    ),
    ShownTable(
        "metrics",
        "a measure of how good the risk is",
        (_METRIC, fine("value", "its value", heading="value_interval", ends=ENDS)),
        files=("tables/metrics.csv",),
        held="model",
    ),
    ShownTable(
        "by_group",
        "a group and measure",
        (*(_ATTRIBUTE, _GROUP, _METRIC), fine("value", "its value", ends=ENDS), *(_N, _EFFECTIVE)),
        files=("tables/by_group.csv",),
        is_for_programs=True,
        held="parts",
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
        held="parts",
    ),
    ShownTable(
        "by_unit",
        "a unit",
        (text("unit", "its code"), _N, _EFFECTIVE, *_MEASURED),
        files=("tables/by_unit.csv",),
        is_for_programs=True,
        held="groups",
    ),
    ShownTable(
        "calibration",
        "responses of about equal risk",
        (_N, _EFFECTIVE, *_MEASURED),
        held="model",
    ),
)
_SURVEY = (
    ShownTable(
        "reliability",
        "a scale",
        (
            *(_SCALE, fine("items", "items of the scale"), _N),
            fine("alpha", "Cronbach's alpha", ends=ends_of("alpha")),
            fine("omega", "McDonald's omega", ends=ends_of("omega")),
            flag("is_low", "whether alpha is lower than scales should have"),
        ),
        files=("tables/reliability.csv",),
        held="everyone",
    ),
    ShownTable(
        "reliability_items",
        "an item of a scale",
        (
            *(_SCALE, text("item", "its name")),
            flag("is_reversed", "whether its answers are turned"),
            *(_N, _fine("item_rest", "correlation with the sum of the other items")),
        ),
        files=("tables/items.csv",),
        is_for_programs=True,
        held="everyone",
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
            flag("absent", "whether the survey lacks its column"),
        ),
        files=("tables/read.csv",),
        is_for_programs=True,
        held="everyone",
    ),
)
_DRIVERS = (
    ShownTable(
        "scale_drivers",
        "a scale, or a column outside scales",
        (_NAME, _SIZE, _MEAN, _N, _CONSTRUCT, CHANGEABLE),
        files=("tables/drivers.csv",),
        is_for_programs=True,
        held="model",
    ),
    ShownTable(
        "answer_drivers",
        "a feature of the model",
        (_NAME, _SIZE, _MEAN, _N, _SCALE, _CONSTRUCT, CHANGEABLE),
        files=("tables/answers.csv",),
        is_for_programs=True,
        held="model",
    ),
    ShownTable(
        "top_scales",
        "a scale, or a column outside scales",
        _TOP,
        held="model",
    ),
    ShownTable(
        "top_features",
        "a feature of the model",
        _TOP,
        held="model",
    ),
    ShownTable(
        "constructs",
        "a construct, parted in what an employer can change and what not",
        (_SIZE, _MEAN, _N, _CONSTRUCT, CHANGEABLE),
        files=("tables/constructs.csv",),
        held="model",
    ),
    ShownTable(
        "dependence",
        "a feature and bin of its values",
        (
            *(_FEATURE, _fine("value", "mean value in the bin"), _N),
            fine("contribution", "mean contribution to the risk", ends=ENDS),
        ),
        files=("tables/dependence.csv",),
        held="model",
    ),
    ShownTable(
        "interactions",
        "a pair of features",
        (
            text("first", "one of the pair", heading="first_feature"),
            text("second", "the other", heading="second_feature"),
            _fine("strength", "how much one changes the contribution of the other"),
        ),
        files=("tables/interactions.csv",),
        held="model",
    ),
    ShownTable(
        "cohorts",
        "a group and scale",
        (
            *(_ATTRIBUTE, _GROUP, _SCALE),
            fine("difference", "its contribution less that of others", ends=ENDS),
            _N,
        ),
        files=("tables/cohorts.csv",),
        is_for_programs=True,
        held="parts",
    ),
    ShownTable(
        "stability",
        "two refits that are compared",
        (
            text("comparison", "which"),
            _fine("rank_correlation", "of the importance of features"),
            _fine("top_ten", "share of the ten most important in common"),
        ),
        files=("tables/stability.csv",),
        held="model",
    ),
)
TABLES = {table.name: table for table in (*_MODEL, *_SURVEY, *_DRIVERS)}

"""The tables of `train` and `explain` on model and survey: of the page, and for programs."""

from blijfwijzer.publish.columns import ENDS, count, ends_of, fine, flag, text
from blijfwijzer.publish.spec import ShownTable

PEOPLE = count("n", "respondents")
_EFFECTIVE = count("effective_n", "respondents of equal weight that tell as much")
_METRIC = text("metric", "how it is measured")
ATTRIBUTE = text("attribute", "background or unit level that parts people")
GROUP = text("group", "the group", heading="label")
SCALE = text("scale", "name of the scale")
FEATURE = text("feature", "name of the scale or column")
_MEASURED = (
    fine("predicted", "mean risk"),
    fine("observed", "share in the answers", heading="observed_share", ends=ENDS),
)
TABLES = (
    ShownTable(
        "candidates",
        "a model that was tried",
        (
            text("candidate", "kind of model"),
            text("variant", "how it was set"),
            fine("log_loss", "log loss on responses that it was not trained on"),
            fine("above_best", "how much more than that of the best"),
            fine("standard_error", "of that difference"),
            flag("is_calibrated", "whether its risks were calibrated"),
            flag("is_good_enough", "whether it is within one standard error"),
            flag("is_champion", "whether it was chosen"),
        ),
        files=("tables/candidates.csv",),
    ),
    ShownTable(
        "metrics",
        "a measure of how good the risk is",
        (_METRIC, fine("value", "its value", heading="value_interval", ends=ENDS)),
        files=("tables/metrics.csv",),
    ),
    ShownTable(
        "by_group",
        "a group and measure",
        (
            *(ATTRIBUTE, GROUP, _METRIC),
            fine("value", "its value", ends=ENDS),
            *(PEOPLE, _EFFECTIVE),
        ),
        files=("tables/by_group.csv",),
        is_for_programs=True,
    ),
    ShownTable(
        "groups_measured",
        "a group",
        (
            *(ATTRIBUTE, GROUP, PEOPLE),
            fine("log_loss", "log loss"),
            fine("brier", "mean squared error"),
            fine("roc_auc", "area under the curve"),
            fine("calibration_intercept", "risk that is too high or low, in log odds"),
            fine("ece", "mean gap between risk and answers"),
        ),
    ),
    ShownTable(
        "by_unit",
        "a unit",
        (text("unit", "its code"), PEOPLE, _EFFECTIVE, *_MEASURED),
        files=("tables/by_unit.csv",),
        is_for_programs=True,
    ),
    ShownTable("calibration", "responses of about equal risk", (PEOPLE, _EFFECTIVE, *_MEASURED)),
    ShownTable(
        "reliability",
        "a scale",
        (
            *(SCALE, fine("items", "items of the scale"), PEOPLE),
            fine("alpha", "Cronbach's alpha", ends=ends_of("alpha")),
            fine("omega", "McDonald's omega", ends=ends_of("omega")),
            flag("is_low", "whether alpha is lower than scales should have"),
        ),
        files=("tables/reliability.csv",),
    ),
    ShownTable(
        "reliability_items",
        "an item of a scale",
        (
            *(SCALE, text("item", "its name")),
            flag("is_reversed", "whether its answers are turned"),
            *(PEOPLE, fine("item_rest", "correlation with the sum of the other items")),
        ),
        files=("tables/items.csv",),
        is_for_programs=True,
    ),
    ShownTable(
        "answers_read",
        "a feature of the model",
        (
            FEATURE,
            *(
                fine(name, f"responses {what}")
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
    ),
)

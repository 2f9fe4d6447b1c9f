"""The tables of `train` and `explain` on what drives a risk: of the page, and for programs."""

from blijfwijzer.publish.columns import ENDS, fine, text
from blijfwijzer.publish.spec import ShownTable
from blijfwijzer.publish.tables.shared import CHANGEABLE
from blijfwijzer.publish.tables.training import ATTRIBUTE, FEATURE, GROUP, PEOPLE, SCALE

_NAME = text("name", "name in the codebook")
_LABEL = text("label", "its label", heading="driver")
_CONSTRUCT = text("construct", "construct that it is part of")
_SIZE = fine("mean_abs", "mean size of its contribution to the risk", ends=ENDS)
_MEAN = fine("mean", "mean contribution, which may be negative")
_TOP = (_LABEL, _SIZE, _MEAN, PEOPLE, _CONSTRUCT, CHANGEABLE)
TABLES = (
    ShownTable(
        "scale_drivers",
        "a scale, or a column outside scales",
        (_NAME, _SIZE, _MEAN, PEOPLE, _CONSTRUCT, CHANGEABLE),
        files=("tables/drivers.csv",),
        is_for_programs=True,
    ),
    ShownTable(
        "answer_drivers",
        "a feature of the model",
        (_NAME, _SIZE, _MEAN, PEOPLE, SCALE, _CONSTRUCT, CHANGEABLE),
        files=("tables/answers.csv",),
        is_for_programs=True,
    ),
    ShownTable("top_scales", "a scale, or a column outside scales", _TOP),
    ShownTable("top_features", "a feature of the model", _TOP),
    ShownTable(
        "constructs",
        "a construct, parted in what an employer can change and what not",
        (_SIZE, _MEAN, PEOPLE, _CONSTRUCT, CHANGEABLE),
        files=("tables/constructs.csv",),
    ),
    ShownTable(
        "dependence",
        "a feature and bin of its values",
        (
            *(FEATURE, fine("value", "mean value in the bin"), PEOPLE),
            fine("contribution", "mean contribution to the risk", ends=ENDS),
        ),
        files=("tables/dependence.csv",),
    ),
    ShownTable(
        "interactions",
        "a pair of features",
        (
            text("first", "one of the pair", heading="first_feature"),
            text("second", "the other", heading="second_feature"),
            fine("strength", "how much one changes the contribution of the other"),
        ),
        files=("tables/interactions.csv",),
    ),
    ShownTable(
        "cohorts",
        "a group and scale",
        (
            *(ATTRIBUTE, GROUP, SCALE),
            fine("difference", "its contribution less that of others", ends=ENDS),
            PEOPLE,
        ),
        files=("tables/cohorts.csv",),
        is_for_programs=True,
    ),
    ShownTable(
        "stability",
        "two refits that are compared",
        (
            text("comparison", "which"),
            fine("rank_correlation", "of the importance of features"),
            fine("top_ten", "share of the ten most important in common"),
        ),
        files=("tables/stability.csv",),
    ),
)

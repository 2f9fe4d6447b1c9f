"""Sentences by their ids, as they stand in the files under `locale/`.

A catalogue is a gettext file (`.po`), which translators' tools read; ids stand in place of a source
text, so that no language is the source of another. A third language is a file beside the others.
"""

from functools import cache
from io import BytesIO
from types import MappingProxyType

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from blijfwijzer.declared import catalogue_file
from blijfwijzer.survey.texts import Language

_CLAIMS = (
    *("h1", "h1b", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h8b", "h9", "h10", "h11", "h12"),
    *("h13", "h14", "h15", "h16", "h17", "h18", "h19", "h20"),
)
PARTS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "advice": ("keep", "recalibrate", "retrain"),
        "advice_reason": (
            *("drift_held", "drift_unknown", "group", "held", "item", "overall", "unknown"),
        ),
        "blind.source": ("comparison", "lot", "proposed"),
        "candidate": ("additive", "items", "logistic", "prevalence", "trees"),
        "claim.criterion": _CLAIMS,
        "claim.family": ("careers", "conduct", "leaving", "scores", "teams"),
        "claim.says": _CLAIMS,
        "claim.verdict": (
            *("contradicted", "not_supported", "not_testable", "supported", "undecided"),
        ),
        "compare.held": ("apart", "file", "folds", "part", "units", "unknown"),
        "comparison.reason": (
            *("none", "small", "large", "no_anchor", "one_item", "two_items", "one_answer"),
            *("some_groups", "few_left", "alike", "absent", "few_groups", "few_units"),
            "small_group",
        ),
        "criterion": ("calibration", "exclusion", "missed", "power", "selected"),
        "decision": ("accept", "change", "reject"),
        "estimate": ("main", "sensitivity"),
        "explore.word": (
            *("all", "choose", "chosen", "download", "none", "rows", "sorted", "what"),
        ),
        "fact": (
            *("accepted", "earlier_releases", "forms", "refused", "rolled_up", "shown"),
            *("uncompared", "withheld"),
        ),
        "instrument.reason": (
            *("absent", "one_item", "two_items", "three_items", "one_answer", "alike", "too_few"),
            *("no_fit", "not_ordered", "one_unit", "same_units", "one_each"),
        ),
        "lottery": (
            *("detectable", "drawn", "expected", "follows", "needed", "number", "power"),
            *("promised", "sealed"),
        ),
        "metric": (
            *("average_precision", "brier", "calibration_intercept", "calibration_slope", "ece"),
            *("lift_at_5", "lift_at_10", "lift_at_20", "log_loss", "recall_at_5", "recall_at_10"),
            *("recall_at_20", "roc_auc"),
        ),
        "note": ("checks", "remedies", "worrying_drivers"),
        "beside": ("alike", "better", "higher", "lower", "worse"),
        "origin": (
            *("codebook_sha256", "commit", "model", "model_hmac_sha256", "previous_hmac_sha256"),
            *("pack", "pack_hmac_sha256", "pack_made", "pack_signed_by"),
            *("settings_sha256", "survey", "survey_hmac_sha256"),
        ),
        "over": ("segments", "simple_rule", "simple_rule_as_one", "units"),
        "overlap": ("apart", "file", "part", "units", "unknown"),
        "pack.open": ("empty", "uncovered"),
        "plot.foot": ("intention", "need"),
        "rejected": (
            *("duplicate_id", "missing_unit", "missing_weight", "other_reasons"),
            *("out_of_range_code", "straight_lining", "weight_of_zero"),
        ),
        "rolled_up": ("parent", "people", "respondents", "response", "unknown"),
        "screening.measure": (
            *("auc", "base_rate", "precision", "predicted_precision", "sensitivity"),
        ),
        "screening.reference": ("all", "sector"),
        "section": (
            *(
                "advice",
                "appendix",
                "beside",
                "calibrated",
                "card",
                "card_then",
                "changes",
                "checks",
            ),
            *(
                "climate",
                "compare",
                "compared",
                "conduct",
                "contributions",
                "culture_what",
                "drift",
            ),
            *("decided", "drivers", "each_claim"),
            *("pack_answers", "pack_figures", "pack_forms", "pack_law", "pack_read", "pack_risks"),
            *("fairness", "flagged", "groups", "helped", "measured", "method", "model", "offers"),
            *("provenance", "quality", "reach", "read", "results", "rivals", "short", "texts"),
            *("backgrounds", "earned", "games", "then"),
            *("trend", "unit_drivers", "unit_index", "unit_never", "unit_questions"),
            *(
                "unit_results",
                "unit_talk",
                "unit_vouchers",
                "verdicts",
                "vouchers",
                "what",
                "withheld",
                "worrying",
            ),
        ),
        "sheet.asks": (
            *("agreement", "alternatives", "beside", "beside_drivers", "beside_means", "blind"),
            *("card", "checks", "climate", "comparable", "compared", "conclusions", "conduct"),
            *("conduct_changes", "conduct_links", "decided_before", "decisions"),
            *("detectable", "drivers", "offered_drivers"),
            *("estimates", "fairness", "flagged", "gaps", "groups", "items", "lottery", "mix"),
            *("moved", "moved_climate", "pairs", "proposal", "questions", "reach"),
            *("reach_conclusions", "reach_gaps", "rejected", "remedies", "response", "rolled_up"),
            *("scales", "screened", "sectors", "segments", "trend", "uptake", "verdicts"),
            *("vouchers", "wave", "withheld", "worrying", "worrying_drivers"),
        ),
        "settled": ("consent", "dpia", "iama"),
        "stands": (
            *("better_all", "better_previous", "better_sector"),
            *("worse_all", "worse_previous", "worse_sector"),
        ),
        "track": ("compare", "explain", "monitor", "score"),
        "unit": (
            *("area", "chance", "correlation", "deviation", "difference", "gain", "log_odds"),
            *("mean", "rank", "scale", "share", "variance"),
        ),
        "verdict": (
            *("as_is", "better", "comparable", "flagged", "no_mark", "not_comparable"),
            *("absent", "all", "not_tested", "raked", "regressed", "same", "shifted", "strange"),
            *("with_care", "worse"),
        ),
        "voucher.kind": ("by_lot", "by_risk", "by_signal"),
        "voucher.left": ("caps", "need"),
        "voucher.limit": ("cap", "floor"),
        "voucher.rule": (
            *("by_groups", "equal", "need", "optimum", "people", "plan", "plan_none"),
            *("plan_talk", "plan_time", "random", "simple"),
        ),
    }
)
"""Beginning of an id to the ends that may follow, where the end is a value that the program has in
hand, such as the name of a table. All other ids stand in the code as they are."""


def id_of(family: str, part: str) -> str:
    """Give the id of a part; only those that `PARTS` lists are known.

    >>> id_of("estimate", "main")
    'estimate.main'
    """
    if part not in PARTS[family]:
        raise KeyError(f"{family}.{part}")
    return f"{family}.{part}"


def template(name: str, language: Language, count: int | None = None) -> str:
    """Give a sentence in a language, in the form that a count asks, with its gaps open.

    Raises
    ------
    KeyError
        The catalogue has no sentence of this id: a fault of the software.
    """
    if name not in ids(language):
        raise KeyError(name)
    catalogue = read_catalogue(language)
    if count is None:
        return str(catalogue.ugettext(name))
    return str(catalogue.ungettext(name, name, count))


@cache
def ids(language: Language) -> frozenset[str]:
    """Ids of all sentences of a language."""
    return frozenset(
        entry.id if isinstance(entry.id, str) else entry.id[0]
        for entry in _sentences(language)
        if entry.id
    )


@cache
def read_catalogue(language: Language) -> Translations:
    """Read a catalogue once; gettext itself reads the compiled form only."""
    compiled = BytesIO()
    write_mo(compiled, _sentences(language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _sentences(language: Language) -> Catalog:
    with catalogue_file(language).open("rb") as file:
        return read_po(file)

"""What makes an outcome fit to be learnt, and the columns it bars."""

from blijfwijzer.errors import OneClassError, TooFewResponsesError
from blijfwijzer.survey.codebook import Codebook, Outcome
from blijfwijzer.survey.rule_truth import Label
from blijfwijzer.survey.rules import conditions_of


def require_both_classes(label: Label, outcome: Outcome, minimum: int) -> None:
    """Refuse an outcome that a model cannot learn.

    Raises
    ------
    TooFewResponsesError
        Fewer than `minimum` responses have a known outcome.
    OneClassError
        All known outcomes are the same.
    """
    known = label.values.dropna()
    if len(known) < minimum:
        raise TooFewResponsesError(
            f"{outcome.name}: {len(known)} of {len(label.values)} responses have a known outcome, "
            f"{minimum} are needed. Check the rule of the outcome and the codes of its columns."
        )
    if known.nunique() < 2:
        raise OneClassError(
            f"{outcome.name}: all {len(known)} known outcomes are the same, so there is nothing "
            "to tell apart. Check the rule of the outcome and the codes of its columns."
        )


def barred_columns(codebook: Codebook, outcome: Outcome) -> frozenset[str]:
    """Columns and scales that can never be a feature of this outcome.

    These are the ingredients of its rule, the twins that the codebook marks, the items of any
    scale among them, and every scale that holds one of these items.
    """
    named = {condition.source for condition in conditions_of(outcome.rule)} | set(outcome.bars)
    items = {item for name in named & set(codebook.scales) for item in codebook.scales[name].items}
    columns = named | items
    touched = {name for name, scale in codebook.scales.items() if columns & set(scale.items)}
    return frozenset(columns | touched)

"""An intake in words: what was read, what was refused, what to mend."""

from collections.abc import Iterator

from blijfwijzer.survey.intake import Intake, count_reasons
from blijfwijzer.survey.scales import Reliability

# Correlation with the rest of a scale below which an item is no mere noise; convention of ours.
_AGAINST = -0.1


def describe(intake: Intake, file: str, reliability: Reliability | None) -> str:
    """Tell all that was found, as lines for a terminal or a file."""
    return "\n".join(_lines(intake, file, reliability))


def _lines(intake: Intake, file: str, reliability: Reliability | None) -> Iterator[str]:
    accepted, rejected = len(intake.responses), len(intake.rejected)
    yield f"{file}: {intake.rows} responses = {accepted} accepted + {rejected} rejected"
    for row in count_reasons(intake.rejected).itertuples():
        yield f"  rejected {row.responses:>7}  {row.reason}"
    if intake.errors:
        yield f"{len(intake.errors)} faults to mend before it can be used:"
        yield from (f"  - {error}" for error in intake.errors)
    for level, title in (("warning", "To look at:"), ("note", "To know:")):
        texts = [finding.text for finding in intake.findings if finding.level == level]
        if texts:
            yield title
            yield from (f"  - {text}" for text in texts)
    if reliability is not None:
        yield "Scales:          items      n  alpha (95 %)        omega"
        for row in reliability.scales.itertuples():
            low = "  low" if row.is_low else ""
            yield (
                f"  {row.scale:<26.26} {row.items:>2} {row.n:>7}  {row.alpha:.2f} "
                f"({row.alpha_low:.2f}-{row.alpha_high:.2f})  {row.omega:.2f}{low}"
            )
        against = reliability.items[reliability.items["item_rest"] < _AGAINST]
        for row in against.itertuples():
            yield (
                f"  - {row.item} runs against the rest of {row.scale} (r = {row.item_rest:.2f}): "
                "is it worded the other way round? Then list it under `reversed`."
            )
    if not intake.errors:
        yield "No faults: it can be used."

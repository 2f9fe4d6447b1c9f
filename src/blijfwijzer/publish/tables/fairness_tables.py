"""The tables of a report on whom it helps and misses: each goes through the gate here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from blijfwijzer.disclosure.release import Cleared, clear_whole, stack
from blijfwijzer.fairness.cells import crossed_names
from blijfwijzer.fairness.conclusions import words_of
from blijfwijzer.fairness.targeting import Targeting
from blijfwijzer.groups.grouping import EVERYONE
from blijfwijzer.publish.edge import Edge
from blijfwijzer.publish.findings import Findings
from blijfwijzer.publish.tables.register import TABLES
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.texts import Message, Value, say


@dataclass(frozen=True)
class Targeted:
    """Whom a rule helps and misses, and of whom that may not be told."""

    targeting: Targeting
    hidden: frozenset[tuple[str, str]]
    """Attribute and group of people that may not be shown though they are large enough."""
    need: Value = ""
    """What it is about, where a page tells of several needs."""

    @property
    def is_nobody(self) -> bool:
        """Whether nobody is selected, and that may be told: nothing can differ by attribute."""
        share = self.targeting.overall.loc["selection", "value"]
        return bool(share == 0) and (EVERYONE, EVERYONE) not in self.hidden

    @property
    def conclusions(self) -> list[tuple[str, Message]]:
        """Attribute and what was found of it; once for all, where nobody is selected."""
        if self.is_nobody:
            return [(EVERYONE, say("fairness.nobody"))]
        return list(self.targeting.conclusions.items())


def by_flags(findings: Findings) -> Iterator[Targeted]:
    """Give whom flags help and miss, of each need of which that is known."""
    for name in findings.needs:
        yield from _flagged(name, findings)


def clear_rates(table: str, found: Iterable[Targeted], codebook: Codebook, edge: Edge) -> Cleared:
    """Clear rates of everyone, of each group of an attribute, and of pairs."""
    parts = [part for one in found for part in _rates_of(table, one, codebook, edge)]
    return stack(parts, TABLES[table].names)


def clear_gaps(table: str, found: Iterable[Targeted], codebook: Codebook, edge: Edge) -> Cleared:
    """Clear how far apart the groups of each attribute are."""
    parts = []
    for one in found:
        if one.is_nobody:
            continue
        gaps = one.targeting.gaps.set_index(["attribute", "measure"])
        missed = gaps.xs("exclusion", level="measure")
        ratio = gaps.xs("selection", level="measure")["ratio"].reindex(missed.index)
        rows = {
            "attribute": [_about(one.need, str(a), codebook) for a in missed.index],
            "gap": missed["gap"].to_numpy(),
            # As the sentence has them (`conclude`): ends outwards, so that no more is told than was
            # found, and the ratio downwards, so that .797 is not told as .80.
            "low": np.floor(100 * missed["gap_low"].to_numpy(dtype=float)) / 100,
            "high": np.ceil(100 * missed["gap_high"].to_numpy(dtype=float) - 1e-9) / 100,
            "ratio": np.floor(100 * ratio.to_numpy(dtype=float)) / 100,
        }
        parts.append(pd.DataFrame(rows))
    return edge.clear_parts(table, parts)


def clear_conclusions(findings: Findings) -> Cleared:
    """Say of each attribute what was found of flags and the model, in plain sentences."""
    rows = []
    for name, found in findings.needs.items():
        told = [text for one in _flagged(name, findings) for text in one.conclusions]
        need = _label_among(name, findings)
        rows += _sentences(need, [*told, *found.sentences], findings.codebook)
    return findings.edge.clear("conclusions", rows)


def clear_sentences(table: str, found: Targeted, codebook: Codebook, edge: Edge) -> Cleared:
    """Say of each attribute what was found, in one plain sentence."""
    return edge.clear(table, _sentences(found.need, found.conclusions, codebook))


def _flagged(need: str, findings: Findings) -> Iterator[Targeted]:
    found = findings.needs[need]
    if found.targeting is not None:
        yield Targeted(found.targeting, found.hidden, _label_among(need, findings))


def _sentences(
    need: Value, told: Sequence[tuple[str, Message]], codebook: Codebook
) -> list[dict[str, Value]]:
    return [{"attribute": _about(need, name, codebook), "conclusion": text} for name, text in told]


def _label_among(need: str, findings: Findings) -> Value:
    """Give the label of a need, where there are several."""
    return "" if len(findings.needs) == 1 else findings.codebook.outcomes[need].label


def _rates_of(table: str, found: Targeted, codebook: Codebook, edge: Edge) -> list[Cleared]:
    """Clear what is shown of one need, and name what is not."""
    targeting, hidden = found.targeting, found.hidden
    everyone = targeting.overall.reset_index().assign(
        attribute=EVERYONE,
        group=EVERYONE,
        is_shown=(EVERYONE, EVERYONE) not in hidden,
    )
    by_attribute = [targeting.by_group, targeting.intersections]
    cells = pd.concat([everyone, *([] if found.is_nobody else by_attribute)])
    keys = cells[["attribute", "group"]].drop_duplicates()
    # A pivot table would drop the rows of which nothing may be shown.
    wide = cells.pivot(  # noqa: PD010
        index=["attribute", "group"], columns="measure", values=["value", "low", "high", "n"]
    ).reindex(pd.MultiIndex.from_frame(keys))
    is_shown = cells.groupby(["attribute", "group"])["is_shown"].all().reindex(wide.index)
    rows = pd.DataFrame(
        {
            "attribute": [_about(found.need, a, codebook) for a, _ in wide.index],
            "label": [_level(a, g, codebook) for a, g in wide.index],
            "n": wide["n"].to_numpy(dtype=float).min(axis=1),
            "selection": wide["value", "selection"].to_numpy(),
            "missed": wide["value", "exclusion"].to_numpy(),
            "low": wide["low", "exclusion"].to_numpy(),
            "high": wide["high", "exclusion"].to_numpy(),
            "inclusion": wide["value", "inclusion"].to_numpy(),
        }
    )
    why = ["value.not_shown" if cell in hidden else "value.too_few" for cell in wide.index]
    few = rows[["attribute", "label"]].map(edge.in_words)
    few = few.assign(missed=[edge.in_words(say(name)) for name in why])
    few = few[~is_shown.to_numpy()].assign(n="")
    return [
        edge.clear(table, rows[is_shown.to_numpy()]),
        clear_whole(few, dict.fromkeys(few.columns, "text")),
    ]


def _about(need: Value, attribute: str, codebook: Codebook) -> Value:
    """Name an attribute; with the need that it is about, where there are several."""
    name = _attribute(attribute, codebook)
    return say("fairness.of_need", need=need, attribute=name) if need else name


def _attribute(name: str, codebook: Codebook) -> Value:
    if name == EVERYONE:
        return say("group.everyone")
    if name in codebook.columns:
        return codebook.columns[name].label
    one, other = (codebook.columns[part].label for part in crossed_names(name))
    return say("fairness.crossed", one=one, other=other)


def _level(attribute: str, group: str, codebook: Codebook) -> Value:
    if attribute == EVERYONE:
        return say("group.everyone")
    if attribute in codebook.columns:
        return (words_of(group, codebook.columns[attribute]),)
    both = zip(crossed_names(attribute), crossed_names(group), strict=True)
    return tuple(words_of(level, codebook.columns[name]) for name, level in both)

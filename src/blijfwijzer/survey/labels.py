"""What a file says of its codes, held against what the codebook says."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from blijfwijzer.survey.cells import code_text
from blijfwijzer.survey.codebook import Codebook, Column
from blijfwijzer.survey.concepts import YES_OR_NO
from blijfwijzer.survey.table import Table
from blijfwijzer.survey.texts import FEWEST_TOLD, Message, Text, Value, as_seen, say

_NO_ANSWER = re.compile(
    r"weet (ik )?niet|n\.?v\.?t|niet van toepassing|geen (mening|antwoord|opgave)|"
    r"wil .*niet zeggen|geweigerd|don'?t know|do not know|not applicable|"
    r"no (answer|opinion)|refused|prefer not|"
    r"^\W*(n/a|onbekend|unknown|not stated|niet ingevuld|leeg)\W*$|^[-–—?.]+$",
    re.IGNORECASE,
)

_NO = re.compile(r"(nee|no|nooit|never|niet|not|geen|none)\b", re.IGNORECASE)


def compare_labels(table: Table, codebook: Codebook, names: dict[str, str]) -> list[Message]:
    """Say where a file's value labels contradict the codebook, or its codes have no label.

    Found are: labels that run the other way round, codes without a label, labels without a code,
    a "weet niet" that the codebook counts as an answer, and a concept that takes "nee" for yes.
    """
    found = [*_noes_taken_for_yes(table, codebook, names)]
    told = set()
    for name, in_file in names.items():
        column = codebook.columns[name]
        if column.type == "number" or column.role in ("unit", "id", "weight"):
            continue
        labels = table.codes.get(in_file, {})
        found += _no_answer_faults(column, labels)
        if not labels:
            continue
        found += _label_faults(column, labels)
        if _runs_the_other_way(column, labels):
            found.append(Message("remark.labels_turned", {"column": name}))
            told.add(name)
        # One that few gave may tell of a person; where the codebook lacks it, it is stray.
        given = table.frame[in_file].value_counts()
        bare = {code_text(level) for level in given.index[given >= FEWEST_TOLD]} - set(labels)
        if bare:
            found.append(Message("remark.codes_bare", {"column": name}, len(bare)))
    found += [
        Message("remark.labels_odd", {"column": name})
        for name in _turned_among_siblings(table, codebook, names)
        if name not in told
    ]
    return found


def is_no_answer(text: str) -> bool:
    """Whether a label means that no answer was given.

    >>> is_no_answer("Weet niet / n.v.t."), is_no_answer("Mee eens")
    (True, False)
    """
    return _NO_ANSWER.search(text) is not None


def is_no(text: str) -> bool:
    """Whether a label says no.

    >>> is_no("Nee, nooit"), is_no("Ja"), is_no("Noord")
    (True, False, False)
    """
    return _NO.match(text.strip()) is not None


def _noes_taken_for_yes(
    table: Table, codebook: Codebook, names: dict[str, str]
) -> Iterator[Message]:
    """Concepts of which the answer that counts as yes is called no.

    It is no fault: a question may ask the opposite, as "no training in twelve months" does.
    """
    for name, concept in codebook.concepts.items():
        column = codebook.columns.get(concept.column or "")
        if name not in YES_OR_NO or column is None or not column.codes or column.pair is None:
            continue
        code = list(column.codes)[0 if concept.reversed else -1]
        labels = table.codes.get(names.get(column.name, ""), {})
        texts = {labels.get(code, ""), column.codes[code].nl, column.codes[code].en}
        if any(map(is_no, texts)):
            values = {"concept": name, "code": code, "column": column.name}
            yield Message(
                "remark.no_is_yes_reversed" if concept.reversed else "remark.no_is_yes", values
            )


def _no_answer_faults(column: Column, labels: dict[str, str]) -> Iterator[Message]:
    """Codes that mean that there is no answer, in the file or in the codebook, and count as one."""
    counted = [
        code
        for code, text in column.codes.items()
        if is_no_answer(labels.get(code, "")) or is_no_answer(text.nl)
    ]
    if counted:
        yield Message("remark.no_answer_counts", {"column": column.name, "codes": tuple(counted)})


def _label_faults(column: Column, labels: dict[str, str]) -> Iterator[Message]:
    unknown = tuple(sorted(set(labels) - set(column.codes) - set(column.missing)))
    if unknown and column.codes:
        yield Message("remark.labels_unknown", {"column": column.name, "codes": unknown})
    lacking = tuple(sorted(set(column.codes) - set(labels)))
    if lacking:
        yield Message("remark.labels_lacking", {"column": column.name, "codes": lacking})


def _runs_the_other_way(column: Column, labels: dict[str, str]) -> bool:
    """Whether the first code's meaning stands at the last code, and the reverse."""
    codes = list(column.codes)
    if column.type != "ordinal" or len(codes) < 2:
        return False
    first, last = codes[0], codes[-1]

    def means(code: str, other: str) -> bool:
        texts = {_plain(column.codes[other].nl), _plain(column.codes[other].en)}
        return _plain(labels.get(code, "")) in texts

    return means(first, last) and means(last, first)


def _turned_among_siblings(table: Table, codebook: Codebook, names: dict[str, str]) -> list[str]:
    """Columns whose first and last label stand the other way round than in most of their kind.

    Wordings that the codebook does not have are compared as well, since a file is at odds with
    itself here.
    """
    ends: dict[tuple[str, ...], dict[str, tuple[str, str]]] = {}
    for name, in_file in names.items():
        column, labels = codebook.columns[name], table.codes.get(in_file, {})
        codes = tuple(column.codes)
        if column.type == "ordinal" and len(codes) > 1 and {codes[0], codes[-1]} <= set(labels):
            pair = (_plain(labels[codes[0]]), _plain(labels[codes[-1]]))
            ends.setdefault(codes, {})[name] = pair
    turned = []
    for pairs in ends.values():
        counts = Counter(pairs.values())
        turned += [
            n for n, (first, last) in pairs.items() if counts[last, first] > counts[first, last]
        ]
    return turned


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", as_seen(text)).strip().lower()


def group_label(codebook: Codebook, attribute: str, group: str) -> Text | str:
    """Give the meaning of a group's code, if it has one."""
    column = codebook.columns[attribute]
    code = group.removesuffix(".0")
    by_value = {f"{value:g}": code for code, value in column.values.items()}
    code = by_value.get(code, code) if column.type == "ordinal" else code
    return column.codes.get(code, group)


def called(codebook: Codebook) -> dict[str, Value]:
    """How each column and scale is called where it must be found too: its label, and its name."""
    return {
        name: name if label.repeats(name) else say("remark.called", label=label, name=name)
        for name, label in labels_of(codebook).items()
    }


def call(names: Iterable[object], called: Mapping[str, Value]) -> list[Value]:
    """Call columns and scales as `called` does, and what it does not know by its name."""
    return [called.get(str(name), str(name)) for name in names]


def labels_of(codebook: Codebook) -> dict[str, Text]:
    """Words for each column and scale."""
    columns = {name: column.label for name, column in codebook.columns.items()}
    return columns | {name: scale.label for name, scale in codebook.scales.items()}

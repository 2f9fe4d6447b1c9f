"""What a file says of its codes, held against what the codebook says."""

import re
from collections import Counter
from collections.abc import Iterator

from blijfwijzer.errors import counted
from blijfwijzer.survey.codebook import Codebook, Column, Language
from blijfwijzer.survey.concepts import YES_OR_NO
from blijfwijzer.survey.files import Table, code_text
from blijfwijzer.survey.texts import as_seen

_NO_ANSWER = re.compile(
    r"weet (ik )?niet|n\.?v\.?t|niet van toepassing|geen (mening|antwoord|opgave)|"
    r"wil .*niet zeggen|geweigerd|don'?t know|do not know|not applicable|"
    r"no (answer|opinion)|refused|prefer not",
    re.IGNORECASE,
)

_NO = re.compile(r"(nee|no|nooit|never|niet|not|geen|none)\b", re.IGNORECASE)

_OTHER_WAY = "its labels run the other way round"


def compare_labels(table: Table, codebook: Codebook, names: dict[str, str]) -> list[str]:
    """Say where a file's value labels contradict the codebook, or its codes have no label.

    Found are: labels that run the other way round, codes without a label, labels without a code,
    a "weet niet" that the codebook counts as an answer, and a concept that takes "nee" for yes.
    """
    found = [*_noes_taken_for_yes(table, codebook, names)]
    for name, in_file in names.items():
        column = codebook.columns[name]
        if column.type == "number" or column.role in ("unit", "id", "weight"):
            continue
        labels = table.codes.get(in_file, {})
        found += [f"{name}: {fault}." for fault in _no_answer_faults(column, labels)]
        if labels:
            found += [f"{name}: {fault}." for fault in _label_faults(column, labels)]
            present = {code_text(level) for level in table.frame[in_file].dropna().unique()}
            bare = sorted(present - set(labels))
            if bare:
                have = counted(len(bare), "code in the file has", "codes in the file have")
                found.append(f"{name}: {have} no label there.")
    turned = _turned_among_siblings(table, codebook, names)
    told = {text.split(":")[0] for text in found if _OTHER_WAY in text}
    return found + [
        f"{name}: {_OTHER_WAY} than those of the columns with the same codes; check which is right."
        for name in turned
        if name not in told
    ]


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


def _noes_taken_for_yes(table: Table, codebook: Codebook, names: dict[str, str]) -> Iterator[str]:
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
            do = "leave out" if concept.reversed else "add"
            yield (
                f"concepts.{name}: the answer that counts as yes (code {code} of {column.name}) is "
                f"called no. Unless the question asks the opposite, {do} `reversed = true`."
            )


def _no_answer_faults(column: Column, labels: dict[str, str]) -> Iterator[str]:
    told = {code: text.nl for code, text in column.codes.items()}
    counted = [
        code
        for code in column.codes
        if is_no_answer(labels.get(code, "")) or is_no_answer(told[code])
    ]
    if counted:
        yield (
            f"code {', '.join(counted)} means that no answer was given but counts as one; list "
            "it under `missing`"
        )


def _label_faults(column: Column, labels: dict[str, str]) -> Iterator[str]:
    known = set(column.codes) | set(column.missing)
    unknown = sorted(set(labels) - known)
    if unknown and column.codes:
        yield f"the file has labels for codes {', '.join(unknown)}, which the codebook lacks"
    lacking = sorted(set(column.codes) - set(labels))
    if lacking:
        yield f"the file has no label for codes {', '.join(lacking)} of the codebook"
    if _runs_the_other_way(column, labels):
        yield f"{_OTHER_WAY} than in the codebook; recode it or turn the codes"


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


def group_label(codebook: Codebook, attribute: str, group: str, language: Language) -> str:
    """Give the meaning of a group's code, if it has one."""
    column = codebook.columns[attribute]
    code = group.removesuffix(".0")
    by_value = {f"{value:g}": code for code, value in column.values.items()}
    code = by_value.get(code, code) if column.type == "ordinal" else code
    return column.codes[code].in_(language) if code in column.codes else group


def scale_labels(codebook: Codebook, language: Language) -> dict[str, str]:
    """Words for each scale."""
    return {name: scale.label.in_(language) for name, scale in codebook.scales.items()}

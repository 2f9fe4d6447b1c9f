"""The page of `docs/` on checks; run as a module, this prints it."""

from collections.abc import Iterator

from blijfwijzer.checks.register import CHECKS, Check

_INTRODUCTION = """# Checks

Each finding about a model or a survey has a code, as declared in
`src/blijfwijzer/checks/checks.toml`; `python -m blijfwijzer.checks.document` writes this page.
A **warning** asks for a look before the model or survey is used, a **note** does not.

`check` and `train` print findings, the review page has them under "Checks", and a run in MLflow has
a tag `blijfwijzer.check.<code>` for each (its level, or `silenced: ` and the reason). Files and
`--json` have a finding as

```json
{
  "code": "BW105",
  "name": "slope_off",
  "level": "warning",
  "text": {"en": "...", "nl": "..."},
  "silenced": ""
}
```

A model folder keeps those of its training in `checks.json`, which the manifest covers;
`read_model(folder).findings` in `records/model_folder.py` reads them, and `look_at` in
`checks/findings.py` gives those that still ask for a look.

A finding that was looked at and is accepted is silenced in the settings. The reason is shown with
the finding, wherever that is; it may not be empty, and holds for all that the check finds.

```toml
[checks.silenced]
BW107 = "Eleven organisations are all there are; the board knows that intervals are wide."
```
"""
_ABOUT = {"BW1": "Of a model", "BW2": "Of a survey", "BW3": "Of another wave"}


def describe_checks() -> str:
    """Write the page."""
    return "\n".join([_INTRODUCTION, *_all()])


def _all() -> Iterator[str]:
    for beginning, heading in _ABOUT.items():
        of_these = [check for code, check in CHECKS.items() if code.startswith(beginning)]
        yield f"## {heading}\n"
        yield "| code | name | level |\n|---|---|---|"
        yield from (f"| {check.code} | {check.name} | {check.level} |" for check in of_these)
        yield ""
        for check in of_these:
            yield from _one(check)


def _one(check: Check) -> Iterator[str]:
    yield f"### {check.code} {check.name}\n"
    yield f"{check.what} *Level*: {check.level}.\n"
    yield f"- **Why it matters.** {check.why}"
    yield f"- **What to do.** {check.remedy}"
    yield f"- **When it speaks.** {_sentence(check.spoken)}"
    yield f"- **Source.** {check.source}\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


if __name__ == "__main__":
    print(describe_checks(), end="")

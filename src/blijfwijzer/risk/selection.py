"""Candidates: fitted in folds, tuned, calibrated; the simplest good one is the champion."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from blijfwijzer.progress import Tell, silent
from blijfwijzer.risk.boosting import first_trees, tree_margin
from blijfwijzer.risk.calibration import estimate_slope, fit_calibrator, judge_slope
from blijfwijzer.risk.features import Schema
from blijfwijzer.risk.linear import linear_margin, shrink
from blijfwijzer.risk.metrics import log_losses
from blijfwijzer.risk.model import Calibrator, RiskModel, calibrate, predict_margin
from blijfwijzer.risk.splits import Fold
from blijfwijzer.risk.task import Fit, Fits, Task, Whole
from blijfwijzer.survey.arrays import Array, Codes

# The budget of tuning: each candidate is fitted once per fold and per entry here, or, for trees,
# once per fold, since fewer rounds are the first trees of more rounds.
_STRENGTHS = (0.00001, 0.0001, 0.001, 0.01, 0.1)
_BEYOND = 1.0
"""Tried where the last of these is best, as in many small surveys: else nobody knows whether it
lies at the edge by chance."""
_ROUNDS = (100, 200, 300, 450, 600)
_START_STRENGTH = 0.001
"""Of the regression that trees start from, where none is a candidate to learn it by."""
_START_SHARE = 0.5
_FEWEST_FOLDS = 3
_SCORES = ["variant", "setting", "log_loss", "above_best", "standard_error"]
_SCORES += ["is_calibrated", "is_at_edge", "is_good_enough"]


@dataclass(frozen=True)
class Selection:
    """What was tried and which model was chosen."""

    champion: RiskModel
    """Fitted on all responses."""
    fold_models: tuple[RiskModel, ...]
    """Champion's candidate fitted on each fold's training part, for stability."""
    scores: pd.DataFrame
    """One row per candidate, from simple to complex: variant and the number that is set in it,
    log_loss, its difference to the best with standard error over folds, whether it was calibrated,
    whether it lies at the edge of what was tried, and whether it is champion."""
    out_of_fold: dict[str, Array]
    """Candidate to the probability of each response, from models and calibrators without it."""
    price: float
    """Log loss that choosing the simplest costs."""
    tuning: pd.DataFrame
    """One row per candidate and variant, in the order of their settings: candidate, variant,
    setting, log_loss (weighted, out of fold, before calibration), above (how much more than that of
    the chosen one), influence (what one response may change of that at most) and is_chosen."""
    fit: Callable[[Codes], RiskModel] = field(repr=False)
    """Fits the champion as it was set on some responses; it is not calibrated."""
    fit_to: Fit = field(repr=False)
    """The same on responses that may be others."""


@dataclass(frozen=True)
class _Variant:
    """One setting of a candidate: a name, the number that is set, and how to fit it."""

    name: str
    setting: float
    """Strength of a regression (inverse of its penalty) or number of trees; NaN of neither."""
    fit: Fit


@dataclass(frozen=True)
class _Tried:
    """A candidate after cross-validation."""

    variants: list[_Variant]
    chosen: int
    by_fold: tuple[int, ...]
    """The variant that was best on the other folds, of each fold."""
    margin: Array
    risk: Array
    calibrator: Calibrator
    models: tuple[RiskModel, ...]
    losses: Array
    """Weighted log loss of each variant, out of fold."""
    influence: Array
    """What one response may change at most of how much more that is than of the chosen one."""

    @property
    def is_at_edge(self) -> bool:
        """Whether the first or last setting was best of several, so that one beyond may be."""
        return len(self.variants) > 1 and self.chosen in (0, len(self.variants) - 1)


_LEARN_FROM = {"trees": ("items", "logistic")}
"""Candidates by which another one is set, where they are tried too."""


def refit_model(task: Task, kind: str, tell: Tell = silent) -> Selection:
    """Fit one candidate again as `select_model` did, and take it whatever others would do."""
    asked = {kind, *_LEARN_FROM.get(kind, ())}
    names = tuple(name for name in task.settings.candidates if name in asked)
    settings = task.settings.model_copy(update={"candidates": names})
    return select_model(replace(task, settings=settings), tell, kind)


def select_model(task: Task, tell: Tell = silent, kind: str = "") -> Selection:
    """Fit all candidates in the folds, choose one, and fit it on all responses.

    Tuning and calibration are cross-fitted: what is chosen for a fold is chosen on the other
    folds, so that the out-of-fold log loss of a candidate includes the price of choosing.
    The champion is the simplest candidate whose weighted log loss is within one standard error
    of the best, the error being that of their paired difference over the folds (Breiman et al.
    1984, section 3.4.3, with pairing).

    Parameters
    ----------
    kind : candidate that is taken instead
    """
    makers: dict[str, Callable[[Task, Tell], _Tried]] = {
        "prevalence": _prevalence,
        "logistic": _logistic,
        **({"items": _items} if task.schema.has_scaled_items else {}),
        "additive": _additive,
        "trees": lambda task, tell: _trees(task, tell, tried.get("items", tried.get("logistic"))),
    }
    tried: dict[str, _Tried] = {}
    for name, make in makers.items():
        if name in task.settings.candidates:
            tried[name] = make(task, tell)
    scores = _compare(tried, task)
    champion = kind or str(scores.index[scores["is_champion"]][0])
    tell(f"{task.target}: fit the champion ({champion})")
    best = tried[champion]
    chosen = best.variants[best.chosen]
    fitted = chosen.fit(task, np.arange(len(task.values)))
    return Selection(
        champion=replace(fitted, calibrator=best.calibrator),
        fold_models=tuple(replace(m, calibrator=best.calibrator) for m in best.models),
        scores=scores,
        out_of_fold={name: candidate.risk for name, candidate in tried.items()},
        price=float(scores["above_best"].loc[champion]),
        tuning=_tell_tuning(tried),
        fit=partial(chosen.fit, task),
        fit_to=chosen.fit,
    )


def _tell_tuning(tried: Mapping[str, _Tried]) -> pd.DataFrame:
    """Tell how each setting did that was tried."""
    return pd.DataFrame(
        [
            {
                "candidate": name,
                "variant": variant.name,
                "setting": variant.setting,
                "log_loss": float(candidate.losses[place]),
                "above": float(candidate.losses[place] - candidate.losses[candidate.chosen]),
                "influence": float(candidate.influence[place]),
                "is_chosen": place == candidate.chosen,
            }
            for name, candidate in tried.items()
            for place, variant in enumerate(candidate.variants)
        ]
    )


def fit_whole(selection: Selection, whole: Whole, tell: Tell = silent) -> tuple[Selection, Array]:
    """Fit the champion, as it was set on a sample, on all responses, and without each fold.

    Returns
    -------
    What was tried, with the models that are fitted so; and the probability of each response of the
    sample, from models and calibrators without it.
    """
    task, kind = whole.task, selection.champion.kind
    margins, models = np.empty((1, len(task.values))), list[RiskModel]()
    for number, (_, test) in enumerate(task.folds, start=1):
        tell(f"{task.target}: {kind} on all responses, without fold {number} of {len(task.folds)}")
        models.append(selection.fit_to(whole, whole.without(test)))
        margins[0, test] = predict_margin(models[-1], task.frame.iloc[test])
    tell(f"{task.target}: {kind} on all responses")
    champion = selection.fit_to(whole, whole.everyone)
    tried = _choose([_Variant("", np.nan, selection.fit_to)], margins, [models], task)
    own = [replace(model, calibrator=tried.calibrator) for model in (champion, *models)]
    scores = selection.scores.copy()
    scores.loc[kind, "is_calibrated"] = tried.calibrator != Calibrator()
    found = replace(selection, champion=own[0], fold_models=tuple(own[1:]), scores=scores)
    return found, tried.risk


def choose_without(risks: Mapping[str, Array], task: Task) -> tuple[str, ...]:
    """Give the candidate that the same rule chooses without each fold in turn.

    Nothing where fewer than three folds leave no error to choose by.

    Parameters
    ----------
    risks : as `Selection.out_of_fold`, from simple to complex
    """
    folds = task.folds
    if len(folds) < _FEWEST_FOLDS:
        return ()
    others = [[*folds[:place], *folds[place + 1 :]] for place in range(len(folds))]
    return tuple(_champion(_gaps(risks, task, kept)) for kept in others)


def _prevalence(task: Task, tell: Tell) -> _Tried:
    """Predict the same weighted rate for everybody."""
    variant = _Variant(
        "", np.nan, lambda own, rows: own.model("prevalence", own.linear(rows, [], 1.0))
    )
    return _try([variant], task, "prevalence", tell)


def _logistic(task: Task, tell: Tell) -> _Tried:
    """Regress on scales, items that no scale stands for and career variables, with a penalty."""
    features = task.schema.features
    scales = {f.name for f in features if f.kind == "scale"}
    names = [f.name for f in features if f.kind != "item" or f.scale not in scales]
    return _regress(task, "logistic", names, tell)


def _items(task: Task, tell: Tell) -> _Tried:
    """Regress on all items and career variables, with a penalty; scales say nothing more."""
    return _regress(task, "items", _answers(task.schema), tell)


def _answers(schema: Schema) -> list[str]:
    """Names of all that is no mean of other columns; of scales, where the model reads no items."""
    has_items = any(f.kind == "item" for f in schema.features)
    return [f.name for f in schema.features if f.kind != "scale" or not has_items]


def _regress(task: Task, kind: str, names: list[str], tell: Tell) -> _Tried:
    def variant(strength: float) -> _Variant:
        return _Variant(
            f"C={strength:g}",
            strength,
            lambda own, rows: own.model(kind, own.linear(rows, names, strength)),
        )

    return _try([variant(s) for s in _STRENGTHS], task, kind, tell, variant(_BEYOND))


def _additive(task: Task, tell: Tell) -> _Tried:
    """Sum one curve per feature: a glass box that can be drawn in full."""
    boosting = replace(task.boosting(), depth=3, rate=0.05, node_share=1.0, is_additive=True)

    def grow(own: Fits, rows: Codes, rounds: int, _: int | None) -> RiskModel:
        linear = own.linear(rows, [], 1.0)
        return own.model("additive", linear, own.grow(rows, linear, rounds, boosting))

    return _try_rounds(grow, task, "additive", tell)


def _trees(task: Task, tell: Tell, rival: _Tried | None) -> _Tried:
    """Correct half a logistic regression on all answers by shallow trees.

    Starting from half of the regression's margin lets trees spend fewer rounds on what is
    straight (docs/decisions/shallow-trees.md). It reads each level of a nominal column, and being
    missing, as a term of its own: trees part levels by groups, and see few columns each. Its
    penalty is the one that was best for the regression that is a candidate, on the other folds.
    """
    names = _answers(task.schema)

    def grow(own: Fits, rows: Codes, rounds: int, fold: int | None) -> RiskModel:
        strength = _START_STRENGTH
        if rival is not None:
            place = rival.chosen if fold is None else rival.by_fold[fold]
            strength = rival.variants[place].setting
        start = shrink(own.linear(rows, names, strength), _START_SHARE)
        return own.model("trees", start, own.grow(rows, start, rounds, task.boosting()))

    return _try_rounds(grow, task, "trees", tell)


def _try(
    variants: list[_Variant], task: Task, name: str, tell: Tell, beyond: _Variant | None = None
) -> _Tried:
    """Cross-validate a candidate whose variants are fitted one by one.

    Parameters
    ----------
    beyond : tried too where the last of the variants is best
    """
    margins, models = _cross(variants, task, name, tell)
    tried = _choose(variants, margins, models, task)
    if beyond is None or tried.chosen < len(variants) - 1:
        return tried
    further, others = _cross([beyond], task, name, tell)
    return _choose([*variants, beyond], np.vstack([margins, further]), models + others, task)


def _cross(
    variants: list[_Variant], task: Task, name: str, tell: Tell
) -> tuple[Array, list[list[RiskModel]]]:
    """Give margins out of fold and models of folds, of each variant."""
    margins = np.empty((len(variants), len(task.values)))
    models: list[list[RiskModel]] = [[] for _ in variants]
    for number, (fit, test) in enumerate(task.folds, start=1):
        tell(f"{task.target}: {name}, fold {number} of {len(task.folds)}")
        for place, variant in enumerate(variants):
            model = variant.fit(task, fit)
            margins[place, test] = predict_margin(model, task.frame.iloc[test])
            models[place].append(model)
    return margins, models


def _try_rounds(
    grow: Callable[[Fits, Codes, int, int | None], RiskModel],
    task: Task,
    name: str,
    tell: Tell,
) -> _Tried:
    """Cross-validate trees at several numbers of rounds, growing them once per fold.

    Parameters
    ----------
    grow : of the responses to fit on, the rounds, and the fold that these leave out, if any
    """
    margins = np.empty((len(_ROUNDS), len(task.values)))
    models: list[list[RiskModel]] = [[] for _ in _ROUNDS]
    for fold, (fit, test) in enumerate(task.folds):
        tell(f"{task.target}: {name}, fold {fold + 1} of {len(task.folds)}")
        full, part = grow(task, fit, max(_ROUNDS), fold), task.frame.iloc[test]
        linear = linear_margin(full.linear, part)
        for place, rounds in enumerate(_ROUNDS):
            margins[place, test] = linear + tree_margin(full.trees, part, rounds)
            models[place].append(full)

    def variant(rounds: int) -> _Variant:
        return _Variant(f"{rounds} trees", rounds, lambda own, rows: grow(own, rows, rounds, None))

    tried = _choose([variant(r) for r in _ROUNDS], margins, models, task)
    rounds = _ROUNDS[tried.chosen]
    kept = tuple(replace(m, trees=first_trees(m.trees, rounds)) for m in tried.models)
    return replace(tried, models=kept)


def _choose(
    variants: list[_Variant],
    margins: Array,
    models: list[list[RiskModel]],
    task: Task,
) -> _Tried:
    """Choose a variant and a calibrator; for each fold on the other folds.

    Margins are calibrated where that lowers the log loss of units that the calibrator did not see,
    or where the slope, as other units would have it, is not 1.
    """
    values, weight = task.values, task.weight
    losses = np.stack([log_losses(values, calibrate(Calibrator(), m)) for m in margins])
    margin, risk, calibrated = (np.empty(len(values)) for _ in range(3))
    by_fold = tuple(int(np.argmin(losses[:, fit] @ weight[fit])) for fit, _ in task.folds)
    for best, (fit, test) in zip(by_fold, task.folds, strict=True):
        margin[test] = margins[best, test]
        calibrator = fit_calibrator(values[fit], margins[best, fit], weight[fit])
        risk[test] = calibrate(Calibrator(), margins[best, test])
        calibrated[test] = calibrate(calibrator, margins[best, test])
    chosen = int(np.argmin(losses @ weight))
    helps = weight @ (log_losses(values, calibrated) - log_losses(values, risk)) < 0
    is_off = judge_slope(estimate_slope(values, margin, task.design)) == "off"
    is_mended = bool(helps or is_off)
    calibrator = fit_calibrator(values, margins[chosen], weight) if is_mended else Calibrator()
    used = calibrated if is_mended else risk
    own, share = tuple(models[chosen]), weight / weight.sum()
    # A loss changes by one at most where the margin does.
    influence = (share * np.abs(margins - margins[chosen])).max(axis=1)
    return _Tried(
        variants, chosen, by_fold, margin, used, calibrator, own, losses @ share, influence
    )


def _compare(tried: dict[str, _Tried], task: Task) -> pd.DataFrame:
    """Rank candidates by out-of-fold log loss and find the simplest good one."""
    gaps = _gaps({name: candidate.risk for name, candidate in tried.items()}, task, task.folds)
    about = {
        name: {
            "variant": candidate.variants[candidate.chosen].name,
            "setting": candidate.variants[candidate.chosen].setting,
            "is_calibrated": candidate.calibrator != Calibrator(),
            "is_at_edge": candidate.is_at_edge,
        }
        for name, candidate in tried.items()
    }
    told = pd.DataFrame.from_dict(about, orient="index").rename_axis("candidate")
    scores = told.join(gaps)[_SCORES]
    return scores.assign(is_champion=scores.index == _champion(gaps))


def _gaps(risks: Mapping[str, Array], task: Task, folds: Sequence[Fold]) -> pd.DataFrame:
    """Hold the log loss of each candidate against the best, on what some folds test."""
    rows = np.sort(np.concatenate([test for _, test in folds]))
    losses = {name: log_losses(task.values, risk) for name, risk in risks.items()}

    def mean(of: Array, part: Codes) -> float:
        return float(np.average(of[part], weights=task.weight[part]))

    overall = {name: mean(loss, rows) for name, loss in losses.items()}
    best = min(overall, key=overall.__getitem__)
    found = {}
    for name, loss in losses.items():
        by_fold = [mean(loss - losses[best], test) for _, test in folds]
        error = float(np.std(by_fold, ddof=1) / np.sqrt(len(folds)))
        above = overall[name] - overall[best]
        found[name] = {
            "log_loss": overall[name],
            "above_best": above,
            "standard_error": error,
            "is_good_enough": above <= error,
        }
    return pd.DataFrame.from_dict(found, orient="index")


def _champion(gaps: pd.DataFrame) -> str:
    """Give the simplest candidate that is good enough."""
    return str(gaps["is_good_enough"].astype(bool).idxmax())

"""Which unknowns decide a result: screening, variance-based indices, tornado.

All of it is about a function of named inputs that gives an outcome by run (`evaluation.Evaluate`). A simulated scenario is
one such function (`model.Model`); functions with known answers are others, by which the methods are tested.
"""

from .evaluation import Evaluate, ExtraMissing, TooFewLeft
from .indices import Index, Indices, sobol_indices
from .inputs import EVERYTHING_ELSE, alone, inputs_of, with_the_rest
from .model import Model
from .plan import Plan, planned_cost
from .screening import Effect, Screening, check_extra, elementary_effects, screen
from .swings import Swing, tornado

__all__ = [
    "EVERYTHING_ELSE",
    "Effect",
    "Evaluate",
    "ExtraMissing",
    "Index",
    "Indices",
    "Model",
    "Plan",
    "Screening",
    "Swing",
    "TooFewLeft",
    "alone",
    "check_extra",
    "elementary_effects",
    "inputs_of",
    "planned_cost",
    "screen",
    "sobol_indices",
    "tornado",
    "with_the_rest",
]

"""Single import for all modules of slim: `from inception.slim import slim`."""

from inception.slim import dtypes
from inception.slim import inception_model as inception
from inception.slim import losses
from inception.slim import ops
from inception.slim import scopes
from inception.slim import variables

__all__ = ['dtypes', 'inception', 'losses', 'ops', 'scopes', 'variables']

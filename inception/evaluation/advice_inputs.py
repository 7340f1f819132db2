"""Gathers the measurements that the advice is based on.

gather   returns the measurements
"""

import os

from inception.evaluation import advice
from inception.evaluation import audit_copies
from inception.evaluation import extra_measurements
from inception.evaluation import metrics as metrics_lib
from inception.evaluation import mislabels
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import rejection as rejection_lib
from inception.evaluation import training_examination

# Precisions that a threshold is suggested for.
_TARGETS = (0.9, 0.95, 0.98, 0.99)


def gather(
  predictions: predictions_lib.Predictions,
  metrics: metrics_lib.Metrics,
  *,
  data_dir: str | os.PathLike,
  subset: str,
  is_new: bool,
  suspects: list[mislabels.Suspect] | None,
  rejection: rejection_lib.Rejection | None,
  examination: training_examination.Examination | None,
  extras: extra_measurements.Extras,
) -> advice.Measurements:
  """Returns the measurements of one evaluation.

  Args:
    predictions: predictions for the evaluated subset.
    metrics: figures of these predictions.
    data_dir: folder of the records.
    subset: name of the evaluated subset.
    is_new: whether the network was not trained on the evaluated examples.
    suspects: likely wrong labels of evaluated examples, if they were judged.
    rejection: threshold for "none of these", if it was requested.
    examination: figures from features of the training pictures, if they were
      requested.
    extras: further measurements.
  """
  is_stored = rejection is not None
  if rejection is None and is_new:
    rejection = _suggested(predictions, metrics)
  return advice.Measurements(
    class_names=predictions.class_names,
    support=metrics.scores.support.tolist(),
    curve=None if examination is None else examination.curve,
    num_suspects=None if suspects is None else len(suspects),
    num_training_suspects=(
      None if examination is None else len(examination.suspects)
    ),
    leaks=[
      example.file
      for example in audit_copies.leaked(audit_copies.read(data_dir), subset)
    ],
    whole=extras.whole,
    rejection=rejection,
    is_stored=is_stored,
  )


def _suggested(
  predictions: predictions_lib.Predictions, metrics: metrics_lib.Metrics
) -> rejection_lib.Rejection | None:
  """Returns the threshold for the next higher precision; None if there is none.

  A network that is nearly always right needs no threshold.
  """
  precision = metrics.num_correct / metrics.num_examples
  target = next((target for target in _TARGETS if target > precision), None)
  if target is None:
    return None
  return rejection_lib.fit(predictions, target_precision=target)

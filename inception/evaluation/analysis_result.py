"""The figures of one evaluation, and its circumstances.

Facts      circumstances of an evaluation
Analysis   the figures, and the paths of the files that contain them
"""

import dataclasses
import pathlib

from inception.evaluation import comparison as comparison_lib
from inception.evaluation import conformal as conformal_lib
from inception.evaluation import extra_measurements
from inception.evaluation import insights as insights_lib
from inception.evaluation import metrics as metrics_lib
from inception.evaluation import mislabels
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import rejection as rejection_lib
from inception.evaluation import training_examination
from inception.evaluation import training_features


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
  """Circumstances of an evaluation.

  Attributes:
    checkpoint: prefix of the checkpoint.
    step: training step of the checkpoint.
    data_name: name of the data in messages.
    data_dir: folder of the records.
    subset: name of the evaluated subset.
    image_size: height and width of the network's input, in pixels.
    views: number of views of each image, whose probabilities were averaged.
  """

  checkpoint: str
  step: int
  data_name: str
  data_dir: str
  subset: str
  image_size: int
  views: int = 1


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
  """Every figure of one evaluation.

  Attributes:
    facts: circumstances of the evaluation.
    predictions: predictions that the other fields were computed from.
    metrics: figures that are always computed.
    rejection: threshold for "none of these", if it was requested.
    conformal: rule for sets of classes, if they were requested.
    comparison: comparison with another network, if it was requested.
    suspects: likely wrong labels, the most certain first; None for the training
      set without features, since a network repeats what it was trained on.
    insights: facts that help to understand the mistakes.
    training: features of the training pictures; None if they were neither
      requested nor cached.
    examination: figures from these features; None unless requested.
    extras: further measurements that were requested.
    advice: sentences on what to do next, at most five.
    paths: written files, without that of the threshold.
    threshold_path: threshold.json beside the checkpoint; None if neither a
      threshold nor sets were requested.
  """

  facts: Facts
  predictions: predictions_lib.Predictions
  metrics: metrics_lib.Metrics
  rejection: rejection_lib.Rejection | None
  conformal: conformal_lib.Conformal | None
  comparison: comparison_lib.Comparison | None
  suspects: list[mislabels.Suspect] | None
  insights: insights_lib.Insights
  training: training_features.TrainingFeatures | None
  examination: training_examination.Examination | None
  extras: extra_measurements.Extras
  advice: list[str]
  paths: tuple[pathlib.Path, ...]
  threshold_path: pathlib.Path | None

"""Scores of a ranking: measures of how well a score separates two classes.

roc_auc             probability that a positive is ranked above a negative
average_precision   area under the precision-recall curve, as a step function
"""

import numpy as np


def roc_auc(scores: np.ndarray, is_positive: np.ndarray) -> float:
  """Returns the area under the ROC curve; equal scores count half.

  Source: the Mann-Whitney U statistic over the pairs (J. A. Hanley and B. J.
  McNeil, Radiology 143 (1982) 29-36).

  Args:
    scores: float [examples]; a good ranking gives positives larger ones.
    is_positive: bool [examples].

  Returns:
    A number in [0, 1]; NaN without positives or without negatives.
  """
  num_positives = np.count_nonzero(is_positive)
  num_negatives = len(scores) - num_positives
  if not num_positives or not num_negatives:
    return float('nan')
  _, group, counts = np.unique(scores, return_inverse=True, return_counts=True)
  # Equal scores share the mean of their ranks, which count from 1.
  ranks = np.cumsum(counts) - (counts - 1) / 2
  u = ranks[group][is_positive].sum() - num_positives * (num_positives + 1) / 2
  return float(u / (num_positives * num_negatives))


def average_precision(scores: np.ndarray, is_positive: np.ndarray) -> float:
  """Returns the mean of the precisions, weighted by the increase of recall.

  Examples with equal scores are added together, as in scikit-learn.

  Args:
    scores: float [examples]; a good ranking gives positives larger ones.
    is_positive: bool [examples].

  Returns:
    A number in [0, 1]; NaN without positives.
  """
  num_positives = np.count_nonzero(is_positive)
  if not num_positives:
    return float('nan')
  order = np.argsort(-scores, kind='stable')
  ranked, hits = scores[order], np.cumsum(is_positive[order])
  # Index of the last example of each group of equal scores.
  ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
  precision = hits[ends] / (ends + 1)
  growth = np.diff(hits[ends], prepend=0) / num_positives
  return float(np.sum(precision * growth))

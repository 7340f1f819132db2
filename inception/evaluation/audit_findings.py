"""Looks up the evaluated pictures in the audit of the data.

read            reads DATA_DIR/audit.json
find            looks up the pictures of an evaluation
Audit           the findings of all pictures, and the facts of the data
AuditFindings   the findings of each evaluated picture, and their counts
"""

import collections
import dataclasses
import os
from collections.abc import Iterator, Mapping
from typing import Any

from inception.evaluation import audit_file
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import record_sources

# Keys of audit.json -> finding. Groups of pictures, the most serious first.
GROUPS = {
  'conflicts': 'also in another class',
  'leaks': 'also in another subset',
  'exact_duplicates': 'has an identical copy',
  'near_duplicates': 'has a near copy',
}
# Single pictures; None takes the entry's own 'flaw'.
PICTURES: dict[str, str | None] = {
  'flawed_images': None,
  'small_images': 'small',
  'relabelled_images': 'label corrected',
  'wrong_endings': 'named as another format',
  'deep_images': 'more than 8 bits a channel',
}

_SPREAD = ('min', 'median', 'max')


@dataclasses.dataclass(frozen=True, kw_only=True)
class Audit:
  """Findings of all pictures, and facts of the data.

  Attributes:
    findings: {path in the audit: findings}. Paths are below the folder of
      images, after '<subset>/' if each subset had its own.
    formats: {format: number of files}.
    sizes: {'width', 'height': {'min', 'median', 'max': pixels}}; may be empty.
  """

  findings: Mapping[str, list[str]]
  formats: Mapping[str, int]
  sizes: Mapping[str, Mapping[str, int]]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class AuditFindings:
  """Findings about the pictures of an evaluation.

  Attributes:
    audit: audit in which they were looked up.
    of_example: findings about each example; mostly none.
    counts: {finding: (number of examples, number of mistakes among them)}.
  """

  audit: Audit
  of_example: list[tuple[str, ...]]
  counts: dict[str, tuple[int, int]]

  def to_json(self) -> list[dict[str, Any]]:
    """Returns the counts as plain JSON."""
    return [
      {'finding': finding, 'num_examples': examples, 'num_mistakes': mistakes}
      for finding, (examples, mistakes) in self.counts.items()
    ]


def read(data_dir: str | os.PathLike) -> Audit | None:
  """Returns the audit of a folder of records; None if there is none."""
  audit = audit_file.read(data_dir)
  if 'num_images' not in audit:
    return None
  findings: dict[str, list[str]] = collections.defaultdict(list)
  for path, finding in _entries(audit):
    if finding not in findings[path]:
      findings[path].append(finding)
  sizes = {
    side: {name: int(audit['sizes'][side][name]) for name in _SPREAD}
    for side in ('width', 'height')
    if audit.get('sizes')
  }
  return Audit(
    findings=dict(findings), formats=audit.get('formats', {}), sizes=sizes
  )


def _entries(audit: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
  """Yields (path, finding)."""
  for key, words in GROUPS.items():
    for group in audit_file.groups(audit, key):
      for entry in group:
        yield entry['path'], words
  for key, finding in PICTURES.items():
    for entry in audit_file.entries(audit, key):
      flaw = entry.get('flaw') if finding is None else finding
      if isinstance(flaw, str):
        yield entry['path'], flaw


def find(
  audit: Audit, predictions: predictions_lib.Predictions
) -> AuditFindings:
  """Looks up the pictures of an evaluation.

  Args:
    audit: result of `read`.
    predictions: predictions for all examples.
  """
  findings = audit.findings
  of_example = []
  for source, label in zip(
    predictions.sources, predictions.labels, strict=True
  ):
    path = record_sources.path(source, predictions.name(int(label)))
    of_example.append(
      tuple(findings.get(path) or findings.get(f'{source.subset}/{path}') or ())
    )
  examples: collections.Counter[str] = collections.Counter()
  mistakes: collections.Counter[str] = collections.Counter()
  for words, is_correct in zip(of_example, predictions.is_correct, strict=True):
    examples.update(words)
    mistakes.update(() if is_correct else words)
  return AuditFindings(
    audit=audit,
    of_example=of_example,
    counts={
      finding: (number, mistakes[finding])
      for finding, number in examples.most_common()
    },
  )

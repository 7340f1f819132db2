"""Gathers facts about an exported model, without TensorFlow.

  of_data        classes, counts, split, audit findings, checksum of records
  of_training    settings of the training
  of_evaluation  figures of EVAL_DIR/metrics.json
  of_programs    versions of packages, a checksum of this program, the processor

Facts that were not recorded are left out.
"""

import hashlib
import importlib.metadata
import pathlib
import platform
import re
from collections.abc import Mapping
from typing import Any

from inception import dataset
from inception.evaluation import audit_file
from inception.evaluation import result_files
from inception.jobs import checksums
from inception.jobs import errors
from inception.jobs import json_notes

_RECORDS_NOTE = '.records.json'
# Lists of audit.json, each of which is a kind of finding.
_FINDINGS = {
  'bad_files': 'unusable files, which were skipped',
  'wrong_endings': 'files named as another format',
  'small_images': 'small images',
  'deep_images': 'images with more than 8 bits per sample',
  'exact_duplicates': 'groups of identical images',
  'near_duplicates': 'groups of near-identical images',
  'conflicts': 'identical images in several classes',
  'leaks': 'images in training and in validation or test',
}
_PACKAGES = ('tensorflow', 'tensorflow-cpu', 'numpy', 'pillow', 'openvino')
# Settings that name folders of the user's machine and are not published.
_FOLDERS = frozenset(('train_dir', 'data_dir'))
_PATHS = frozenset(('pretrained_model_checkpoint_path',))
_CPU_INFO = pathlib.Path('/proc/cpuinfo')
_MOST_CONFUSIONS = 5


class FactsError(errors.UserError):
  """An evaluation belongs to another checkpoint; the text says what to do."""


def of_data(data: dataset.Dataset | None) -> dict[str, Any]:
  """Returns facts about a folder of records; {} for None."""
  if data is None:
    return {}
  folder = pathlib.Path(data.data_dir)
  audit = audit_file.read(folder)
  shards = json_notes.read(folder / _RECORDS_NOTE).get('crc32c')
  facts = {
    'name': data.name,
    'num_examples': dict(data.num_examples_of),
    'examples_per_class': {
      subset: dict(counts) for subset, counts in data.examples_per_class.items()
    },
    'seed': data.seed,
    'tool': data.tool,
    'fingerprint': checksums.fingerprint(shards) if shards else None,
    'findings': {
      text: len(audit[name])
      for name, text in _FINDINGS.items()
      if isinstance(audit.get(name), list)
    }
    if audit
    else None,
    'settings': audit.get('settings'),
  }
  return {
    name: value for name, value in facts.items() if value not in (None, '')
  }


def of_evaluation(
  eval_dir: str, *, step: int, class_names: list[str]
) -> dict[str, Any]:
  """Returns the figures of an evaluation; {} for ''.

  Args:
    eval_dir: folder of the evaluation; '' for none.
    step: training step of the exported checkpoint.
    class_names: class names of the exported checkpoint.

  Raises:
    result_files.ResultFileError: there is no metrics.json, or it is damaged.
    FactsError: it belongs to another checkpoint.
  """
  if not eval_dir:
    return {}
  path = pathlib.Path(eval_dir, result_files.METRICS_FILE)
  metrics = result_files.read_metrics(path)
  try:
    names = [entry['name'] for entry in metrics['classes']]
    if metrics['step'] != step or names != class_names:
      raise FactsError(
        f'{str(path)!r} belongs to another checkpoint '
        f'({metrics["checkpoint"]}): evaluate this one, or leave the flag out'
      )
    return metrics | {
      'confusions': _confusions(metrics['confusion_matrix'], names)
    }
  except (KeyError, TypeError) as error:
    raise FactsError(
      f'{str(path)!r} lacks a field ({error}): evaluate again'
    ) from error


def _confusions(
  matrix: list[list[int]], names: list[str]
) -> list[dict[str, Any]]:
  """Returns the most frequent mistakes, in descending order."""
  mistakes = [
    (count, true, predicted)
    for true, row in enumerate(matrix)
    for predicted, count in enumerate(row)
    if count and true != predicted
  ]
  mistakes.sort(key=lambda mistake: -mistake[0])
  return [
    {'true': names[true], 'predicted': names[predicted], 'count': count}
    for count, true, predicted in mistakes[:_MOST_CONFUSIONS]
  ]


def of_programs() -> dict[str, Any]:
  """Returns the programs, packages and processor of the export."""
  versions = {
    _normalized(distribution.metadata['Name']): distribution.version
    for distribution in importlib.metadata.distributions()
  }
  return {
    'program': dataset.TOOL,
    'python': platform.python_version(),
    'system': platform.system(),
    'processor': _processor(),
    'packages': {
      name: versions[name] for name in _PACKAGES if name in versions
    },
    'packages_fingerprint': checksums.fingerprint(versions),
    'code_fingerprint': _code_fingerprint(),
  }


def of_training(settings: Mapping[str, Any]) -> dict[str, Any]:
  """Returns the settings of a training without the machine's folders.

  Args:
    settings: settings of a RunInfo.
  """
  return {
    name: pathlib.PurePath(str(value)).name if name in _PATHS else value
    for name, value in settings.items()
    if name not in _FOLDERS
  }


def _normalized(name: str) -> str:
  """Returns a package's name as package indexes write it (PEP 503)."""
  return re.sub(r'[-_.]+', '-', name).lower()


def _code_fingerprint() -> str:
  """Returns a checksum of the installed modules of this program."""
  root = pathlib.Path(__file__).absolute().parents[1]
  digest = hashlib.sha256()
  for path in sorted(root.rglob('*.py')):
    digest.update(path.relative_to(root).as_posix().encode('utf-8'))
    digest.update(path.read_bytes())
  return digest.hexdigest()


def _processor() -> str:
  try:
    lines = _CPU_INFO.read_text(encoding='utf-8').splitlines()
  except OSError:
    lines = []
  for line in lines:
    if line.startswith('model name'):
      return line.partition(':')[2].strip()
  return platform.processor() or platform.machine()

"""Writes export.json and MODEL_CARD.md of an export.

write   writes both
"""

import datetime
import os
from collections.abc import Mapping
from typing import Any

from inception.exporting import export_facts
from inception.exporting import export_files
from inception.exporting import export_job
from inception.exporting import export_model
from inception.exporting import model_card
from inception.jobs import atomic_files


def write(
  output: str | os.PathLike,
  outcome: export_job.Outcome,
  *,
  model: export_model.Model,
  evaluation: Mapping[str, Any],
) -> None:
  """Adds the export to export.json and writes its model card.

  Args:
    output: folder of the exports.
    outcome: result of the export.
    model: exported model.
    evaluation: result of export_facts.of_evaluation.

  Raises:
    OSError: a file cannot be written.
  """
  num_pictures = outcome.exports[0].result.agreement.num_pictures
  entry = {
    'version': outcome.version,
    'time': datetime.datetime.now(datetime.timezone.utc).isoformat(
      timespec='seconds'
    ),
    'model': export_model.description(model),
    'programs': export_facts.of_programs(),
    'check': {
      'source': outcome.source,
      'num_pictures': num_pictures,
      'checkpoint_images_per_sec': round(outcome.checkpoint_images_per_sec, 2),
    },
    'formats': [export.to_json() for export in outcome.passed],
    'failed': [
      export.to_json() | {'faults': list(export.result.faults)}
      for export in outcome.failed
    ],
  }
  atomic_files.write_text(
    export_files.card_path(output, outcome.version),
    model_card.render(entry | {'evaluation': evaluation}),
  )
  export_files.append(output, entry)

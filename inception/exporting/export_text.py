"""The table that an export prints.

table    a row for the checkpoint and one for each format
failure  one sentence about formats that did not pass
"""

from collections.abc import Iterator, Sequence

from inception.exporting import export_job

_TITLES = (
  'format',
  'size',
  'images/s',
  'equal classes',
  'largest difference',
  'precision @ 1',
  '',
)


def table(outcome: export_job.Outcome) -> str:
  """Returns the table, one line per row."""
  rows = [_TITLES, *_rows(outcome)]
  widths = [max(len(row[i]) for row in rows) for i in range(len(_TITLES))]
  return ''.join(
    '  '.join(
      cell.ljust(width) if i in (0, len(row) - 1) else cell.rjust(width)
      for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    ).rstrip()
    + '\n'
    for row in rows
  )


def failure(exports: Sequence[export_job.Export]) -> str:
  """Returns a sentence about formats that differ from the checkpoint."""
  reasons = '; '.join(
    f'{export.name}: {" and ".join(export.result.faults)}' for export in exports
  )
  return (
    f'not kept, because the answers differ from the checkpoint ({reasons}): '
    'report this, or choose another --format or --precision'
  )


def _rows(outcome: export_job.Outcome) -> Iterator[tuple[str, ...]]:
  agreement = outcome.exports[0].result.agreement
  yield (
    'checkpoint',
    '',
    f'{outcome.checkpoint_images_per_sec:.1f}',
    '',
    '',
    _share(agreement.checkpoint_num_right, agreement.num_pictures),
    '',
  )
  for export in outcome.exports:
    agreement = export.result.agreement
    ties = f' ({agreement.num_ties} ties)' if agreement.num_ties else ''
    yield (
      export.name,
      f'{export.num_bytes / 1e6:.1f} MB',
      f'{export.result.images_per_sec:.1f}',
      f'{agreement.num_equal:,} of {agreement.num_pictures:,}{ties}',
      f'{agreement.max_difference:.1e}',
      _share(agreement.num_right, agreement.num_pictures),
      'FAILED' if export.result.faults else str(export.path),
    )


def _share(count: int | None, total: int) -> str:
  return '-' if count is None else f'{count / total:.4f}'

"""Converts checkpoints of Inception v3 between the formats of three programs.

  convert    reads one checkpoint and writes another -> lines for the user

research/inception (2016) and TF-Slim write TensorFlow's checkpoints, Keras .h5
files; see checkpoint_names. The values are copied bit by bit. Nothing existing
is overwritten, and an output appears complete or not at all.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping

import numpy as np

from inception.checkpoints import checkpoint_names
from inception.checkpoints import checkpoint_readers
from inception.checkpoints import checkpoint_writer
from inception.checkpoints import conversion_plan
from inception.checkpoints import conversion_report
from inception.checkpoints import conversion_target
from inception.checkpoints import run_info
from inception.jobs import atomic_files


def convert(
  path: str | os.PathLike,
  output: str,
  *,
  to: str,
  averaged: bool = True,
  include_top: bool = True,
) -> list[str]:
  """Converts a checkpoint.

  Args:
    path: the input: a prefix, a file, or a folder, as checkpoint_paths.resolve
      understands it.
    output: path of the new .h5 file, or prefix of the new V2 checkpoint.
    to: format of the output, one of conversion_target.FORMATS.
    averaged: whether moving averages become the weights where the output has no
      place for averages: in Keras' and TF-Slim's formats.
    include_top: whether an .h5 file has the classifier.

  Returns:
    A few lines that report what was converted, and what was left out.

  Raises:
    ConversionError: the output exists or has a wrong name, or the input is
      another network's.
    CheckpointError: the input cannot be read, or the output cannot be
      written.
    OSError: an output cannot be written.
  """
  conversion_target.check(output, to)
  with contextlib.closing(checkpoint_readers.open_reader(path)) as reader:
    plan = conversion_plan.make(
      reader.path,
      reader.shapes,
      source=reader.source,
      to=to,
      averaged=averaged,
      include_top=include_top,
    )
    info = reader.text(run_info.VARIABLE)
    facts = None
    if info is not None and not plan.is_copy:
      facts = _parsed(reader.path, info)
    with _labels_beside(output, facts):
      if to == conversion_target.KERAS:
        _write_keras(output, reader, plan, include_top=include_top)
      else:
        texts = {run_info.VARIABLE: info} if info and plan.is_copy else {}
        _write_tensorflow(output, reader, plan, texts, to=to)
    return conversion_report.lines(
      reader.path,
      reader.source,
      reader.shapes,
      plan,
      output=output,
      to=to,
      info=facts,
    )


def _parsed(path: str, text: str) -> run_info.RunInfo:
  try:
    return run_info.RunInfo.from_json(text)
  except ValueError as error:
    raise conversion_target.ConversionError(f'{path!r}: {error}') from error


@contextlib.contextmanager
def _labels_beside(
  output: str, info: run_info.RunInfo | None
) -> Iterator[None]:
  """Writes the class names beside the output; an error in the block undoes it.

  Raises:
    ConversionError: the file exists.
    OSError: it cannot be written.
  """
  if info is None:
    yield
    return
  path = conversion_target.labels_path(output)
  conversion_target.check_is_new(str(path))
  atomic_files.write_text(path, ''.join(f'{n}\n' for n in info.class_names))
  try:
    yield
  except BaseException:
    path.unlink(missing_ok=True)
    raise


def _write_keras(
  output: str,
  reader: checkpoint_readers.Reader,
  plan: conversion_plan.Plan,
  *,
  include_top: bool,
) -> None:
  from inception.checkpoints import keras_writer  # Imports h5py, slowly.

  keras_writer.write(
    output,
    lambda name: reader.read(plan.sources[name]),
    include_top=include_top,
  )


def _write_tensorflow(
  output: str,
  reader: checkpoint_readers.Reader,
  plan: conversion_plan.Plan,
  texts: Mapping[str, str],
  *,
  to: str,
) -> None:
  values: dict[str, np.ndarray | str] = dict(texts)
  for name, source in plan.sources.items():
    value = reader.read(source)
    if to == conversion_target.SLIM:
      value = value.reshape(checkpoint_names.slim_shape(name, value.shape))
      name = checkpoint_names.slim_name(name)
    values[name] = value
  checkpoint_writer.write_new(output, values)

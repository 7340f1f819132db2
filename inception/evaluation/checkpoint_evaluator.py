"""Evaluates checkpoints with one network, and analyses its answers.

CheckpointEvaluator   evaluates any number of checkpoints in succession
EvalError             a checkpoint cannot be evaluated
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

import tensorflow as tf

from inception import dataset as dataset_lib
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.evaluation import analysis as analysis_lib
from inception.evaluation import checkpoint_networks
from inception.evaluation import comparison
from inception.evaluation import eval_events
from inception.evaluation import evaluator
from inception.evaluation import extra_measurements
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import record_sources
from inception.evaluation import recorded_settings
from inception.evaluation import training_features
from inception.hardware import replicas as replicas_lib
from inception.jobs import tensorflow_reasons
from inception.monitoring import eval_summaries
from inception.monitoring import summaries
from inception.settings import config

EvalError = recorded_settings.EvalError


class CheckpointEvaluator:
  """Evaluates any number of checkpoints with one network."""

  def __init__(
    self,
    dataset: dataset_lib.Dataset,
    eval_config: config.EvalConfig,
    input_config: config.InputConfig,
    on_event: Callable[[eval_events.Event], None],
    *,
    replicas: replicas_lib.Replicas | None = None,
  ):
    """Prepares the evaluation; networks are made when they are first needed.

    Args:
      dataset: data set to evaluate on.
      eval_config: settings of the evaluation.
      input_config: settings of the batches.
      on_event: called with each event, in order.
      replicas: devices that share each batch; None is the default device.

    Raises:
      result_files.ResultFileError: eval_config.compare_to cannot be read.
    """
    self._last: comparison.Answers | None = None
    self._other: comparison.Answers | None = None
    if eval_config.compare_to:
      self._other = comparison.read(eval_config.compare_to)
    self._dataset = dataset
    self._config = eval_config
    self._input_config = input_config
    self._on_event = on_event
    self._networks = checkpoint_networks.CheckpointNetworks(
      dataset, eval_config, replicas=replicas
    )
    # 8 kB per example: needed only if the network cannot judge the labels.
    self._needs_features = bool(
      eval_config.relabel_csv and input_config.subset in analysis_lib.TRAINING
    )

  def compare_with_last(self) -> None:
    """Compares subsequent checkpoints with the last evaluated one."""
    self._other = self._last

  def run(
    self, prefix: str, *, eval_dir: str | None = None
  ) -> eval_events.CheckpointEvaluated:
    """Evaluates one checkpoint.

    Args:
      prefix: prefix of the checkpoint.
      eval_dir: folder of the results; that of eval_config unless given.

    Raises:
      EvalError: the classes of the checkpoint are not those of the data.
      checkpoint.CheckpointError: the checkpoint cannot be used.
      dataset.DatasetError: the records cannot be used.
      feature_cache.FeatureError: the training features cannot be stored.
    """
    eval_dir = eval_dir or self._config.eval_dir
    recorded = recorded_settings.read(
      prefix,
      self._dataset.class_names,
      self._config,
      image_size=self._input_config.image_size,
    )
    model = self._networks.restore(prefix, recorded.precision)
    step = checkpoint.step_of(prefix)
    self._on_event(
      eval_events.Loaded(
        prefix,
        step,
        recorded.image_size,
        model.compute_dtype.name,
        recorded.views,
      )
    )
    training = training_features.find(
      model,
      self._dataset,
      self._settings(recorded.image_size),
      fallback=self._config.eval_dir,
    )
    examines = training is not None or self._config.examine_training
    collector = predictions_lib.Collector()
    event = self._count(
      step, recorded, collector, eval_dir, examines or self._needs_features
    )
    facts = analysis_lib.Facts(
      checkpoint=prefix,
      step=step,
      data_name=self._dataset.name,
      data_dir=self._dataset.data_dir,
      subset=self._input_config.subset,
      image_size=recorded.image_size,
      views=recorded.views,
    )
    self._on_event(
      self._analyse(collector, model, recorded, facts, eval_dir, training)
    )
    return event

  def _count(
    self,
    step: int,
    recorded: recorded_settings.RecordedSettings,
    collector: predictions_lib.Collector,
    eval_dir: str,
    has_features: bool,
  ) -> eval_events.CheckpointEvaluated:
    """Runs the network on all examples and reports the counts."""
    result = self._networks.evaluator(
      recorded.precision,
      self._settings(recorded.image_size),
      views=recorded.views,
      has_features=has_features,
    ).run(self._on_event, on_batch=collector.add)
    event = eval_events.CheckpointEvaluated(step, result)
    self._on_event(event)
    with self._writing_events(eval_dir):
      summaries.write_eval(
        eval_dir,
        step,
        precision_at_1=result.precision_at_1,
        recall_at_k=result.recall_at_k,
        k=result.k,
      )
    return event

  @contextlib.contextmanager
  def _writing_events(self, eval_dir: str) -> Iterator[None]:
    """Reports errors of writing instead of losing hours of evaluation."""
    try:
      yield
    except (tf.errors.OpError, OSError) as error:
      self._on_event(
        eval_events.EventsNotWritten(
          f'the event file in {eval_dir!r} cannot be written '
          f'({tensorflow_reasons.reason(str(error))}): the evaluation goes on '
          'without it'
        )
      )

  def _settings(self, image_size: int) -> config.InputConfig:
    return dataclasses.replace(self._input_config, image_size=image_size)

  def _analyse(
    self,
    collector: predictions_lib.Collector,
    model: inception_model.InceptionModel,
    recorded: recorded_settings.RecordedSettings,
    facts: analysis_lib.Facts,
    eval_dir: str,
    training: training_features.TrainingFeatures | None,
  ) -> eval_events.Analysed | eval_events.NotAnalysed:
    """Computes every figure and writes the files."""
    if collector.num_not_finite:
      return eval_events.NotAnalysed(
        f'the network answers {collector.num_not_finite} examples with NaN or '
        'infinity, so there are no further figures'
      )
    predictions = collector.predictions(
      self._dataset.class_names,
      record_sources.index(
        self._dataset.shard_files(self._input_config.subset),
        limit=self._config.num_examples,
      ),
    )
    self._last = comparison.of(predictions, name=facts.checkpoint)
    analysis = self._measure(
      predictions, model, recorded, facts, eval_dir, training
    )
    with self._writing_events(eval_dir):
      eval_summaries.write(
        eval_dir,
        facts.step,
        class_names=predictions.class_names,
        matrix=analysis.metrics.matrix,
        probabilities=predictions.probabilities,
        labels=predictions.labels,
      )
    return eval_events.Analysed(analysis)

  def _measure(
    self,
    predictions: predictions_lib.Predictions,
    model: inception_model.InceptionModel,
    recorded: recorded_settings.RecordedSettings,
    facts: analysis_lib.Facts,
    eval_dir: str,
    training: training_features.TrainingFeatures | None,
  ) -> analysis_lib.Analysis:
    """Computes what the settings request, features included."""
    settings = dataclasses.replace(self._config, eval_dir=eval_dir)
    input_settings = self._settings(recorded.image_size)

    def on_progress(done: int, total: int) -> None:
      self._on_event(eval_events.ComputingFeatures(done, total))

    if training is None and settings.examine_training:
      training = training_features.load(
        model,
        self._dataset,
        input_settings,
        fallback=self._config.eval_dir,
        on_progress=on_progress,
      )
    return analysis_lib.analyse(
      predictions,
      facts,
      settings,
      k=min(evaluator.MAX_K, self._dataset.num_classes),
      other=self._other,
      training=training,
      extras=extra_measurements.measure(
        model,
        self._dataset,
        predictions,
        settings,
        input_settings,
        views=recorded.views,
        is_head_only=recorded.is_head_only,
        on_progress=on_progress,
      ),
    )

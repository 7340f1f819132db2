"""Evaluates checkpoints with one network, and analyses its answers.

CheckpointEvaluator   evaluates any number of checkpoints in succession
EvalError             a checkpoint cannot be evaluated
"""

import contextlib
import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from inception import dataset as dataset_lib
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.checkpoints import run_info
from inception.evaluation import activation_maps
from inception.evaluation import analysis as analysis_lib
from inception.evaluation import comparison
from inception.evaluation import eval_events
from inception.evaluation import evaluator
from inception.evaluation import extra_measurements
from inception.evaluation import image_looks
from inception.evaluation import predictions as predictions_lib
from inception.evaluation import record_sources
from inception.evaluation import training_features
from inception.evaluation import views
from inception.hardware import mixed_precision
from inception.hardware import replicas as replicas_lib
from inception.inference import evaluation_network
from inception.jobs import errors
from inception.monitoring import eval_summaries
from inception.monitoring import summaries
from inception.optimization import moving_averages
from inception.settings import config
from inception.settings import training_config


class EvalError(errors.UserError):
  """A checkpoint cannot be evaluated; the text says why and what to do."""


class _Recorded(NamedTuple):
  """Settings of the evaluation, partly from the checkpoint.

  Attributes:
    image_size: height and width of the network's input, in pixels.
    precision: number format of the computation.
    is_head_only: whether only the last layer is known to have been trained.
  """

  image_size: int
  precision: str
  is_head_only: bool = False


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
    """Prepares; the networks are made when they are first needed.

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
    self._replicas = replicas
    self._models: dict[str, inception_model.InceptionModel] = {}
    self._networks: dict[str, evaluation_network.EvaluationNetwork] = {}
    self._evaluators: dict[tuple[str, int, bool], evaluator.Evaluator] = {}
    # 8 kB per example: only where the network itself cannot judge the labels.
    self._needs_features = bool(
      eval_config.relabel_csv and input_config.subset in analysis_lib.TRAINING
    )

  def _scope(self) -> contextlib.AbstractContextManager:
    """Returns the context for making variables that every device has."""
    if self._replicas is None:
      return contextlib.nullcontext()
    return self._replicas.strategy.scope()

  def _model(self, precision: str) -> inception_model.InceptionModel:
    """Returns the network for a precision; makes it when first needed."""
    if precision not in self._models:
      with self._scope():
        self._models[precision] = inception_model.InceptionModel(
          num_classes=self._dataset.num_classes,
          compute_dtype=mixed_precision.compute_dtype(precision),
        )
    return self._models[precision]

  def _evaluator(
    self, precision: str, image_size: int, has_features: bool
  ) -> evaluator.Evaluator:
    """Returns the evaluator for an image size; each traces the network."""
    key = precision, image_size, has_features
    if key not in self._evaluators:
      network = self._networks[precision]
      self._evaluators[key] = evaluator.Evaluator(
        lambda images: self._classify(network, images, has_features),
        self._dataset,
        self._settings(image_size),
        num_examples=self._config.num_examples,
        has_crops=self._config.views > 2,
        replicas=self._replicas,
      )
    return self._evaluators[key]

  def _classify(
    self,
    model: evaluation_network.EvaluationNetwork,
    images: tf.Tensor,
    has_features: bool,
  ) -> tuple[tf.Tensor, ...]:
    """Returns logits, activation maps, looks, and features if needed."""
    arranged = views.arrange(images)
    outputs = model.inference(arranged[0], is_training=False)
    logits = outputs.logits
    if self._config.views > 1:
      logits = views.average(
        logits,
        arranged[1:],
        lambda view: model.inference(view, is_training=False).logits,
      )
    maps = activation_maps.class_activation_maps(
      outputs.end_points[activation_maps.FEATURE_MAP],
      model.variables[activation_maps.WEIGHTS],
      tf.argmax(logits, axis=1),
    )
    looks = image_looks.measure(arranged[0])
    if not has_features:
      return logits, maps, looks
    features = tf.cast(outputs.end_points['features'], tf.float32)
    return logits, maps, looks, features

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
    recorded = self._check_info(prefix)
    image_size, precision = recorded.image_size, recorded.precision
    model = self._model(precision)
    checkpoint.restore(
      prefix,
      {
        moving_averages.shadow_name(name): variable
        for name, variable in model.variables.items()
      },
    )
    if precision not in self._networks:
      with self._scope():
        self._networks[precision] = evaluation_network.EvaluationNetwork(model)
    else:
      self._networks[precision].update()
    step = checkpoint.step_of(prefix)
    self._on_event(
      eval_events.Loaded(prefix, step, image_size, model.compute_dtype.name)
    )
    training = training_features.find(
      model,
      self._dataset,
      self._settings(image_size),
      fallback=self._config.eval_dir,
    )
    examines = training is not None or self._config.examine_training
    collector = predictions_lib.Collector()
    result = self._evaluator(
      precision, image_size, examines or self._needs_features
    ).run(self._on_event, on_batch=collector.add)
    summaries.write_eval(
      eval_dir,
      step,
      precision_at_1=result.precision_at_1,
      recall_at_k=result.recall_at_k,
      k=result.k,
    )
    event = eval_events.CheckpointEvaluated(step, result)
    self._on_event(event)
    facts = analysis_lib.Facts(
      checkpoint=prefix,
      step=step,
      data_name=self._dataset.name,
      data_dir=self._dataset.data_dir,
      subset=self._input_config.subset,
      image_size=image_size,
      views=self._config.views,
    )
    self._on_event(
      self._analyse(collector, recorded, facts, eval_dir, training)
    )
    return event

  def _settings(self, image_size: int) -> config.InputConfig:
    return dataclasses.replace(self._input_config, image_size=image_size)

  def _analyse(
    self,
    collector: predictions_lib.Collector,
    recorded: _Recorded,
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
    settings = dataclasses.replace(self._config, eval_dir=eval_dir)
    model = self._model(recorded.precision)
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
    analysis = analysis_lib.analyse(
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
        is_head_only=recorded.is_head_only,
        on_progress=on_progress,
      ),
    )
    eval_summaries.write(
      eval_dir,
      facts.step,
      class_names=predictions.class_names,
      matrix=analysis.metrics.matrix,
      probabilities=predictions.probabilities,
      labels=predictions.labels,
    )
    return eval_events.Analysed(analysis)

  def _check_info(self, prefix: str) -> _Recorded:
    """Returns the settings to evaluate with; requires the data's classes.

    Raises:
      EvalError: the checkpoint was trained on other classes.
    """
    settings = _Recorded(self._input_config.image_size, self._config.precision)
    text = checkpoint.read_text(prefix, run_info.VARIABLE)
    if text is None:  # A checkpoint of 2016 or of another program.
      return settings
    try:
      info = run_info.RunInfo.from_json(text)
      run_info.check_classes(
        info, self._dataset.class_names, flag='checkpoint_dir'
      )
    except ValueError as error:
      raise EvalError(f'{prefix!r}: {error}') from error
    if self._config.use_training_image_size:
      settings = settings._replace(image_size=info.image_size)
    if self._config.use_training_precision:
      # A later version may have computed in a precision unknown here.
      recorded = info.settings.get('precision')
      if recorded in training_config.PRECISIONS:
        settings = settings._replace(precision=recorded)
    scopes = info.settings.get('trainable_scopes')
    return settings._replace(is_head_only=scopes == training_config.HEAD)

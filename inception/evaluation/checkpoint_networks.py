"""Networks for evaluating checkpoints, which are made when first needed.

CheckpointNetworks   networks for each precision, and their evaluators
"""

import contextlib

import tensorflow as tf

from inception import dataset as dataset_lib
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.evaluation import activation_maps
from inception.evaluation import evaluator
from inception.evaluation import image_looks
from inception.evaluation import views as views_lib
from inception.hardware import mixed_precision
from inception.hardware import replicas as replicas_lib
from inception.inference import evaluation_network
from inception.optimization import moving_averages
from inception.settings import config


class CheckpointNetworks:
  """Networks for each precision; evaluators for each size and views."""

  def __init__(
    self,
    dataset: dataset_lib.Dataset,
    eval_config: config.EvalConfig,
    *,
    replicas: replicas_lib.Replicas | None,
  ):
    """Makes no network yet.

    Args:
      dataset: data set to evaluate on.
      eval_config: settings of the evaluation.
      replicas: devices that share each batch; None is the default device.
    """
    self._dataset = dataset
    self._config = eval_config
    self._replicas = replicas
    self._models: dict[str, inception_model.InceptionModel] = {}
    self._networks: dict[str, evaluation_network.EvaluationNetwork] = {}
    self._evaluators: dict[tuple[str, int, int, bool], evaluator.Evaluator] = {}

  def restore(
    self, prefix: str, precision: str
  ) -> inception_model.InceptionModel:
    """Returns the network for a precision, with the averages of a checkpoint.

    Args:
      prefix: prefix of the checkpoint.
      precision: number format of the computation.

    Raises:
      checkpoint.CheckpointError: the checkpoint cannot be used.
    """
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
    return model

  def evaluator(
    self,
    precision: str,
    settings: config.InputConfig,
    *,
    views: int,
    has_features: bool,
  ) -> evaluator.Evaluator:
    """Returns the evaluator for these settings; each traces the network.

    Args:
      precision: number format of a restored network.
      settings: settings of the batches, with the image size.
      views: number of views whose probabilities are averaged.
      has_features: whether it collects the input of the last layer.
    """
    key = precision, settings.image_size, views, has_features
    if key not in self._evaluators:
      network = self._networks[precision]
      self._evaluators[key] = evaluator.Evaluator(
        lambda images: self._classify(network, images, views, has_features),
        self._dataset,
        settings,
        num_examples=self._config.num_examples,
        has_crops=views > 2,
        replicas=self._replicas,
      )
    return self._evaluators[key]

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

  def _classify(
    self,
    model: evaluation_network.EvaluationNetwork,
    images: tf.Tensor,
    views: int,
    has_features: bool,
  ) -> tuple[tf.Tensor, ...]:
    """Returns logits, activation maps, looks, and features if needed."""
    arranged = views_lib.arrange(images)
    outputs = model.inference(arranged[0], is_training=False)
    logits = outputs.logits
    if views > 1:
      logits = views_lib.average(
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

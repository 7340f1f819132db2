"""Evaluates the newest checkpoint of a folder at several image sizes.

  python tests/benchmarks/accuracy_evaluation.py DATA_DIR TRAIN_DIR 160,208

prints a JSON object: {"160": {"correct": 130, "examples": 150, "p1": 0.8667,
"nll": 0.61}, ...}. The averaged weights are evaluated, without tracing: for a
few hundred images that is faster. 208r evaluates at 208 pixels after batch
norm's statistics have been recomputed at that size; 208f averages each image
and its mirror image, as a training with --eval_views=2 does.
"""

import dataclasses
import json
import sys

import numpy as np
import tensorflow as tf

from inception import flowers_data
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.evaluation import views
from inception.input import input_pipeline
from inception.optimization import batch_norm_recalibration
from inception.optimization import moving_averages
from inception.settings import config

_BATCH_SIZE = 50
_RECALIBRATION_BATCHES = 10


def load(data, prefix):
  """Returns a network with a checkpoint's averaged weights."""
  model = inception_model.InceptionModel(
    num_classes=data.num_classes, compute_dtype=tf.bfloat16
  )
  checkpoint.restore(
    prefix,
    {
      moving_averages.shadow_name(name): variable
      for name, variable in model.variables.items()
    },
  )
  return model


def recalibrate(model, data, settings):
  """Recomputes batch norm's statistics at an image size."""
  batches = input_pipeline.train_batches(
    data, dataclasses.replace(settings, subset='train', batch_size=32)
  )
  batch_norm_recalibration.Recalibrator(model).run(
    images for images, _ in batches.take(_RECALIBRATION_BATCHES)
  )


def evaluate(model, data, settings, *, num_views=1):
  """Returns the measures at one image size."""
  classify = views.classifier(
    lambda images: model.inference(images, is_training=False).logits,
    num_views=num_views,
  )
  logits, labels = [], []
  for images, targets, mask in input_pipeline.eval_batches(data, settings):
    logits.append(classify(images)[mask])
    labels.append(targets[mask])
  logits = np.concatenate(logits).astype(np.float64)
  labels = np.concatenate(labels)
  logits -= logits.max(axis=1, keepdims=True)
  log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
  correct = int((logits.argmax(axis=1) == labels).sum())
  return {
    'correct': correct,
    'examples': len(labels),
    'p1': round(correct / len(labels), 4),
    'nll': round(
      float(-log_probabilities[np.arange(len(labels)), labels].mean()), 4
    ),
  }


def main(data_dir, train_dir, sizes):
  data = flowers_data.load(data_dir)
  model = load(data, checkpoint.latest(train_dir))
  results = {}
  # Recalibrated ones last: they change the network.
  for text in sorted(sizes.split(','), key=lambda text: 'r' in text):
    settings = config.InputConfig(
      data_dir=data_dir,
      subset='validation',
      batch_size=_BATCH_SIZE,
      image_size=int(text.rstrip('fr')),
      augmentation='light',
      seed=1,
    )
    if 'r' in text:
      recalibrate(model, data, settings)
    results[text] = evaluate(
      model, data, settings, num_views=2 if 'f' in text else 1
    )
  print(json.dumps(results))


if __name__ == '__main__':
  main(*sys.argv[1:])

"""Makes a pretrained checkpoint whose batch-norm statistics fit given data.

  python tests/benchmarks/accuracy_exact_start.py DATA_DIR CHECKPOINT OUTPUT

The statistics are recomputed by forward passes over the training images at 299
pixels, as evaluation sees them; the weights stay as they are. The classifiers
are left out: fine-tuning starts them from random weights.
"""

import sys

import tensorflow as tf

from inception import flowers_data
from inception import inception_model
from inception.checkpoints import checkpoint
from inception.input import input_pipeline
from inception.optimization import batch_norm_recalibration
from inception.settings import config


def main(data_dir, path, output, size='299'):
  data = flowers_data.load(data_dir)
  model = inception_model.InceptionModel(num_classes=data.num_classes)
  checkpoint.restore_pretrained(
    path, model.variables, exclude=model.classifier_variables
  )
  settings = config.InputConfig(
    data_dir=data_dir, batch_size=34, image_size=int(size)
  )
  batches = input_pipeline.eval_batches(data, settings)
  batch_norm_recalibration.Recalibrator(model).run(
    images for images, _, mask in batches if bool(tf.reduce_all(mask))
  )
  print(checkpoint.save(output, 0, model.variables))


if __name__ == '__main__':
  main(*sys.argv[1:])

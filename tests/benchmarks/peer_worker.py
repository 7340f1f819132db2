"""Training step of one program, in a process of its own; see peers_benchmark.

  python peer_worker.py PEER PRECISION BATCH_SIZE IMAGE_SIZE

It makes the network with random weights, makes two steps, and prints `ready`.
Then, for each line N of its standard input, it makes N steps and prints their
seconds and processor seconds. It ends when its input ends.

Each peer is set up as its documentation advises for speed on a CPU. A step is
forward and backward pass, RMSProp with momentum, and a moving average of the
weights. It imports nothing of this project but for `ours`.
"""

import importlib
import sys
import time

_NUM_LOGITS = 6
# Below this size in pixels, PyTorch's networks have no auxiliary classifier:
# its kernel of 5 x 5 is larger than its input.
_AUX_SIZE = 299


def ours(precision, batch_size, size):
  """Returns this project's step."""
  import tensorflow as tf

  from inception import inception_model
  from inception.training import train_state
  from inception.training import train_step

  state = train_state.TrainState(
    inception_model.InceptionModel(
      num_classes=_NUM_LOGITS - 1, compute_dtype=tf.as_dtype(precision)
    )
  )
  step = train_step.make_train_step(state)
  images = tf.random.uniform([batch_size, size, size, 3], -1, 1)
  labels = tf.ones([batch_size], tf.int32)
  return lambda: float(
    step(images, labels, tf.constant(0.001), tf.constant(0.0))['total_loss']
  )


def keras(precision, batch_size, size):
  """Returns the step of Keras' network, which has no auxiliary classifier."""
  import keras
  import tensorflow as tf

  keras.mixed_precision.set_global_policy(
    'float32' if precision == 'float32' else f'mixed_{precision}'
  )
  model = keras.applications.InceptionV3(
    weights=None, classes=_NUM_LOGITS, input_shape=(size, size, 3)
  )
  model.compile(
    keras.optimizers.RMSprop(
      0.001, momentum=0.9, use_ema=True, ema_momentum=0.9999
    ),
    'sparse_categorical_crossentropy',
    jit_compile=False,
  )
  images = tf.random.uniform([batch_size, size, size, 3], -1, 1)
  labels = tf.ones([batch_size], tf.int32)
  return lambda: float(model.train_on_batch(images, labels))


def torchvision(precision, batch_size, size, *, compiled=False):
  """Returns the step of torchvision's network."""
  models = importlib.import_module('torchvision.models')
  return _torch_step(
    models.inception_v3(
      weights=None,
      init_weights=False,
      aux_logits=size >= _AUX_SIZE,
      num_classes=_NUM_LOGITS,
    ),
    *(precision, batch_size, size),
    compiled=compiled,
  )


def timm(precision, batch_size, size, *, compiled=False):
  """Returns the step of timm's network."""
  models = importlib.import_module('timm')
  return _torch_step(
    models.create_model(
      'inception_v3', num_classes=_NUM_LOGITS, aux_logits=size >= _AUX_SIZE
    ),
    *(precision, batch_size, size),
    compiled=compiled,
  )


def _torch_step(model, precision, batch_size, size, *, compiled):
  """Returns a step with channels last, and autocast unless float32."""
  # It is in the environment of the peers alone.
  torch = importlib.import_module('torch')
  torch.set_num_threads(2)
  model = model.to(memory_format=torch.channels_last).train()
  forward = torch.compile(model) if compiled else model
  images = (torch.rand(batch_size, 3, size, size) * 2 - 1).to(
    memory_format=torch.channels_last
  )
  labels = torch.ones(batch_size, dtype=torch.long)
  parameters = list(model.parameters())
  optimizer = torch.optim.RMSprop(parameters, 0.001, momentum=0.9, foreach=True)
  shadows = [parameter.detach().clone() for parameter in parameters]
  loss_of = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
  dtype = getattr(torch, precision)
  is_mixed = precision != 'float32'

  def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast('cpu', dtype if is_mixed else None, enabled=is_mixed):
      outputs = forward(images)
      if isinstance(outputs, tuple):
        logits, aux_logits = outputs
        loss = loss_of(logits, labels) + 0.4 * loss_of(aux_logits, labels)
      else:
        loss = loss_of(outputs, labels)
    loss.backward()
    optimizer.step()
    with torch.no_grad():
      torch._foreach_lerp_(shadows, parameters, 0.0001)
    return float(loss.detach())

  return step


def timm_compiled(precision, batch_size, size):
  """Returns timm's step by torch.compile, which needs a C++ compiler."""
  return timm(precision, batch_size, size, compiled=True)


def torchvision_compiled(precision, batch_size, size):
  """Returns torchvision's step by torch.compile."""
  return torchvision(precision, batch_size, size, compiled=True)


def matrix(precision, batch_size, size):
  """Returns a product of NumPy matrices, a peer that needs no environment."""
  import numpy as np

  del precision
  values = np.ones([batch_size, size, size], np.float32)
  return lambda: float((values @ values)[0, 0, 0])


PEERS = {
  function.__name__: function
  for function in (
    ours,
    keras,
    torchvision,
    timm,
    torchvision_compiled,
    timm_compiled,
    matrix,
  )
}


def main():
  name, precision, batch_size, size = sys.argv[1:]
  step = PEERS[name](precision, int(batch_size), int(size))
  step()
  step()
  print('ready', flush=True)
  for line in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(int(line)):
      step()
    print(time.perf_counter() - start, time.process_time() - cpu, flush=True)


if __name__ == '__main__':
  main()

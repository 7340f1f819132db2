"""Hyperparameters with which Inception v3 was trained in 2016.

They are the defaults of the flags, of the config dataclasses and of the
network. This module is the only one that contains them.
"""

# Maximum decay of the averaged weights, which are the ones evaluated.
EMA_DECAY = 0.9999
# Maximum decay of batch norm's moving averages.
BATCH_NORM_DECAY = 0.9997
# Factor of the L2 loss of all weights.
WEIGHT_DECAY = 0.00004
# Probability mass that label smoothing spreads over all classes.
LABEL_SMOOTHING = 0.1
# Weight of the auxiliary classifier's loss.
AUX_LOSS_WEIGHT = 0.4
# Probability with which dropout keeps a feature.
DROPOUT_KEEP_PROB = 0.8

"""The numbers that Inception v3 was trained with in 2016.

They are the defaults of the flags, of the config dataclasses and of the network
alike; this is the only place that has them.
"""

# Limit of the decay of the averaged weights, which are evaluated.
EMA_DECAY = 0.9999
# Limit of the decay of batch norm's moving averages.
BATCH_NORM_DECAY = 0.9997
# Factor of the L2 loss of all weights.
WEIGHT_DECAY = 0.00004
# Probability mass of a label that is spread over all classes.
LABEL_SMOOTHING = 0.1
# Weight of the auxiliary classifier's loss.
AUX_LOSS_WEIGHT = 0.4
# Probability with which dropout keeps a feature.
DROPOUT_KEEP_PROB = 0.8

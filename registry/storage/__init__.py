"""Where files of models are kept: by content, written once, checked whenever they are read."""

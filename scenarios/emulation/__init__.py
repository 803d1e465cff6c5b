"""A small fleet out of the simulator, put on real wires: what the simulator predicts of it, and what is measured."""

"""Policy questions asked of the simulator: one file, one question."""

"""From tables of measured round-trip times to the latency model, and back: fitting it, and checking what it predicts."""

"""Testing: the pytest plugin that compares what happened in a test with a diagram."""

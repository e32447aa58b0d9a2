"""What a plan may be called, hold and be published to."""

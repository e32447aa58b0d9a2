"""Each service's own copy of identity's directory, fed by events, and the questions "who may see whom"."""

"""Events and shared vocabulary: what services may know about one another."""

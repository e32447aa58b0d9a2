"""What leaves for other sites: the second outbox, and the numbered stream to each peer."""

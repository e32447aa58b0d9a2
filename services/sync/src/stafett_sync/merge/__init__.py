"""What follows from all sites' facts together."""

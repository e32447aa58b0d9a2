"""HR master data: reading, checking and applying the nightly snapshot."""

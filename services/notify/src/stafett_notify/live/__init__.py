"""Live updates: what open browsers are told as it happens (NTF-139 to NTF-141)."""

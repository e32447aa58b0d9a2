"""Merging, as pure functions over statements, registry and catalogue (SYN-075 to SYN-105, SYN-345).

The result depends on the set of facts only: not on their order, their number, or anybody's clock.
"""

"""Events of plans: the catalogue and plans, and people's progress in them."""


__all__ = [
]

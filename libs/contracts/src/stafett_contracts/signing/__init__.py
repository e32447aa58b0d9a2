"""Events of signing: requests, decisions, delegations; and the basis a decision is made on."""


__all__ = [
]

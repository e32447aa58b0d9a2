"""The decisions about e-mail: what it says, when it is tried again, where it may go."""

"""SPEC 2: the three ways in which a procedure ends without a result."""


class Reject(Exception):
    """SPEC 2, Reject: the presented token is not accepted."""

    def __init__(self, stage, reason=None):
        super().__init__(stage if reason is None else f"{stage}: {reason}")
        self.stage = stage
        self.reason = reason


class Refuse(Exception):
    """SPEC 2, Refuse: the operator or the application supplied something unusable."""


class Unavailable(Exception):
    """SPEC 2, Unavailable: the server itself lacks what it needs to decide."""

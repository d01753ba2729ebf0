"""The one error of this reader: bytes that the protocol does not take, and why."""


class Refused(Exception):
    """`reason` is one stable word for programs, the text says the rest."""

    def __init__(self, reason: str, text: str = ""):
        super().__init__(f"{reason}: {text}" if text else reason)
        self.reason = reason
        self.text = text


def need(condition, reason: str, text: str = "") -> None:
    """Refuses where the condition does not hold."""
    if not condition:
        raise Refused(reason, text)

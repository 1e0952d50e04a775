"""Which checkpoints of a trial are kept, and when a class trainable makes them."""

from __future__ import annotations

from dataclasses import dataclass

from pegbox.argument_checks import flag, named_value, one_of, whole

__all__ = ["CheckpointConfig"]


@dataclass(frozen=True, kw_only=True)
class CheckpointConfig:
    """Which checkpoints of each trial are kept, and when a class trainable makes them.

    Attributes:
        num_to_keep: How many of a trial's checkpoints stay on disk; None keeps all.
        checkpoint_score_attribute: Name of the reported value by which the best are kept; None
            keeps the latest. ``checkpoint_score_order``: ``"max"`` or ``"min"``, which is best.
        checkpoint_frequency: A class trainable saves one every so many iterations; 0 never.
            Functions report theirs when they like.
        checkpoint_at_end: Whether a class trainable saves one when a trial ends. None is False.

    Raises:
        ConfigError: A value that cannot be used.
    """

    num_to_keep: int | None = None
    checkpoint_score_attribute: str | None = None
    checkpoint_score_order: str = "max"
    checkpoint_frequency: int = 0
    checkpoint_at_end: bool | None = None

    def __post_init__(self) -> None:
        owner = "CheckpointConfig"
        if self.num_to_keep is not None:
            whole(owner, "num_to_keep", self.num_to_keep, 1, "None keeps all of them.")
        if self.checkpoint_score_attribute is not None:
            named_value(owner, "checkpoint_score_attribute", self.checkpoint_score_attribute)
        one_of(owner, "checkpoint_score_order", self.checkpoint_score_order, ("max", "min"))
        whole(owner, "checkpoint_frequency", self.checkpoint_frequency, 0, "0 is never.")
        if self.checkpoint_at_end is not None:
            flag(owner, "checkpoint_at_end", self.checkpoint_at_end)

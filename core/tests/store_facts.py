"""Facts for the tests of the store and of what is read from it."""

from pegbox._store import ExperimentMeta
from pegbox.events import Ended, GrowthJudged, Launched, Reported, RoomChanged, Suggested
from pegbox.jsonvalue import dumps
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.space import Space, choice, uniform
from pegbox.trial import CheckpointRecord, State, TrialFailure

#: Events that tell the engine of the cluster as it is at the moment.
NEVER_STORED = {GrowthJudged, RoomChanged}

CPU = Resources({"cpu": 1})
SPACE = Space({"x": uniform(0, 1), "kind": choice([dict, list]), "deep": {"n": 3}})
META = ExperimentMeta(
    run="ab1de",
    name="trying",
    trainable="train",
    created=1_700_000_000.25,
    version="0.1.0",
    seed=7,
    objectives=(Objective("loss", "min"),),
    space=SPACE.describe(),
    searcher="random",
    searcher_options={"n": 1},
    scheduler="asha",
    scheduler_options={"bound": float("inf")},
    settings={"num_samples": 3},
)


def suggested(trial, x=0.5):
    point = {"x": x, "kind": 1}
    config = SPACE.config(point)
    encoded = SPACE.encode_config(config, point)
    return Suggested(1.0, trial, point, config, encoded, CPU, f"{trial}_x={x}")


def launched(trial, attempt=1):
    return Launched(1.0, trial, attempt, "tcp://127.0.0.1:4000")


def reported(trial, iteration, *, attempt=1, decision="CONTINUE", checkpoint=None, **metrics):
    metrics = metrics or {"loss": 1 / iteration}
    return Reported(
        at=2.0,
        trial=trial,
        attempt=attempt,
        iteration=iteration,
        time_this_iter_s=0.5,
        time_total_s=0.5 * iteration,
        timestamp=1_700_000_001.0,
        metrics=metrics,
        encoded=dumps(metrics),
        place=1,
        checkpoint=checkpoint,
        decision=decision,
    )


def finished(trial, attempt=1):
    return Ended(2.0, trial, attempt, "finished", 1, became=State.FINISHED)


def lost(trial, attempt=1):
    failure = TrialFailure("lost", "its worker disappeared")
    return Ended(2.0, trial, attempt, "lost", 1, failure, State.QUEUED)


def failed(trial, attempt=1, message="no luck"):
    failure = TrialFailure(
        "exception", message, "ValueError", f"Traceback …\nValueError: {message}"
    )
    return Ended(2.0, trial, attempt, "failed", 1, failure, State.FAILED)


def checkpoint_at(trial, iteration):
    return CheckpointRecord(f"train_ab1de_{trial:05d}/c{iteration}", iteration, 0.5 * iteration, 10)


def whole_trial(trial):
    return [suggested(trial), launched(trial), reported(trial, 1), finished(trial)]

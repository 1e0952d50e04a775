"""What is special to Ax: its phases, constraints, objectives, noise, and how quiet it is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from pegbox import choice, qrandint, quniform, randint, uniform
from pegbox.errors import ConfigError, UnsupportedSpace
from pegbox.known_points import refused_id
from pegbox.objective import Objective
from pegbox.space import Choice, Condition, Float
from pegbox_ax import AxSearch

PLANE = {"x": uniform(0, 1), "y": uniform(0, 1)}
TREE = {
    "net": choice(
        [{"kind": "mlp", "width": randint(1, 9)}, {"kind": "cnn", "rate": uniform(0, 1)}]
    ),
    "only": choice([{"inner": uniform(0, 1)}]),
}

#: Whatever a trial is told to have reported.
Result = dict[str, float]


def bowl(point: Mapping[str, float]) -> Result:
    return {"loss": (point["x"] - 0.7) ** 2 + (point["y"] - 0.2) ** 2}


def test_begins_with_the_centre_unless_something_is_known_or_it_is_not_wanted(drive: Any) -> None:
    space = {"x": uniform(0, 10), "n": randint(0, 9), "q": quniform(0, 1, 0.25)}
    assert drive(space).ask() == [{"x": 5.0, "n": 4, "q": 0.5}]
    assert drive(space, initialize_with_center=False).ask()[0]["x"] != 5.0
    knowing = drive(PLANE)
    knowing.observe([{"x": 0.1, "y": 0.1}], bowl)
    assert knowing.ask() != [{"x": 0.5, "y": 0.5}]


def test_waits_for_results_without_making_slots_wait(drive: Any) -> None:
    """The budget alone does not end the Sobol sequence; results do."""
    driven = drive(PLANE)
    first = driven.ask(12)
    sobol = drive(PLANE, method="random_search").ask(12)
    assert first == sobol
    for point in first[:5]:
        driven.tell(bowl(point))
    assert driven.ask() != drive(PLANE, method="random_search").ask(13)[-1:]


def test_a_small_space_is_gone_through_and_then_begun_again(drive: Any) -> None:
    driven = drive({"a": choice([0, 1]), "b": choice([0, 1, 2])})
    points = driven.learn(9, lambda point: {"loss": float(point["a"] + point["b"])})
    assert len({tuple(point.items()) for point in points[:6]}) == 6
    assert all(point in points[:6] for point in points[6:])


def test_one_value_alone_needs_no_optimizer(drive: Any) -> None:
    assert drive({"a": choice(["x"])}).learn(7, lambda point: {"loss": 1.0}) == [{"a": 0}] * 7


def test_what_does_not_exist_is_left_out_by_the_model_too(drive: Any) -> None:
    driven = drive(TREE)
    points = driven.learn(7, lambda point: {"loss": float(len(point))})
    assert {point["net"] for point in points} == {0, 1}
    for point in points:
        inner = "net/0/width" if point["net"] == 0 else "net/1/rate"
        assert set(point) == {"net", inner, "only", "only/0/inner"}


def test_constraints_between_parameters_hold_from_the_first_point_to_the_model_s(
    drive: Any,
) -> None:
    space = {
        "x": uniform(-5, 5),
        "y": uniform(0, 10),
        "n": randint(0, 20),
        "big": randint(0, 10**6),
    }
    texts = ["x + 2*y <= 4", "n >= y + 3", "100000*x - big <= 1000", "n <= 18"]
    driven = drive(space, constraints=texts)
    for point in driven.learn(6, lambda p: {"loss": -p["x"] - 3 * p["y"] - p["n"]}):
        assert point["x"] + 2 * point["y"] <= 4 + 1e-7
        assert point["n"] >= point["y"] + 3 - 1e-7
        assert point["big"] >= 100000 * point["x"] - 1000 - 1e-3


def test_constraints_that_leave_hardly_anything_hold_too(drive: Any) -> None:
    space = {f"x{index}": uniform(0, 1) for index in range(8)}
    driven = drive(space, constraints=[" + ".join(space) + " <= 0.05"])
    points = driven.ask(3)
    assert all(sum(point.values()) <= 0.05 + 1e-9 for point in points)
    assert len({point["x0"] for point in points}) == 3


def test_results_that_are_not_allowed_are_kept_away_from(drive: Any) -> None:
    def result(point: Mapping[str, float]) -> Result:
        return {"loss": (point["x"] - 0.9) ** 2, "lat/ms": point["x"]}

    grid = [{"x": i / 4, "y": j / 2} for i in range(5) for j in range(3)]
    free = drive(PLANE)
    free.observe(grid, result)
    assert free.ask()[0]["x"] > 0.8
    bound = drive(PLANE, outcomes=["2*lat/ms <= 0.8"])
    bound.observe(grid, result)
    assert max(point["x"] for point in bound.learn(2, result)) < 0.5


def test_asked_again_for_the_same_trial_it_gives_another_point(drive: Any) -> None:
    driven = drive(PLANE)
    for number in (0, 6):
        driven.learn(number, bowl)
        again: list[Any] = []
        for seed in (1, 2, 3):
            refused = {refused_id("abcde_00099", at): point for at, point in enumerate(again)}
            again.append(driven.searcher.suggest("abcde_00099", refused, number, seed))
        least = min(
            abs(one["x"] - other["x"]) + abs(one["y"] - other["y"])
            for at, one in enumerate(again)
            for other in again[:at]
        )
        assert least > 0.005


def test_constraints_that_leave_nothing_are_said(drive: Any) -> None:
    driven = drive(PLANE, constraints=["x + y <= -1"])
    with pytest.raises(ConfigError, match="Ax finds no point that the constraints allow"):
        driven.ask()


def test_a_device_that_is_not_there_is_refused(drive: Any) -> None:
    with pytest.raises(ConfigError) as raised:
        drive(PLANE, torch_device="cuda:99")
    assert str(raised.value).startswith("AxSearch(torch_device='cuda:99'): torch cannot use it: ")


def test_a_trial_without_a_constrained_metric_counts_as_failed(drive: Any) -> None:
    driven = drive(PLANE, outcomes=["latency <= 1"], initialization_budget=1)
    driven.learn(3, bowl)
    assert driven.ask() == drive(PLANE, method="random_search").ask(4)[-1:]


def test_several_objectives_with_a_threshold_for_each_or_as_one_sum(drive: Any) -> None:
    def result(point: Mapping[str, float]) -> Result:
        return {"a": point["x"], "b": (1 - point["x"]) ** 2 + point["y"]}

    grid = [{"x": i / 4, "y": j / 2} for i in range(5) for j in range(3)]
    several = drive(PLANE, ("a", "b"), outcomes=["a <= 0.6", "b <= 0.6"])
    several.observe(grid, result)
    for point in several.learn(2, result):
        assert 0.2 < point["x"] < 0.65
    summed = drive(PLANE, ("a", "b"), objective_weights={"a": 1, "b": 2})
    summed.observe(grid, result)
    (point,) = summed.ask()
    assert point == pytest.approx({"x": 0.75, "y": 0}, abs=0.1)


def test_a_standard_error_says_how_much_a_result_is_worth(drive: Any) -> None:
    def result(sem: float) -> Any:
        # One lucky result at (0, 0), in a bowl around (0.7, 0.2).
        return lambda p: {"loss": bowl(p)["loss"] - 5.0 * (p["x"] + p["y"] == 0), "sem": sem}

    grid = [{"x": i / 4, "y": j / 2} for i in range(5) for j in range(3)]

    def asked(told: Any) -> dict[str, float]:
        driven = drive(PLANE, standard_errors={"loss": "sem"})
        driven.observe(grid, told)
        return driven.ask()[0]

    exact, noisy = asked(result(1e-4)), asked(result(5.0))
    assert exact != noisy
    # Missing ones are filled in from the others.
    partly = asked(lambda p: {k: v for k, v in result(5.0)(p).items() if k == "loss" or p["x"]})
    assert partly == noisy


def test_asks_print_nothing_and_leave_logging_and_random_numbers_as_they_were(
    drive: Any,
    capfd: pytest.CaptureFixture[str],
) -> None:
    import random

    import torch

    driven = drive(PLANE)
    capfd.readouterr()
    state, numbers = random.getstate(), torch.random.get_rng_state()
    levels = logging.getLogger("ax").level, torch.get_num_threads()
    driven.learn(6, bowl)
    assert capfd.readouterr() == ("", "")
    assert random.getstate() == state
    assert torch.equal(torch.random.get_rng_state(), numbers)
    assert (logging.getLogger("ax").level, torch.get_num_threads()) == levels


def test_without_a_model_the_sobol_sequence_goes_on_and_the_reason_is_said_once(
    drive: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    driven = drive(PLANE, torch_device="meta")
    driven.learn(7, bowl)
    said = [record.message for record in caplog.records if record.name == "pegbox"]
    assert len(said) == 1
    assert said[0].startswith("Ax's model has no point to try, so its Sobol sequence goes on")


def test_huge_and_equal_results_are_borne(drive: Any) -> None:
    for value in (1e300, 0.0):
        driven = drive(PLANE)
        driven.learn(7, lambda point, value=value: {"loss": value if point["x"] < 0.5 else 0.0})


def test_a_point_outside_the_space_is_refused_by_name(drive: Any) -> None:
    driven = drive(PLANE)
    with pytest.raises(ConfigError, match="the observed point is not in the space: 'y'"):
        driven.observe([{"x": 0.5, "y": 7.0}], bowl)
    with pytest.raises(ConfigError, match=r"has the parameters \['x'\], the space has"):
        driven.observe([{"x": 0.5}], lambda point: {"loss": 1.0})


def test_a_domain_that_ax_has_not_is_refused_by_name() -> None:
    for domain in (Float(1e-3, 1, log=True), Choice(tuple(range(2000)))):
        conditions = {"b": Condition("a", 1)} if domain.kind == "choice" else {}
        with pytest.raises(UnsupportedSpace, match="'a'"):
            AxSearch().setup(
                {"a": domain, "b": Float(0, 1)},
                [Objective("loss", "min")],
                seed=1,
                num_samples=1,
                conditions=conditions,
            )


def test_quantized_ranges_are_ax_s_own(drive: Any) -> None:
    driven = drive({"q": quniform(0, 1, 0.1), "n": qrandint(0, 50, 5)}, constraints=["10*q <= n"])
    for point in driven.learn(8, lambda point: {"loss": point["n"] - 5 * point["q"]}):
        assert 10 * point["q"] <= point["n"] + 1e-9

"""`cxr-edge train` drops no option: one that does not apply is wrong usage."""

import pytest

from cxr_edge.cli.main import main
from cxr_edge_train.cli.train import BALANCED_OPTIONS

VALUES = {
    "network": "mobilenet_v2",
    "size": "96",
    "batch": "8",
    "validation": "0.2",
    "teacher": "x",
    "start": "x",
    "fold": "0",
}


def refusal(capsys, *options):
    assert main(["train", "--run", "never-made", *options]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("name", BALANCED_OPTIONS)
def test_a_published_network_takes_no_option_of_our_own_recipe(name, capsys):
    message = refusal(capsys, "--model", "a1_baseline", f"--{name}", VALUES[name])
    assert f"found --{name} with --model a1_baseline" in message
    assert "expected only --data, --run, --epochs, --seed, --protocol and --bfloat16" in message


def test_all_that_do_not_apply_are_named(capsys):
    options = [part for name, value in VALUES.items() for part in (f"--{name}", value)]
    message = refusal(capsys, "--model", "a1_baseline", *options)
    assert ", ".join(f"--{name}" for name in BALANCED_OPTIONS) in message


def test_what_only_a_published_network_takes_is_refused_without_one(capsys):
    assert "found --protocol without --model" in refusal(capsys, "--protocol", "pooled")
    assert "found --bfloat16 without --model" in refusal(capsys, "--bfloat16")


def test_the_help_tells_the_defaults_of_the_recipe(capsys):
    from cxr_edge_train.learning.recipe import BalancedRecipe

    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text, recipe = " ".join(capsys.readouterr().out.split()), BalancedRecipe()
    for name, value in (
        ("network", recipe.network), ("size", recipe.size[0]), ("batch", recipe.batch),
        ("validation", recipe.validation), ("fold", recipe.fold),
    ):  # fmt: skip
        assert f"(default: {value})" in text, name
    assert f"default: {recipe.epochs}, or as many" in text
    assert f"(default: {recipe.seed}, or as published)" in text


def test_another_seed_of_a_published_network_keeps_its_split():
    from cxr_edge_train.reference.reference_recipe import reference_recipe

    published, other = (reference_recipe("a4_augmented", "pooled", other_seed=seed) for seed in (None, 7))
    assert (published.seed, other.seed) == (42, 7)
    assert published.split_seed == other.split_seed == 42
    assert {**published.to_dict(), "seed": 7} == other.to_dict()

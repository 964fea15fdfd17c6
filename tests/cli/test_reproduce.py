import json

import pytest

from clmil.data.packaged import sample_corpus_path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


def test_table2_needs_no_training(clmil, folder):
    done = clmil("reproduce", "table2", "--output", folder)
    assert done.exit_code == 0, done.output
    assert "55,840" in done.stdout
    assert "sample" in done.stdout
    assert (folder / "report.html").is_file()
    assert "| sample | 606 | 12 |" in (folder / "reproduction.md").read_text()


def test_a_dry_run_lists_runs_and_writes_nothing(clmil, folder):
    words = ("table5", "--data", sample_corpus_path(), "--seeds", "1,2", "--dry-run")
    done = clmil("reproduce", *words, "--output", folder)
    assert done.exit_code == 0, done.output
    assert "6 runs, about" in done.stdout
    assert "stated rate" in done.stdout
    assert not folder.exists()


def test_a_dry_run_knows_what_is_finished(clmil, folder):
    from clmil.experiments.reproduce import Wanted, prepare

    wanted = Wanted(part="table5", sources=(str(sample_corpus_path()),), seeds=(1,))
    cell = prepare(wanted).cells[0]
    (folder / "cells").mkdir(parents=True)
    values = {"cell": cell.to_json(), "seconds": 40.0, "results": {}}
    (folder / "cells" / f"{cell.key}.json").write_text(json.dumps(values))
    done = clmil("reproduce", "table5", "--seeds", "1", "--dry-run", "--output", folder)
    assert done.stdout.count("finished") == 1
    assert "like systems" in done.stdout


def test_seeds_that_are_none(clmil, folder):
    done = clmil("reproduce", "table5", "--seeds", "1,b", "--output", folder)
    assert done.exit_code == 2
    assert "--seeds 1,b is not a list of numbers" in done.stderr


def test_an_encoder_and_a_recipe_that_do_not_exist(clmil, folder):
    done = clmil("reproduce", "table5", "--recipe", "none.yaml", "--dry-run", "--output", folder)
    assert done.exit_code == 2
    assert "none.yaml cannot be read" in done.stderr

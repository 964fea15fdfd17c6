from clmil.experiments.cells import CorpusFacts, Settings, make_cell
from clmil.experiments.sources import code_digest, local_contents
from clmil.experiments.variants import BERT

FACTS = CorpusFacts(name="toy", source="toy", digest="d", documents=80)


def test_code_has_one_hash():
    assert code_digest() == code_digest()
    assert int(code_digest(), 16) >= 0


def test_what_a_recipe_names_counts_by_its_content(tmp_path):
    encoder = tmp_path / "one"
    encoder.mkdir()
    (encoder / "config.json").write_text("[]", encoding="utf-8")
    settings = Settings(overrides=(f"encoder.name={encoder}",))
    first = make_cell(FACTS, BERT, settings, 1).key
    assert make_cell(FACTS, BERT, settings, 1).key == first
    (encoder / "config.json").write_text("{}", encoding="utf-8")
    assert make_cell(FACTS, BERT, settings, 1).key != first


def test_names_without_a_file_are_names(tmp_path):
    vectors = tmp_path / "vectors.txt"
    recipe = {"encoder": {"name": "minilm"}, "words": {"vectors": str(vectors)}}
    assert local_contents(recipe) == {}
    vectors.write_text("a 1 2\n", encoding="utf-8")
    assert list(local_contents(recipe)) == ["words.vectors"]

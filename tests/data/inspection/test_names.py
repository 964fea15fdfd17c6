from clmil.data.inspection.names import name_facts


def test_names_that_are_several_are_suspected():
    facts = name_facts(["red", "blue", "red;blue", "blue;green", "plain"])
    assert facts["delimiters"] == [
        {"mark": ";", "labels": 2, "examples": ["red;blue", "blue;green"]}
    ]


def test_a_comma_within_a_name_is_no_mistake():
    assert name_facts(["Smith, John", "Doe, Jane", "x"])["delimiters"] == []


def test_names_alike_but_for_writing_are_told():
    groups = name_facts(["Net-Work", "network", "other", "++", "--"])["nearly_equal"]
    assert groups == [["Net-Work", "network"]]

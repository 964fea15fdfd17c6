"""What requests and answers look like; the OpenAPI page is made from it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Threshold = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
TEXT = "I was charged twice and nobody answers."


def _form(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [example]})


class PredictRequest(BaseModel):
    """Texts to label."""

    model_config = _form({"texts": [TEXT, "Where is the calendar?"], "top": 3})

    texts: Annotated[list[str], Field(min_length=1, description="One or more texts.")]
    thresholds: Annotated[
        dict[str, Threshold] | None,
        Field(description="Instead of the model's own, for the labels that it names."),
    ] = None
    top: Annotated[
        int | None,
        Field(ge=1, le=2**31, description="Most probable labels to give; without it, all."),
    ] = None


class Prediction(BaseModel):
    """One text's labels."""

    labels: Annotated[list[str], Field(description="Predicted labels, most probable first.")]
    probabilities: Annotated[
        dict[str, float], Field(description="Calibrated, by falling probability.")
    ]
    needs_person: Annotated[
        bool | None,
        Field(description="Too uncertain to be left alone; null if the model refers no texts."),
    ] = None


class PredictResponse(BaseModel):
    """One prediction a text, in the order of the texts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "predictions": [
                        {
                            "labels": ["billing"],
                            "probabilities": {"billing": 0.98, "churn-risk": 0.31, "bug": 0.02},
                            "needs_person": None,
                        }
                    ]
                }
            ]
        }
    )

    predictions: list[Prediction]


class ExplainRequest(BaseModel):
    """A text to explain."""

    model_config = _form({"text": TEXT, "labels": ["billing"]})

    text: str
    labels: Annotated[
        list[str] | None,
        Field(min_length=1, description="Labels to explain; without it, the predicted ones."),
    ] = None
    top: Annotated[
        int, Field(ge=1, le=10_000, description="Words to give at most for each label.")
    ] = 10


class Word(BaseModel):
    """A word and what it says for a label (score above 0) or against it."""

    start: Annotated[int, Field(description="Its first character, counted from 0.")]
    end: Annotated[int, Field(description="The character after its last.")]
    word: str
    score: float


class ExplainedLabel(BaseModel):
    """A label and the words that speak for it."""

    label: str
    probability: float
    predicted: bool
    words: Annotated[list[Word], Field(description="By falling size of the score.")]


class Tie(BaseModel):
    """Two labels that go together, and how strongly."""

    first: str
    second: str
    strength: float
    cooccurrence: Annotated[
        float | None, Field(description="Share of training texts with one that have the other.")
    ] = None


class ExplainResponse(BaseModel):
    """Which words speak for which label."""

    method: Annotated[str, Field(description="How the scores were found.")]
    labels: list[ExplainedLabel]
    together: list[Tie]


class Label(BaseModel):
    """A label of the model."""

    name: str
    description: str
    threshold: float
    training_rate: Annotated[float, Field(description="Share of training texts that have it.")]


class ModelFacts(BaseModel):
    """What is served."""

    name: str
    system: str
    labels: list[Label]
    never_empty: Annotated[
        bool, Field(description="A text over no threshold gets the label that comes nearest.")
    ]
    decides: Annotated[
        bool, Field(description="The system writes label sets itself and has no thresholds.")
    ]
    refer_above: Annotated[
        float | None,
        Field(description="Labels that may be wrong in expectation before a person is needed."),
    ]
    calibrated: bool
    precision: str
    training_documents: int
    validation: Annotated[
        dict[str, float], Field(description="Scores on the validation part, in [0, 1].")
    ]
    largest_request: Annotated[int, Field(description="Texts in one request at most.")]
    largest_body: Annotated[int, Field(description="Bytes of a request at most.")]
    longest_text: Annotated[int, Field(description="Characters of a text at most.")]


class Health(BaseModel):
    """Whether the server lives, or takes requests."""

    status: Annotated[str, Field(examples=["ok"])]


class Problem(BaseModel):
    """Why there is no answer: what is wrong, where, and what to do."""

    error: Annotated[str, Field(examples=["texts: give at least 1."])]

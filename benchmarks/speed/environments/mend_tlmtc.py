"""Let tlmtc run on Python 3.11: two type aliases are written the older way.

`python mend_tlmtc.py`, by the interpreter of the environment, after its packages are installed.
"""

from importlib.util import find_spec
from pathlib import Path

ALIASES = {
    "settings.py": ("type Unset = _UnsetType", "Unset = _UnsetType"),
    "prediction.py": (
        "type PredictionModel = PreTrainedModel | PeftModel | InferenceSession",
        "PredictionModel = object",
    ),
}

folder = Path(find_spec("tlmtc").origin).parent
for name, (newer, older) in ALIASES.items():
    source = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(source.replace(newer, older), encoding="utf-8")

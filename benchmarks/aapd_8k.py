"""Put together AAPD-8k, the corpus for experiments on a CPU, from the AAPD folder.

`python benchmarks/aapd_8k.py OUTPUT` reads the folder `aapd` below CLMIL_DATA_DIR and writes
OUTPUT/{train,validation,test}.jsonl.gz and OUTPUT/labels.json. See docs/data.md.
"""

import argparse
import gzip
import json
import os
import shutil
from pathlib import Path

PARTS = {
    "train": "train-8k-ids.txt",
    "validation": "validation-1k-ids.txt",
    "test": "test-3k-ids.txt",
}


def read_ids(path: Path) -> list[str]:
    """Return the ids of a file, one a line."""
    return path.read_text(encoding="utf-8").split()


def read_lines(path: Path, wanted: set[str]) -> dict[str, str]:
    """Return id to JSON line for the wanted documents."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        pairs = ((json.loads(line)["id"], line) for line in stream)
        return {key: line for key, line in pairs if key in wanted}


def write_lines(path: Path, lines: list[str]) -> None:
    """Write gzipped lines, byte for byte the same every time."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as stream:
        stream.write("".join(lines).encode())


def assemble(source: Path, output: Path) -> dict[str, int]:
    """Write the three parts in the order of the id files; return their sizes.

    Raises:
        SystemExit: if a document is missing or in two parts.
    """
    ids = {part: read_ids(source / name) for part, name in PARTS.items()}
    wanted = {key for part in ids.values() for key in part}
    if len(wanted) < sum(map(len, ids.values())):
        raise SystemExit(f"the id files in {source} are not disjoint")
    lines = read_lines(source / "train.jsonl.gz", wanted)
    if wanted - lines.keys():
        raise SystemExit(f"{source}/train.jsonl.gz lacks {len(wanted - lines.keys())} documents")
    output.mkdir(parents=True, exist_ok=True)
    for part, keys in ids.items():
        write_lines(output / f"{part}.jsonl.gz", [lines[key] for key in keys])
    shutil.copyfile(source / "labels.json", output / "labels.json")
    return {part: len(keys) for part, keys in ids.items()}


def main() -> None:
    """Read the command line and assemble."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    folder = os.environ.get("CLMIL_DATA_DIR")
    if not folder:
        raise SystemExit("set CLMIL_DATA_DIR to the folder that holds aapd; see docs/data.md")
    sizes = assemble(Path(folder) / "aapd", output)
    print(f"{output}: " + ", ".join(f"{part} {size:,}" for part, size in sizes.items()))


if __name__ == "__main__":
    main()

"""`python -m musubi_reader evidence FILE` judges evidence, `vectors DIR` the recorded vectors, `seal FILE` writes,
`verdicts FILE` says of many objects whether they are good.
One line of JSON says what was seen; exit code 0 all is good, 1 refused, 2 used wrongly."""

import json
import sys
from pathlib import Path

from .evidence import Evidence
from .refused import Refused


def main(arguments: list) -> int:
    try:
        command, path = arguments
    except ValueError:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        if command == "evidence":
            answer = Evidence(json.loads(Path(path).read_text("utf-8"))).counts
        elif command == "vectors":
            from .vectors import check

            answer = check(Path(path))
        elif command == "verdicts":
            from .verdicts import verdicts

            answer = verdicts(json.loads(Path(path).read_text("utf-8")))
        elif command == "seal":
            from .writer import seal

            answer = seal(json.loads(Path(path).read_text("utf-8")))
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except Refused as error:
        print(json.dumps({"refused": error.reason, "text": error.text}))
        return 1
    print(json.dumps(answer))
    return 0


sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Fails on an include that points up or sideways between the rooms of daemon/, and on a room that no picture knows.

The arrows are those of daemon/README.md: service, client -> alert, registry -> history, net -> trial -> base. Registry and
alert do not know each other, nor do history and net, nor service and client."""

import pathlib
import re
import sys

LAYERS = [{"base"}, {"trial"}, {"history", "net"}, {"registry", "alert"}, {"service", "client"}]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
ONLY_IN = {"sqlite3.h": "history", "curl/curl.h": "net"}


def complaints(daemon):
    for path in sorted(daemon.glob("*/*.[ch]")):
        room = path.parent.name
        if room not in LEVEL:
            yield f"{path}: room '{room}' is in no layer of {pathlib.Path(__file__).name}"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for header, owner in ONLY_IN.items():
                if f"<{header}>" in line and room != owner:
                    yield f"{path}:{number}: only {owner}/ includes {header}"
            match = INCLUDE.match(line)
            if not match or "/" not in match[1]:
                continue
            target = match[1].split("/")[0]
            if target not in LEVEL:
                yield f"{path}:{number}: include of unknown room '{target}'"
            elif target != room and LEVEL[target] >= LEVEL[room]:
                yield f"{path}:{number}: {room} must not know {target}"


def main():
    daemon = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "daemon")
    found = list(complaints(daemon))
    files = len(list(daemon.glob("*/*.[ch]")))
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{files} files, {len(found)} arrows that point the wrong way")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

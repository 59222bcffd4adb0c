"""Programs nothing: answers the digest of an image that it reads in parts, and the most memory that it ever had.

The protocol is that of the example, so that the example is tried.
"""

import hashlib
import importlib.util
import pathlib
import re

example = pathlib.Path(__file__).resolve().parents[5] / "examples/python-driver/driver.py"
spec = importlib.util.spec_from_file_location("example", example)
protocol = importlib.util.module_from_spec(spec)
spec.loader.exec_module(protocol)


def program(machine, _config, request):
    if request["options"].get("at") == "once":
        return {"version": str(len(machine.ask(op="readBytes", path=request["image"])))}
    digest = hashlib.sha256()
    for part in machine.read_parts(request["image"]):
        digest.update(part)
    peak = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]
    return {"version": f"{digest.hexdigest()} {peak}"}


def nothing(_machine, _config, _argument):
    return []


verbs = {verb: nothing for verb in ("discover", "status", "attach", "detach")}
protocol.Wire({**verbs, "program": program}).serve()

"""A driver in Python that speaks the driver protocol (docs/driver-protocol.md) with the standard library alone.

Its devices are files, as in examples/file-driver. The upper half is the protocol and serves any driver; the lower
half is this one.
"""

import base64
import json
import re
import threading


class DriverError(Exception):
    """A failure as the host understands it; the code says what kind, the advice when to try again."""

    def __init__(self, code, message, retry="never", hint=None):
        super().__init__(message)
        self.failure = {"code": code, "message": message, "retry": retry, "causes": []}
        if hint is not None:
            self.failure["hint"] = hint


class Wire:
    """File descriptor 3: one JSON-RPC message a line, in both directions."""

    def __init__(self, verbs):
        self.verbs = verbs
        self.config = {}
        self.input = open(3, "rb", closefd=False)
        self.output = open(3, "wb", buffering=0, closefd=False)
        self.lock = threading.Lock()
        self.waiting = {}
        self.requests = 0

    def send(self, message):
        line = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode() + b"\n"
        with self.lock:
            while line:
                line = line[self.output.write(line) :]

    def request(self, method, params):
        """Asks the host and waits for its answer."""
        answer = {"came": threading.Event()}
        with self.lock:
            self.requests += 1
            number = self.requests
            self.waiting[number] = answer
        self.send({"id": number, "method": method, "params": params})
        answer["came"].wait()
        error = answer["message"].get("error")
        if error is None:
            return answer["message"].get("result")
        failed = DriverError("internal", error["message"])
        failed.failure.update(error.get("data") or {})
        raise failed

    def serve(self):
        """Takes messages until the host closes the connection."""
        for line in self.input:
            message = json.loads(line)
            if "method" not in message:
                answer = self.waiting.pop(message["id"], None)
                if answer is not None:
                    answer["message"] = message
                    answer["came"].set()
            elif "id" in message:
                threading.Thread(target=self.answer, args=(message,), daemon=True).start()
            # Notifications: a call that is cancelled finds the machine closed to it, and that is enough here.

    def answer(self, message):
        try:
            result = self.handle(message["method"], message.get("params"), message["id"])
            self.send({"id": message["id"], "result": result})
        except Exception as error:
            known = isinstance(error, DriverError)
            failure = error.failure if known else DriverError("internal", f"{type(error).__name__}: {error}").failure
            told = {"code": -32000, "message": failure["message"], "data": failure}
            self.send({"id": message["id"], "error": told})

    def handle(self, method, params, number):
        if method == "initialize":
            if params["protocol"] != 2:
                raise DriverError("unsupported", f"protocol {params['protocol']} is not spoken, only 2")
            self.config = parse_config(params["config"])
            return {"protocol": 2, "verbs": list(self.verbs)}
        if method == "call":
            verb = self.verbs.get(params["verb"])
            if verb is None:
                raise DriverError("unsupported", f"the driver has no {params['verb']}")
            return verb(Machine(self, number), self.config, params["argument"])
        if method in ("ping", "shutdown"):
            return None
        raise DriverError("unsupported", f'no method "{method}"')


class Machine:
    """The machine as one call may use it: each use is a request to the host."""

    def __init__(self, wire, call):
        self.wire = wire
        self.call = call

    def ask(self, **request):
        return self.wire.request("sys", {"call": self.call, "request": request})

    def read(self, path):
        return self.ask(op="read", path=path)

    def read_parts(self, path, size=4 * 2**20):
        """The bytes of a file, a part at a time: an image may be longer than one answer holds."""
        offset = 0
        while True:
            answer = self.ask(op="readBytes", path=path, offset=offset, length=size)
            if answer is None:
                raise DriverError("not_found", f"there is no file {path}")
            part = base64.b64decode(answer)
            offset += len(part)
            yield part
            if len(part) < size:
                return

    def list(self, path):
        return self.ask(op="list", path=path)

    def write(self, path, text):
        self.ask(op="write", path=path, text=text)


# From here on: files as devices.

OWNER_WIDTH = 64


def parse_config(config):
    unknown = [key for key in config if key != "directory"]
    if unknown:
        raise DriverError("invalid", f"config /{unknown[0]}: the driver knows no such setting")
    directory = config.get("directory", "/var/lib/file-devices")
    if not isinstance(directory, str) or not re.fullmatch(r"/(.+/)?file-devices", directory):
        raise DriverError("invalid", "config /directory: must be an absolute path that ends in /file-devices")
    return {"directory": directory}


def name_of(file_name):
    """The device that a file stands for; None for any other file."""
    found = re.fullmatch(r"([a-z0-9][a-z0-9-]{0,31})\.device", file_name)
    return found and found[1]


def owner_line(owner):
    """The first line: always of one length, since a write replaces as many bytes as it has."""
    return f"owner={owner or '':<{OWNER_WIDTH}}\n"


def parse(text):
    """What a file says: owner (None for nobody, False for a damaged line), serial and model (None when damaged)."""
    lines = (text.split("\n") + ["", "", ""])[:3]
    owner = re.fullmatch(r"owner=([\w.:-]*) *", lines[0], re.ASCII)
    serial = re.fullmatch(r"serial=([\w-]{1,64})", lines[1], re.ASCII)
    model = re.fullmatch(r"model=([ -~]{1,64})", lines[2])
    whole = owner is not None and len(lines[0]) == OWNER_WIDTH + 6
    return {
        "owner": (owner[1] or None) if whole else False,
        "serial": serial and serial[1],
        "model": model and model[1],
    }


def handle_of(config, name):
    path = f"{config['directory']}/{name}.device"
    return {"type": "CDI", "info": {"cdi_name": f"example.com/file={name}", "path": path}}


def describe(config, name, file):
    known = file["serial"] is not None
    unknown = {"state": "unknown", "reason": "its file cannot be read, or has no serial number"}
    return {
        "identity": file["serial"],
        "kind": "PCI",
        "vendor": "example",
        "model": file["model"] or "File",
        "address": name,
        "numaNode": None,
        "health": {"state": "ok"} if known else unknown,
        "firmware": {},
        "attributes": {},
        "deployables": [
            {
                "name": name,
                "resourceClass": "CUSTOM_FILE",
                "traits": ["OWNER_CYBORG"],
                "handles": [{"id": name, **handle_of(config, name)}],
            }
        ],
    }


def discover(machine, config, _argument):
    names = machine.list(config["directory"])
    if names is None:
        hint = 'Make it, or correct the setting "directory" of the driver.'
        raise DriverError("unavailable", f"there is no directory {config['directory']}", "now", hint)
    devices = []
    for name in filter(None, map(name_of, names)):
        try:
            text = machine.read(handle_of(config, name)["info"]["path"])
        except DriverError as error:
            # One file's trouble is that device's; anything else is the call's.
            slow = error.failure.get("errno") == "ETIMEDOUT"
            if not slow and error.failure["code"] not in ("hardware", "not_found", "busy", "invalid"):
                raise
            text = None
        devices.append(describe(config, name, parse(text or "")))
    return devices


def find(machine, config, name):
    """A device's file; None when there is no such device, and an error when it is listed and cannot be read."""
    if name_of(f"{name}.device") is None:
        return None
    path = handle_of(config, name)["info"]["path"]
    text = machine.read(path)
    if text is not None:
        return {"path": path, **parse(text)}
    if f"{name}.device" in (machine.list(config["directory"]) or []):
        raise DriverError("hardware", f"{path} is listed and cannot be read", "later")
    return None


def set_owner(machine, path, owner):
    machine.write(path, owner_line(owner))
    if parse(machine.read(path) or "")["owner"] != owner:
        raise DriverError("hardware", f"{path} does not hold the owner that was written to it", "later")


def status(machine, config, request):
    file = find(machine, config, request["handle"]["id"])
    if file is not None and file["owner"] is False:
        return "partial"
    return "attached" if file is not None and file["owner"] == request["consumer"]["id"] else "detached"


def attach(machine, config, request):
    name, owner = request["handle"]["id"], request["consumer"]["id"]
    file = find(machine, config, name)
    if file is None:
        hint = f"The devices are the files of {config['directory']}."
        raise DriverError("not_found", f"there is no device {json.dumps(name)}", hint=hint)
    if file["owner"] and file["owner"] != owner:
        raise DriverError("in_use", f"{name} is held by {file['owner']}", "later")
    if file["owner"] != owner:
        set_owner(machine, file["path"], owner)
    return handle_of(config, name)


def detach(machine, config, request):
    file = find(machine, config, request["handle"]["id"])
    # A damaged line may be what is left of this owner; what another owner holds stays his.
    if file is not None and file["owner"] in (request["consumer"]["id"], False):
        set_owner(machine, file["path"], None)


if __name__ == "__main__":
    Wire({"discover": discover, "status": status, "attach": attach, "detach": detach}).serve()

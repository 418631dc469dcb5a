"""yaml_read.py FILE: reads the YAML files that FILE, a list in JSON, names by ruamel.yaml as YAML 1.2, and prints for each one JSON line: its name, its documents' values, or its fault. Dates are texts, and numbers as they are written."""
import json, math, re, sys
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor


class Constructor(SafeConstructor):
    pass


def text(self, node):
    return node.value


def number(self, node):
    value = node.value
    if re.fullmatch(r"[-+]?0[0-9]+.*", value) or "_" in value or re.fullmatch(r"0b[01]+", value) or re.fullmatch(r"[-+]?\.(inf|nan)", value.lower()):
        return value  # sluice takes it as a text
    if re.fullmatch(r"0o[0-7]+", value):
        return int(value[2:], 8)
    if re.fullmatch(r"0x[0-9a-fA-F]+", value):
        return int(value[2:], 16)
    return float(value) if re.search("[.eE]", value) else int(value)


def mapping(self, node):
    own = [k.value for k, _ in node.value]
    if len(set(own)) < len(own):
        raise ValueError("a key stands twice")
    self.flatten_mapping(node)
    yield (out := {})
    for k, v in node.value:
        out[k.value] = self.construct_object(v, deep=True)


Constructor.add_constructor("tag:yaml.org,2002:timestamp", text)
Constructor.add_constructor("tag:yaml.org,2002:binary", lambda self, node: "".join(node.value.split()))
Constructor.add_constructor("tag:yaml.org,2002:int", number)
Constructor.add_constructor("tag:yaml.org,2002:float", number)
Constructor.add_constructor("tag:yaml.org,2002:map", mapping)

for name in json.load(open(sys.argv[1])):
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = Constructor
    result = {"name": name}
    try:
        with open(name, encoding="utf-8", newline="") as f:
            rows = []
            for document in reader.load_all(f):
                if isinstance(document, list):
                    rows += document
                elif document is not None:
                    rows.append(document)
            result["rows"] = rows
    except Exception as e:
        result["fault"] = str(e)
    print(json.dumps(result, allow_nan=False))

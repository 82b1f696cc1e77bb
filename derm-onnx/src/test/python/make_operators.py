"""Writes src/main/resources/io/derm/onnx/operators.txt: the operator schemas of ONNX's default domain, as ModelCheck reads them.

Needs Python 3 with onnx: python3 src/test/python/make_operators.py
"""

import os
from collections import defaultdict

import onnx
from onnx import defs

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "main", "resources", "io", "derm", "onnx",
                   "operators.txt")
OLDEST = 7  # opset
TYPES = {
    "float": "f", "float16": "e", "bfloat16": "E", "double": "d",
    "uint8": "B", "int8": "b", "uint16": "H", "int16": "h", "uint32": "I", "int32": "i", "uint64": "Q", "int64": "q",
    "bool": "?", "string": "S", "complex64": "F", "complex128": "D",
    "float8e4m3fn": "1", "float8e4m3fnuz": "2", "float8e5m2": "3", "float8e5m2fnuz": "4", "uint4": "U", "int4": "V",
}
ATTRIBUTES = {"FLOAT": "f", "INT": "i", "STRING": "s", "TENSOR": "t", "GRAPH": "g", "SPARSE_TENSOR": "p", "TYPE_PROTO": "y"}

HEAD = f"""\
# Operator schemas of ONNX's default domain for opsets {OLDEST} to {defs.onnx_opset_version()}, from the registry of ONNX {onnx.__version__}
# (onnx/defs). Written by src/test/python/make_operators.py; a version that changes nothing here is left out.
# operator since | inputs | outputs | types | attributes; "deprecated" in place of all that where it is.
# Input and output: name, then ? if optional, *N if any number from N on, ~N likewise with types that may differ; then :variable or :=types.
# Types, after the codes of NumPy: {" ".join(c + " " + t for t, c in TYPES.items())};
# * for what is not a tensor of these.
# Attributes: {" ".join(c + " " + t.lower() for t, c in ATTRIBUTES.items())}, with * a list, with ! required.
"""


def types(strings):
    if any(not s.startswith("tensor(") for s in strings):
        return "*"
    codes = "".join(c for t, c in TYPES.items() if f"tensor({t})" in strings)
    return codes or "*"


def formal(p, variables):
    mark = {"Single": "", "Optional": "?", "Variadic": ("*" if p.is_homogeneous else "~") + str(p.min_arity)}
    kind = p.type_str if p.type_str in variables else "=" + types([p.type_str])
    return p.name.replace(" ", "_") + mark[p.option.name] + ":" + kind


def attribute(name, a):
    kind = str(a.type).split(".")[-1]
    code = ATTRIBUTES[kind] if kind in ATTRIBUTES else ATTRIBUTES[kind[:-1]] + "*"
    return f"{name}:{code}" + ("!" if a.required else "")


def row(s):
    if s.deprecated:
        return "deprecated"
    variables = {t.type_param_str: types(t.allowed_type_strs) for t in s.type_constraints}
    used = {p.type_str for p in [*s.inputs, *s.outputs]}
    return " | ".join([
        " ".join(formal(p, variables) for p in s.inputs),
        " ".join(formal(p, variables) for p in s.outputs),
        " ".join(f"{v}={t}" for v, t in sorted(variables.items()) if v in used),
        " ".join(attribute(n, a) for n, a in sorted(s.attributes.items())),
    ])


def main():
    schemas = defaultdict(list)
    for s in defs.get_all_schemas_with_history():
        if s.domain == "":
            schemas[s.name].append(s)
    with open(OUT, "w", encoding="utf-8") as f:
        f.write(HEAD)
        for name, versions in sorted(schemas.items()):
            versions.sort(key=lambda s: s.since_version)
            last = None
            for i, s in enumerate(versions):
                outlived = i + 1 < len(versions) and versions[i + 1].since_version <= OLDEST
                if not outlived and row(s) != last:
                    last = row(s)
                    f.write(f"{name} {s.since_version} | {last}".rstrip() + "\n")


if __name__ == "__main__":
    main()

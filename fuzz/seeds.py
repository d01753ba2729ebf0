"""Seeds for the fuzz targets, of the sample month and of the recorded vectors: python3 fuzz/seeds.py"""

import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
BUNDLES = HERE.parent / "protocol/careplan/samples/aoba-202511/bundles"
# In the order of `FileKind::ALL`: the first byte of a row's seed chooses the kind.
KINDS = (
    "UP1KYO UP2KYO UP3KYO UPPLAN UPSIKYU UPHOSOKU DLT1KYO DLTPLAN UPJSK DLTJSK "
    "UPYOBO UPYOBO_SUB UPKIHON UPKIHON_SUB1 UPKIHON_SUB2 UPKIHON_IMAGE DLTKIHON DLTYOBO"
).split()
ROWS = 4
VECTORS = HERE.parent / "protocol/vectors"
# The gate's first bytes: magic, version, and the length of the hello behind them.
PREAMBLE, LENGTH = 7, 4


def kind_of(name):
    return max((kind for kind in KINDS if name.startswith(kind + "_")), key=len)


def careplan():
    folders = {name: HERE / "corpus" / f"careplan_{name}" for name in ("name", "row", "bundle")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    for bundle in sorted(BUNDLES.iterdir()):
        parts = []
        for file in sorted(bundle.iterdir()):
            image = file.suffix.lower() == ".jpg"
            content = file.read_bytes()
            content = content[:64] if image else b"\r\n".join(content.split(b"\r\n")[:ROWS])
            kind = bytes([KINDS.index(kind_of(file.name))])
            (folders["name"] / file.name).write_text(file.name)
            (folders["row"] / file.name).write_bytes(kind + content)
            parts.append(file.name.encode() + b"\n" + content)
        (folders["bundle"] / bundle.name).write_bytes(b"\x1e".join(parts))


def vector(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def plant(target, *seeds):
    """Each seed in hexadecimal; named by its content, so that they can be planted again."""
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        name = hashlib.sha256(seed.encode()).hexdigest()[:16]
        (folder / name).write_bytes(bytes.fromhex(seed))


def protocol():
    network, evidence = vector("network"), vector("evidence")
    hello = bytes.fromhex(network["hello"])
    plant("hello", hello.hex(), hello[PREAMBLE + LENGTH :].hex(), hello[:PREAMBLE].hex() + network["crl_list"])
    plant("credential", *(row["credential"] for row in network["credentials"]))
    plant("frame", *(row["frame"] for row in vector("frames")["cases"]))
    plant("entry", *(entry for log in evidence["logs"] for entry in log["entries"]))
    plant("record", vector("record")["record"], *(row["record"] for row in network["records"]))
    plant("envelope", *(row["envelope"] for row in vector("envelope")["cases"] + evidence["messages"]))
    plant("manifest", *(row["manifest"] for row in vector("content")["cases"]))
    plant("content", *(row["ciphertext"] for row in vector("content")["cases"] if "ciphertext" in row))
    certificates = [row["certificate"] for row in network["cas"] + network["desks"]]
    plant("certificate", *certificates, *(row["request"] for row in network["desks"]))
    plant("crl", network["crl"]["der"])
    plant("trust_bundle", *network["bundles"])
    plant("material", *certificates, network["crl"]["der"], *network["bundles"])
    for row in vector("refused")["cases"]:
        plant(row["object"], row["bytes"])


careplan()
protocol()

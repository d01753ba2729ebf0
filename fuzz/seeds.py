"""Seeds for the fuzz targets of `careplan`, made of the sample month: python3 fuzz/seeds.py"""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent
BUNDLES = HERE.parent / "protocol/careplan/samples/aoba-202511/bundles"
# In the order of `FileKind::ALL`: the first byte of a row's seed chooses the kind.
KINDS = (
    "UP1KYO UP2KYO UP3KYO UPPLAN UPSIKYU UPHOSOKU DLT1KYO DLTPLAN UPJSK DLTJSK "
    "UPYOBO UPYOBO_SUB UPKIHON UPKIHON_SUB1 UPKIHON_SUB2 UPKIHON_IMAGE DLTKIHON DLTYOBO"
).split()
ROWS = 4


def kind_of(name):
    return max((kind for kind in KINDS if name.startswith(kind + "_")), key=len)


def main():
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


main()

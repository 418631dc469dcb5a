"""Writes each character that an encoding has as a line of a file, in the
encoding and in UTF-8, and tells which encodings these are."""
import json
import os
import sys

folder = sys.argv[1]
CODECS = {
    "cp949": "cp949", "euc-kr": "euc_kr", "shift-jis": "cp932", "euc-jp": "euc_jp", "gb18030": "gb18030", "gbk": "gbk", "big5": "big5hkscs",
    "latin-1": "latin-1", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    **{f"windows-125{n}": f"cp125{n}" for n in range(9)},
}
for name, codec in CODECS.items():
    lines = []
    for c in [*range(0x20, 0xD800), *range(0xF900, 0x10000), *range(0x1F600, 0x1F650), *range(0x20000, 0x20100)]:
        text = chr(c)
        if text in '",' or 0x7F <= c < 0xA0:
            continue
        try:
            if name == "euc-kr" and len(text.encode(codec)) > 2:
                continue  # a syllable of its letters, as only Python has them
            if text.encode(codec).decode(codec) == text:
                lines.append(f"{c:x},x{text}y")
        except UnicodeError:
            continue
    text = "code,text\n" + "\n".join(lines) + "\n"
    for file, how in ((name + ".csv", codec), (name + ".utf8.csv", "utf-8")):
        with open(os.path.join(folder, file), "w", encoding=how, newline="") as f:
            f.write(text)
    print(json.dumps({"Name": name, "Lines": len(lines)}))

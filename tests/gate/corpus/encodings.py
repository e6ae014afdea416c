"""Pages in many encodings, in broken ones, and pages that say they are in another."""

# a page stands on one line

from __future__ import annotations

from typing import Final

from .case import Case, When

_IMG: Final = "⟦<img src=https://x.gated.example/p.gif>⟧"
_META: Final = "<!doctype html>\r\n<meta charset={}>\r\n<title>{}</title>" + _IMG + "{}\r\n"


def _in(charset: str, text: str, codec: str | None = None) -> Case:
    html = f"<!doctype html>\r<title>{text}</title>{text}{_IMG}{text}⟦<iframe title='{text}' src=//x.gated.example>⟧</iframe>\r\n{text}"
    return Case(html, bare=True, charset=charset, codec=codec or charset)


def _as_bytes(text: str) -> str:
    return text.encode("utf-16-le").decode("latin-1")


CASES: Final = {
    "charset-utf-8": _in("utf-8", "Môr tawel 表示 😀"),
    "charset-upper-case": _in("UTF-8", "Môr tawel"),
    "charset-bom": Case("\ufeff<!doctype html>é" + _IMG, bare=True, charset=None),
    "charset-bom-utf-16le": Case("\ufeff<!doctype html>é😀" + _IMG + "é", bare=True, charset=None, codec="utf-16-le"),
    "charset-bom-utf-16be": Case("\ufeff<!doctype html>é😀" + _IMG + "é", bare=True, charset="utf-8", codec="utf-16-be"),
    "charset-utf-16le": _in("utf-16le", "Môr 表示 😀", "utf-16-le"),
    "charset-utf-16be": _in("utf-16be", "Môr 表示 😀", "utf-16-be"),
    "charset-utf-16": _in("utf-16", "Môr 表示", "utf-16-le"),
    "charset-windows-1252": _in("windows-1252", "Môr – “tawel”"),
    "charset-latin-1": _in("iso-8859-1", "Môr"),
    "charset-iso-8859-15": _in("iso-8859-15", "Môr €"),
    "charset-windows-1251": _in("windows-1251", "Море"),
    "charset-koi8-r": _in("koi8-r", "Море"),
    "charset-shift-jis": _in("shift_jis", "表示ソ能―十"),
    "charset-euc-jp": _in("euc-jp", "表示"),
    "charset-iso-2022-jp": _in("iso-2022-jp", "表示 ソ 能"),
    "charset-iso-2022-jp-markup-bytes": _in("iso-2022-jp", "疾式失質実"),
    "charset-gbk": _in("gbk", "海潮丂亅"),
    "charset-gb18030": _in("gb18030", "海潮 😀 ㋿"),
    "charset-big5": _in("big5", "功許蓋海"),
    "charset-euc-kr": _in("euc-kr", "바다"),
    "charset-unknown": Case("<p>é" + _IMG, charset="x-nobody-knows"),
    "charset-empty": Case("<p>é" + _IMG, charset=""),
    "charset-meta": Case(_META.format("windows-1252", "Môr", "Môr"), bare=True, charset=None, codec="windows-1252"),
    "charset-meta-shift-jis": Case(_META.format("'Shift_JIS'", "表示ソ", "能"), bare=True, charset=None, codec="shift_jis"),
    "charset-meta-iso-2022-jp": Case(_META.format('"iso-2022-jp"', "表示", "疾式"), bare=True, charset=None, codec="iso-2022-jp"),
    "charset-meta-content-type": Case("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'><p>Море" + _IMG, bare=True, charset=None, codec="koi8-r"),
    "charset-meta-lies-utf-16": Case(_META.format("utf-16", "Môr", "Môr"), bare=True, charset=None),
    "charset-header-wins": Case(_META.format("utf-8", "Môr", "Môr"), bare=True, charset="windows-1252", codec="windows-1252"),
    "charset-lies-utf-8": Case("<p>Môr" + _IMG + "Môr", charset="utf-8", codec="windows-1252"),
    "charset-lies-latin-1": Case("<p>Môr 表示" + _IMG + "Môr", charset="iso-8859-1"),
    "charset-lies-ascii": Case("<p>Môr" + _IMG + "Môr", charset="us-ascii"),
    "charset-none": Case("<p>Môr" + _IMG, charset=None),
    "charset-invalid-utf-8": Case("<p>\udcff\udcfe\udcc0\udcaf\udced\udca0\udc80" + _IMG + "\udcf0\udc9f\udc98"),
    "charset-invalid-in-tag": Case("⟦<img alt='\udcff\udcc3' src=https://x.gated.example/p.gif title=\udc80>⟧"),
    "charset-invalid-in-address": Case("⟦<img src=https://x.gated.example/\udcff\udce9>⟧"),
    "charset-windows-in-address": Case("⟦<img src='https://x.gated.example/é?é'>⟧", charset="windows-1252", codec="windows-1252"),
    "charset-utf-8-in-script": Case("⟦<script>⟧/* é 😀 */ new Image().src = 'https://x.gated.example/é'</script>", When.WITH_SCRIPTS),
    "charset-utf-7": Case("<p>+ADw-img src=https://x.gated.example/p.gif+AD4-", charset="utf-7"),
    "charset-halved-utf-16": Case(_as_bytes("<p>x") + "⟦" + _as_bytes("<img src=//x.gated.example>") + "⟧" + _as_bytes("y") + "z", bare=True, charset="utf-16le", codec="latin-1"),
    "charset-shift-jis-backslash": Case("⟦<img alt='ソ' src='https://x.gated.example/ソ'>⟧", charset="shift_jis", codec="shift_jis"),
    "charset-full-width-shift-jis": Case("⟦<img src='https://x.ｇated.example/p.gif'>⟧", charset="shift_jis", codec="shift_jis"),
    "charset-full-width-utf-16": Case("⟦<img src='https://x.ｇated.example/p.gif'>⟧", charset="utf-16le", codec="utf-16-le"),
    "charset-full-width-gbk": Case("⟦<img src='https://x.gated。example/p.gif'>⟧", charset="gbk", codec="gbk"),
    "charset-full-width-big5": Case("⟦<img src='https://x.ｇated.example/p.gif'>⟧", charset="big5", codec="big5"),
    "charset-full-width-euc-jp": Case("⟦<img src='https://x.gated。example/p.gif'>⟧", charset="euc-jp", codec="euc-jp"),
    "charset-full-width-windows-1252-dot": Case("<img src='https://x.gat\xb7ed.example/p.gif'>", charset="windows-1252", codec="windows-1252"),
}  # fmt: skip

"""The look of the report's page: the system's own fonts, colors for light and dark, and a sheet for paper."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{--bg:#fbfbfa;--panel:#fff;--text:#1d2126;--dim:#5b636c;--line:#dfe2e5;--s0:#2f6db3;--s1:#0f8a74;--s2:#a05a00;
--s3:#7a4fb0;--s4:#5b636c;--bad:#c43d3d;--warn:#fff3d6;--warntext:#6b4a00}
@media(prefers-color-scheme:dark){:root{--bg:#15181b;--panel:#1c2024;--text:#e6e8ea;--dim:#9aa3ac;--line:#33393f;
--s0:#6ea8e8;--s1:#4cc2ab;--s2:#e0a356;--s3:#b595e8;--s4:#9aa3ac;--bad:#ee7b7b;--warn:#3a2f14;--warntext:#f3d58f}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:1360px;background:var(--bg);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{margin:0;font-size:1.6rem}
h2{margin:0 0 .3rem;font-size:1.15rem}
header p{margin:.2rem 0 1rem;color:var(--dim)}
.warn{padding:.5rem .8rem;border-radius:6px;background:var(--warn);color:var(--warntext)}
.note,footer{color:var(--dim);margin:.1rem 0 .6rem;max-width:75ch}
section{margin:0 0 1.8rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:.7rem}
.tiles div,figure{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem}
.tiles b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}
.tiles span{color:var(--dim);font-size:.85rem;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:.9rem}
figure{margin:0}
figcaption{font-weight:600;margin-bottom:.4rem}
.plot{width:100%;height:auto;display:block}
.s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}.bad{fill:var(--bad)}
polyline{fill:none;stroke-width:2;stroke-linejoin:round}
.l0{stroke:var(--s0)}.l1{stroke:var(--s1)}.l2{stroke:var(--s2)}.l3{stroke:var(--s3)}.l4{stroke:var(--s4)}
.grid{stroke:var(--line)}
.mark{stroke:var(--bad);stroke-dasharray:5 4}
.tick{fill:var(--dim);font-size:11px;font-variant-numeric:tabular-nums}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;margin:.4rem 0 0;padding:0;font-size:.85rem}
.legend svg{width:10px;height:10px;margin-right:.4rem}
.bars{width:100%}
.bars caption{text-align:left;color:var(--dim);font-size:.85rem}
.bars th{font-weight:400;text-align:left;width:45%;white-space:normal;overflow-wrap:anywhere}
.bars .bar{width:40%}
.bars .bar svg{width:100%;height:12px;display:block}
.scroll{overflow:auto;max-height:32rem;border:1px solid var(--line);border-radius:8px;background:var(--panel)}
table{border-collapse:collapse;font-size:.88rem}
.scroll table{width:100%}
th,td{padding:.3rem .6rem;text-align:left;vertical-align:top}
.scroll td{border-top:1px solid var(--line);max-width:34rem;overflow-wrap:anywhere}
.scroll thead th{position:sticky;top:0;background:var(--panel);white-space:nowrap;box-shadow:0 1px 0 var(--line)}
.k{white-space:nowrap}
.n{text-align:right!important;font-variant-numeric:tabular-nums}
input{font:inherit;padding:.25rem .6rem;margin:0 0 .5rem;border:1px solid var(--line);border-radius:6px;
background:var(--panel);color:var(--text);width:min(100%,20rem)}
[hidden]{display:none!important}
@media print{:root{--bg:#fff;--panel:#fff;--text:#000;--dim:#444;--line:#bbb;--s0:#2f6db3;--s1:#0f8a74;--s2:#a05a00;
--s3:#7a4fb0;--s4:#5b636c;--bad:#c43d3d;--warn:#fff;--warntext:#000}
body{max-width:none;padding:0;font-size:10pt}input{display:none}.scroll{max-height:none;overflow:visible;border:0}
.scroll thead th{position:static}thead{display:table-header-group}tr,figure{break-inside:avoid}
table{font-size:8pt}svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""

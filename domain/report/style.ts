/** Style sheet of the report: system fonts, light and dark, phone to print. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--quiet:#5c6570;--paper:#fff;--soft:#f5f6f8;--rule:#dfe3e8;--accent:#2f6fbe;--base:#9aa5b1;--yes:#1a7f4b;--no:#b3362b;--unparsed:#8a6100}
@media (prefers-color-scheme:dark){:root{--ink:#e4e7eb;--quiet:#9aa4af;--paper:#14171a;--soft:#1d2125;--rule:#32383e;--accent:#6ba6ec;--base:#66717d;--yes:#5cc48d;--no:#f08a7f;--unparsed:#e0b04a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:60rem;margin:0 auto;padding:3rem 1.25rem 5rem}
h1,h2,h3,h4{line-height:1.25;font-weight:600;margin:0;overflow-wrap:anywhere}
h1{font-size:1.75rem;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:3.5rem 0 1rem}
h3{font-size:1rem}
h4{font-size:.85rem}
p{margin:.5rem 0;overflow-wrap:anywhere}
code,pre{font:.85em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{overflow-wrap:anywhere}
th code,td code{overflow-wrap:normal;white-space:nowrap}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate}
.quiet{color:var(--quiet)}
.facts{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1rem 0 0;font-size:.875rem}
.facts div{min-width:0}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;font-variant-numeric:tabular-nums}
.status{font-weight:600}.status.done{color:var(--yes)}.status.failed{color:var(--no)}.status.stopped{color:var(--unparsed)}
.headline{margin:2.5rem 0 0;padding:1.5rem 0;border-top:1px solid var(--rule);border-bottom:1px solid var(--rule)}
.headline .label{font-size:.875rem;color:var(--quiet);margin:0}
.headline .result{font-size:2.75rem;line-height:1.15;font-weight:600;letter-spacing:-.02em;margin:.25rem 0 .5rem;font-variant-numeric:tabular-nums}
figure{margin:1.5rem 0}
figcaption{font-size:.875rem;color:var(--quiet);margin-bottom:.5rem}
.chart{display:block;width:100%;max-width:40rem;height:auto;font-size:12px}
.chart text{fill:var(--ink);font-variant-numeric:tabular-nums}
.chart .tick{fill:var(--quiet);font-size:11px}
.chart .value{font-weight:600}
.grid{stroke:var(--rule);stroke-width:1}
.bar{fill:var(--accent)}.bar.base{fill:var(--base)}
.whisker{fill:none;stroke:var(--ink);stroke-width:1.5}
.line{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}.line.loss{stroke:var(--base)}
.line.base{stroke:var(--base);stroke-dasharray:6 4}
.whisker.base{stroke:var(--quiet)}
.dot{fill:var(--accent);stroke:var(--paper);stroke-width:1.5}.dot.base{fill:var(--base)}
.key{white-space:nowrap;margin-left:.75rem}.key::before{content:"";display:inline-block;width:1.1rem;border-top:3px solid var(--accent);margin-right:.4rem;vertical-align:middle}.key.base::before{border-top:3px dashed var(--base)}
.note,.warning{font-size:.925rem;max-width:46rem}
.note{color:var(--quiet)}
.warning{border-left:4px solid var(--unparsed);padding:.35rem 0 .35rem .9rem}
.curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));gap:0 2rem}
.curves h3{grid-column:1/-1;margin-top:1rem;font-size:.95rem}
.curves figure{margin:.75rem 0}
.scroll{overflow-x:auto;margin:1.25rem 0 2rem}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--quiet);padding-bottom:.5rem}
th,td{padding:.4rem .75rem;border-bottom:1px solid var(--rule);text-align:right;vertical-align:baseline}
th:first-child{text-align:left;padding-left:0}td:last-child,th:last-child{padding-right:0}
thead th{font-weight:600;color:var(--quiet);vertical-align:bottom}
tbody th,tfoot th{font-weight:400}
tfoot th,tfoot td{font-weight:600}
.group th{font-weight:600;padding-top:1.1rem}
td,tbody th,tfoot th{white-space:nowrap}
details{border-top:1px solid var(--rule)}
details:last-of-type{border-bottom:1px solid var(--rule)}
summary{cursor:pointer;padding:.8rem 0}
summary h3{display:inline}
details>pre{padding:1rem;margin-bottom:1rem;background:var(--soft);border-radius:6px}
.message{background:var(--soft);border-radius:6px;padding:.75rem 1rem;margin-bottom:.5rem}
.role{display:block;font-size:.75rem;color:var(--quiet)}
.rollouts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem;margin:1rem 0 2rem}
.rollout{min-width:0;border:1px solid var(--rule);border-left-width:4px;border-radius:6px;padding:.85rem 1rem}
.rollout.chosen{border-left-color:var(--yes)}.rollout.rejected{border-left-color:var(--no)}
.rollout h4{display:flex;flex-wrap:wrap;gap:.25rem .6rem;align-items:baseline;margin-bottom:.6rem}
.rate{margin-left:auto;font-weight:400;color:var(--quiet);font-variant-numeric:tabular-nums}
.tag{font-weight:600;color:var(--unparsed)}.tag.chosen{color:var(--yes)}.tag.rejected{color:var(--no)}
.failed{color:var(--no)}
.verdicts{list-style:none;margin:.75rem 0 0;padding:.6rem 0 0;border-top:1px solid var(--rule);font-size:.825rem}
.verdicts li{display:grid;grid-template-columns:minmax(2.25rem,max-content) 1fr;gap:.6rem;padding:.2rem 0;overflow-wrap:anywhere}
.verdicts li>*{min-width:0}
.verdicts-of{margin:.75rem 0 0;font-size:.75rem;color:var(--quiet)}.verdicts-of+.verdicts{margin-top:.25rem}
.changes{list-style:none;margin:.6rem 0 0;padding:0;font-size:.825rem}.changes:empty{display:none}
.rollout details{margin-top:.6rem;border-bottom:0;font-size:.825rem}.rollout summary{padding:.4rem 0}
.answer{font-weight:600}.answer.yes{color:var(--yes)}.answer.no{color:var(--no)}.answer.unparsed{color:var(--unparsed)}
@media (max-width:40rem){main{padding-top:1.75rem}tbody th{white-space:normal;min-width:4.5rem}th,td{padding-left:.5rem;padding-right:.5rem}.chart{font-size:15px}.chart .tick{font-size:14px}.chart.curve,.chart.curve .tick{font-size:11px}.headline .result{font-size:2.1rem}h2{margin-top:2.5rem}}
@media print{:root{--ink:#000;--paper:#fff}body{font-size:10.5pt}main{max-width:none;padding:0}.scroll{overflow:visible}details::details-content{content-visibility:visible;block-size:auto}.rollout,figure,tr{break-inside:avoid}h2{break-after:avoid}td,tbody th{white-space:normal}}
`;

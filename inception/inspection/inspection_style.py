"""The style sheet of inspection_page, for light and dark screens.

STYLE   CSS for the page
"""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #e1e5ea; --text: #1b2430;
  --faint: #5d6b7b; --accent: #2767c5; --bar: #5b93e6; --track: #edf0f4;
  --good: #18794e; --good-back: #ddf3e4; --bad: #b3261e; --bad-back: #fde7e5;
  --warn: #8a5a00; --warn-back: #fdf0d2;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #10151b; --card: #19212a; --line: #2c3743; --text: #e4eaf1;
    --faint: #97a6b6; --accent: #84b4f5; --bar: #4f86d6; --track: #243040;
    --good: #7fdba6; --good-back: #143524; --bad: #ffa198; --bad-back: #451f1d;
    --warn: #f2c66d; --warn-back: #3d2f10;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
    "DejaVu Sans", sans-serif, "Noto Color Emoji";
}
main { max-width: 1180px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 40px 0 4px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 4px 0 12px; }
a { color: inherit; text-decoration: none; }
bdi { overflow-wrap: anywhere; }
.faint { color: var(--faint); }
.path { color: var(--faint); font-size: 13px; overflow-wrap: anywhere; }
figcaption span { display: block; }
.verdict {
  display: inline-block; margin: 16px 0 20px; padding: 8px 14px;
  border-radius: 8px; font-weight: 600;
}
.good { background: var(--good-back); color: var(--good); }
.bad { background: var(--bad-back); color: var(--bad); }
.warn { background: var(--warn-back); color: var(--warn); }
.tiles {
  display: grid; gap: 12px; margin-bottom: 12px;
  grid-template-columns: repeat(auto-fit, minmax(140px, 1fr));
}
.tile, .card {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
}
.tile { padding: 12px 14px; display: block; }
.tile b { display: block; font-size: 23px; line-height: 1.25; }
.tile span { color: var(--faint); font-size: 13px; }
a.tile:hover { border-color: var(--accent); }
.tile.good, .tile.bad, .tile.warn { border-color: transparent; }
.tile.good { background: var(--good-back); }
.tile.bad { background: var(--bad-back); }
.tile.warn { background: var(--warn-back); }
.tile.good span, .tile.bad span, .tile.warn span { color: inherit; }
.card { padding: 14px 16px; margin: 12px 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th {
  text-align: left; font-size: 12.5px; font-weight: 600; color: var(--faint);
}
th, td { padding: 5px 12px 5px 0; vertical-align: middle; }
td { border-top: 1px solid var(--line); }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.label { width: 1%; color: var(--faint); }
td.name { min-width: 120px; max-width: 320px; }
td.bar { min-width: 150px; }
.bar div { display: flex; align-items: center; gap: 10px; }
.bar i {
  flex: 1; height: 12px; background: var(--track); border-radius: 3px;
  overflow: hidden;
}
.bar i u { display: block; height: 100%; background: var(--bar); }
.bar em {
  font-style: normal; min-width: 4.5ch; text-align: right;
  font-variant-numeric: tabular-nums;
}
.bar em.none { color: var(--bad); font-weight: 600; }
.class { break-inside: avoid; }
.class header, .group header {
  display: flex; flex-wrap: wrap; gap: 8px; align-items: baseline;
  margin-bottom: 10px;
}
.grid {
  display: grid; gap: 6px;
  grid-template-columns: repeat(12, minmax(0, 1fr));
}
.grid img {
  width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: 5px;
  background: var(--track); display: block;
}
.few { display: grid; gap: 12px; }
.few .card { margin: 0; }
.few .grid { grid-template-columns: repeat(auto-fill, 80px); }
.badge {
  border-radius: 999px; padding: 1px 8px; font-size: 11.5px; font-weight: 600;
}
.plain { background: var(--track); color: var(--faint); }
.groups {
  display: grid; gap: 12px;
  grid-template-columns: repeat(auto-fill, minmax(336px, 1fr));
}
.groups .card { margin: 0; }
.group.wide { grid-column: 1 / -1; }
.members {
  display: grid; gap: 14px;
  grid-template-columns: repeat(auto-fill, minmax(140px, 1fr));
}
figure { margin: 0; font-size: 12.5px; line-height: 1.4; min-width: 0; }
figure img, figure .missing {
  width: 100%; height: 120px; object-fit: contain; object-position: left bottom;
  display: block; margin-bottom: 6px;
}
figure .missing { background: var(--track); border-radius: 6px; }
figure .missing, td .missing {
  color: var(--faint); display: flex; align-items: center;
  justify-content: center; font-size: 11px; text-align: center;
}
figure b { display: block; overflow-wrap: anywhere; font-size: 13.5px; }
td.picture { width: 76px; }
td.picture img, td.picture .missing {
  width: 64px; height: 48px; object-fit: cover; border-radius: 4px;
  background: var(--track); display: flex;
}
td.where { white-space: nowrap; font-size: 13px; }
@media (max-width: 720px) {
  .grid { grid-template-columns: repeat(6, minmax(0, 1fr)); }
  .groups { grid-template-columns: minmax(0, 1fr); }
  td.where { white-space: normal; }
  main { padding: 20px 14px 40px; }
}
@media print {
  main { max-width: none; padding: 0; }
  .card, .tile { break-inside: avoid; }
}
"""

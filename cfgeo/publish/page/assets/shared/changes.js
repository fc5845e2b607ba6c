// What the pages of changes share: streets, swatches, the table of one community's clauses, where the map begins.

map.createPane('streets').style.zIndex = 220;
map.createPane('changes').style.zIndex = 460;

const changeStyle = { pane: 'changes', color: '#d9480f', weight: 5, fillColor: '#ffd54a', fillOpacity: 0.9 };

for (const [name, weight] of [['path', 0.8], ['minor', 1.2], ['major', 2.2], ['steps', 1.2]]) {
  L.polyline((data.streets[name] || []).map(positions), {
    pane: 'streets', color: '#98a4ab', weight, dashArray: name === 'steps' ? '2 2' : null, interactive: false,
  }).addTo(map);
}

/** What is changed, on the map: an area, lines, or points. */
function changeShapes({ kind, at }) {
  if (kind === 'area') return [L.polygon(at, changeStyle)];
  if (kind === 'line') return [L.polyline(at, changeStyle)];
  return at.flat().map((point) => L.circleMarker(point, { ...changeStyle, weight: 3, radius: 8 }));
}

/** The verdicts before and after, and the clauses that change. */
function clauseChanges(community) {
  const turned = element('p', {}, `${data.verdicts[community.before]} → ${data.verdicts[community.after]}`);
  if (community.clauses.length === 0) return [turned, element('p', {}, say('clauses_same'))];
  const heads = ['column_clause', 'view_before', 'view_after', 'column_more'].map((key) => element('th', { scope: 'col' }, say(key)));
  const rows = community.clauses.map((cells) => element('tr', { className: cells[4] },
    ...cells.slice(0, 4).map((cell) => element('td', {}, cell))));
  return [turned, element('table', {}, element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows))];
}

/** The legend: which fills there are, and of how many communities. */
function drawFillLegend(fills, nameOf) {
  const count = new Map();
  for (const community of data.communities) count.set(nameOf(community), (count.get(nameOf(community)) || 0) + 1);
  byId('legend').replaceChildren(...Object.keys(fills).filter((name) => count.has(name)).map((name) => element('li', {},
    drawing('svg', { 'aria-hidden': 'true' }, drawing('rect', { width: '100%', height: '100%', fill: fills[name], stroke: '#5a666d' })),
    `${data.texts[`legend_${name}`] || data.verdicts[name]} (${count.get(name)})`)));
}

const [west, south, east, north] = data.bounds.map((value) => value / data.units);
const wholeMap = L.latLngBounds([south, west], [north, east]);

function showAll() {
  map.fitBounds(wholeMap, { animate: false });
}

showAll();
L.control.zoom().addTo(map);
L.control.scale({ imperial: false }).addTo(map);

// A printed sheet has its own size: the map must be laid out for it before the printer takes it.
let beforePrint = null;
window.addEventListener('beforeprint', () => {
  if (beforePrint) return;
  beforePrint = map.getBounds();
  document.documentElement.classList.add('printing');
  map.invalidateSize({ animate: false });
  map.fitBounds(beforePrint.contains(wholeMap) ? wholeMap : beforePrint, { animate: false });
});
window.addEventListener('afterprint', () => {
  if (!beforePrint) return;
  document.documentElement.classList.remove('printing');
  map.invalidateSize({ animate: false });
  map.fitBounds(beforePrint, { animate: false });
  beforePrint = null;
});

// The what-if page: communities coloured by what changes, or by their verdict before or after. `map` is Leaflet's map.

const data = JSON.parse(document.getElementById('cfgeo-data').textContent);
const byId = (id) => document.getElementById(id);
let view = 'change';
let selected = -1;

/** A new element. Text is only ever set as text: names come from the users' files. */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A line of the data as Leaflet's positions. */
function positions(line) {
  const found = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < line.length; i += 2) {
    x += line[i];
    y += line[i + 1];
    found.push([y / data.units, x / data.units]);
  }
  return found;
}

const fills = {
  gained: '#1b8a3a', lost: 'url(#fill-lost)', passed: '#2f74b5', failed: 'url(#fill-failed)', not_assessed: 'url(#fill-open)',
};

/** What a community's colour stands for. */
function fillName(community) {
  return view === 'change' ? community.change || community.after : community[view];
}

function styleOf(community, index) {
  const changes = view === 'change' && community.change;
  return {
    color: index === selected ? '#000' : changes ? '#111' : '#fff',
    weight: index === selected ? 4 : changes ? 3 : 1.2,
    fillColor: fills[fillName(community)],
    fillOpacity: view === 'change' && !community.change ? 0.35 : 0.75,
  };
}

map.createPane('streets').style.zIndex = 220;
map.createPane('changes').style.zIndex = 460;

for (const [name, weight] of [['path', 0.8], ['minor', 1.2], ['major', 2.2], ['steps', 1.2]]) {
  L.polyline((data.streets[name] || []).map(positions), {
    pane: 'streets', color: '#98a4ab', weight, dashArray: name === 'steps' ? '2 2' : null, interactive: false,
  }).addTo(map);
}

const shapes = data.communities.map((community, index) => {
  const shape = L.polygon(community.shape.map((rings) => rings.map(positions)), styleOf(community, index));
  shape.bindTooltip(() => element('span', {}, element('b', { textContent: community.name }), ` ${wordOf(community)}`), { sticky: true });
  shape.on('click', () => choose(index));
  return shape.addTo(map);
});

function wordOf(community) {
  if (view === 'change' && community.change) return data.texts[`legend_${community.change}`];
  return data.verdicts[view === 'before' ? community.before : community.after];
}

const changeStyle = { pane: 'changes', color: '#d9480f', weight: 5, fillColor: '#ffd54a', fillOpacity: 0.9 };
for (const change of data.changes) {
  const drawn = change.kind === 'area' ? [L.polygon(change.at, changeStyle)]
    : change.kind === 'line' ? [L.polyline(change.at, changeStyle)]
      : change.at.flat().map((at) => L.circleMarker(at, { ...changeStyle, weight: 3, radius: 8 }));
  for (const shape of drawn) shape.bindTooltip(element('span', { textContent: change.what })).addTo(map);
}
for (const at of data.junctions) {
  L.circleMarker(at, { ...changeStyle, weight: 2, radius: 4, interactive: false }).addTo(map);
}

/** Show one community's clauses that change. */
function choose(index) {
  selected = index;
  const community = data.communities[index];
  byId('chosen').textContent = `${community.name} (${community.office})`;
  const about = byId('about');
  about.replaceChildren(element('p', { textContent: `${data.verdicts[community.before]} → ${data.verdicts[community.after]}` }));
  if (community.clauses.length === 0) {
    about.append(element('p', { textContent: data.texts.clauses_same }));
  } else {
    const heads = ['column_clause', 'view_before', 'view_after', 'column_more'].map((key) => element('th', { textContent: data.texts[key] }));
    const rows = community.clauses.map((cells) => element('tr', { className: cells[4] },
      ...cells.slice(0, 4).map((cell) => element('td', { textContent: cell }))));
    about.append(element('table', {}, element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows)));
  }
  draw();
}

function swatch(fill) {
  const name = 'http://www.w3.org/2000/svg';
  const made = document.createElementNS(name, 'svg');
  const box = document.createElementNS(name, 'rect');
  for (const [key, value] of Object.entries({ width: '100%', height: '100%', fill, stroke: '#5a666d' })) box.setAttribute(key, value);
  made.append(box);
  return made;
}

function draw() {
  shapes.forEach((shape, index) => {
    shape.setStyle(styleOf(data.communities[index], index));
    shape.getElement().setAttribute('data-code', data.communities[index].code);
    shape.getElement().setAttribute('data-fill', fillName(data.communities[index]));
    if (data.communities[index].change && view === 'change') shape.bringToFront();
  });
  if (selected >= 0) shapes[selected].bringToFront();
  const names = new Set(data.communities.map(fillName));
  byId('legend').replaceChildren(...Object.keys(fills).filter((name) => names.has(name)).map((name) => {
    const count = data.communities.filter((community) => fillName(community) === name).length;
    return element('li', {}, swatch(fills[name]), `${data.texts[`legend_${name}`] || data.verdicts[name]} (${count})`);
  }));
}

for (const button of document.querySelectorAll('[data-view]')) {
  button.addEventListener('click', () => {
    view = button.dataset.view;
    for (const other of document.querySelectorAll('[data-view]')) other.setAttribute('aria-pressed', String(other === button));
    draw();
  });
}

const [west, south, east, north] = data.bounds.map((value) => value / data.units);
map.fitBounds([[south, west], [north, east]], { animate: false });
L.control.zoom().addTo(map);
L.control.scale({ imperial: false }).addTo(map);
draw();
document.documentElement.dataset.ready = 'true';

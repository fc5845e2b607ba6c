// The what-if page: communities coloured by what changes, or by their verdict before or after.

let view = 'change';
let selected = -1;

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

const shapes = data.communities.map((community, index) => {
  const shape = L.polygon(polygons(community.shape), styleOf(community, index));
  shape.bindTooltip(() => element('span', {}, element('b', {}, community.name), ` ${wordOf(community)}`), { sticky: true });
  shape.on('click', () => choose(index));
  return shape.addTo(map);
});

function wordOf(community) {
  if (view === 'change' && community.change) return data.texts[`legend_${community.change}`];
  return data.verdicts[view === 'before' ? community.before : community.after];
}

for (const change of data.changes) {
  for (const shape of changeShapes(change)) shape.bindTooltip(element('span', {}, change.what)).addTo(map);
}
for (const at of data.junctions) {
  L.circleMarker(at, { ...changeStyle, weight: 2, radius: 4, interactive: false }).addTo(map);
}

/** Show one community's clauses that change. */
function choose(index) {
  selected = index;
  const community = data.communities[index];
  byId('chosen').textContent = `${community.name} (${community.office})`;
  byId('about').replaceChildren(...clauseChanges(community));
  draw();
}

function draw() {
  shapes.forEach((shape, index) => {
    shape.setStyle(styleOf(data.communities[index], index));
    shape.getElement().setAttribute('data-code', data.communities[index].code);
    shape.getElement().setAttribute('data-fill', fillName(data.communities[index]));
    if (data.communities[index].change && view === 'change') shape.bringToFront();
  });
  if (selected >= 0) shapes[selected].bringToFront();
  drawFillLegend(fills, fillName);
}

for (const button of document.querySelectorAll('[data-view]')) {
  button.addEventListener('click', () => {
    view = button.dataset.view;
    for (const other of document.querySelectorAll('[data-view]')) other.setAttribute('aria-pressed', String(other === button));
    draw();
  });
}

draw();
document.documentElement.dataset.ready = 'true';

// What is drawn on the map.

const stillness = window.matchMedia('(prefers-reduced-motion: reduce)');
const fills = {
  passed: '#2f74b5', 'passed-low': '#9ac6e6', 'passed-high': '#2f74b5',
  failed: 'url(#fill-failed-low)', 'failed-low': 'url(#fill-failed-low)', 'failed-high': 'url(#fill-failed-high)',
  not_assessed: 'url(#fill-open)',
};
const streetStyles = {
  path: { color: '#a9b4ba', weight: 0.8 },
  minor: { color: '#9aa6ad', weight: 1.2 },
  major: { color: '#8b979e', weight: 2.2 },
};
const manyNumbers = 400000; // from here on a canvas draws streets faster than SVG does

for (const [name, order] of [['tiles', 205], ['ground', 210], ['streets', 220], ['offices', 410], ['reach', 420], ['ways', 430],
  ['names', 440], ['areas', 450]]) {
  const pane = map.createPane(name);
  pane.style.zIndex = order;
  if (name !== 'areas') pane.style.pointerEvents = 'none';
}

const nearMiss = 2; // a community that fails so many clauses or fewer is near to passing

/** Which fill a community has: its verdict, and how near it is to the other one. */
function fillClass(index) {
  const verdict = verdictInView(index);
  const clause = clauseInView();
  if (!clause && verdict === 'failed') return data.communities[index].failed.length > nearMiss ? 'failed-low' : 'failed-high';
  if (!clause || clause.measure !== 'reach' || verdict === 'not_assessed') return verdict;
  const { share, need } = valuesOf(clause, index);
  const high = verdict === 'passed' ? share >= (1 + need) / 2 : share >= need / 2;
  return `${verdict}-${high ? 'high' : 'low'}`;
}

/** The fill by name, for tests and for those who read the page's elements. */
function fillName(index) {
  if (state.view === 'none') return 'none';
  const theme = themeInView();
  return theme ? theme.name(index) : fillClass(index);
}

function communityStyle(index) {
  const community = data.communities[index];
  const chosen = index === state.selected;
  const marginal = community.marginal && state.view === 'verdict';
  const theme = themeInView();
  const flagged = theme && theme.bold(index);
  const dim = !matches(community);
  return {
    stroke: true,
    color: chosen ? '#000' : marginal || flagged ? '#111' : '#fff',
    weight: chosen ? 4 : marginal || flagged ? 3 : 1.2,
    dashArray: marginal && !chosen ? '7 5' : null,
    fill: true,
    fillColor: state.view === 'none' ? '#fff' : theme ? theme.fill(index) : fills[fillClass(index)],
    fillOpacity: state.view === 'none' ? 0.01 : dim ? 0.12 : state.isochrones.size ? 0.3 : 0.72, // reach stands out
    opacity: dim && !chosen ? 0.5 : 1,
  };
}

const communityShapes = data.communities.map((community, index) => {
  const shape = L.polygon(polygons(community.shape), { ...communityStyle(index), className: 'community', smoothFactor: 0 });
  shape.bindTooltip(() => hint(index), { sticky: true });
  shape.on('click', (event) => {
    L.DomEvent.stop(event);
    selectCommunity(index, { fly: false, at: event.latlng });
  });
  return shape.addTo(map);
});

function hint(index) {
  const community = data.communities[index];
  const clause = clauseInView();
  const theme = themeInView();
  const about = theme ? theme.value(index) : clause ? valueText(clause, index) : '';
  return element('span', {}, element('b', {}, community.name), ' ', theme ? '' : verdictMark(verdictInView(index)),
    about && ` ${about}`);
}

/** What a clause found in a community, in short: a share or a number of places. */
function valueText(clause, index) {
  const { share, places } = valuesOf(clause, index);
  return clause.measure === 'reach' ? percent(share) : say('popup_places', { places: amount(places) });
}

function drawCommunities() {
  communityShapes.forEach((shape, index) => {
    shape.setStyle(communityStyle(index));
    const path = shape.getElement();
    path.setAttribute('data-code', data.communities[index].code);
    path.setAttribute('data-fill', fillName(index));
    if (data.communities[index].marginal) shape.bringToFront();
  });
  if (state.selected >= 0) communityShapes[state.selected].bringToFront();
}

// Streets, and what stands on them.

const streetNumbers = Object.values(data.streets).flat().reduce((sum, line) => sum + line.length, 0);

/** A renderer for one pane; Leaflet makes one only for panes that vectors are added to without one. */
const rendererOf = (pane) => (streetNumbers > manyNumbers ? L.canvas({ pane }) : L.svg({ pane }));
const streetRenderer = rendererOf('streets');
const wayRenderer = rendererOf('ways');

function streetGroup() {
  return L.layerGroup(Object.entries(streetStyles).map(([name, style]) => L.polyline(data.streets[name].map(positions), {
    ...style, renderer: streetRenderer, interactive: false, className: `street street-${name}`,
  })));
}

function stepGroup() {
  const lines = data.streets.steps.map(positions);
  const common = { renderer: wayRenderer, interactive: false, lineCap: 'butt' };
  return L.layerGroup([
    L.polyline(lines, { ...common, color: '#fff', weight: 5, opacity: 0.9 }),
    L.polyline(lines, { ...common, color: '#5b2a86', weight: 3.4, dashArray: '2 2.5', className: 'steps' }),
  ]);
}

function liftGroup() {
  const escalators = L.polyline(data.streets.escalator.map(positions), {
    renderer: wayRenderer, interactive: false, color: '#00695c', weight: 4, dashArray: '8 3', className: 'escalator',
  });
  const lifts = data.streets.lift.map((place) => L.marker(positions(place)[0], {
    pane: 'names', interactive: false, keyboard: false,
    icon: L.divIcon({ className: 'lift', html: element('span', {}, say('mark_lift')), iconSize: [20, 20] }),
  }));
  return L.layerGroup([escalators, ...lifts]);
}

function officeGroup() {
  return L.layerGroup(data.offices.map((office) => L.polygon(polygons(office.shape), {
    pane: 'offices', interactive: false, fill: false, color: '#22313a', weight: 2.4, className: 'office',
  })));
}

const names = data.communities.map((community) => {
  const short = community.name.length > 3 ? community.name.replace(/社区$/, '') : community.name;
  const title = element('span', { className: 'name' }, short);
  const value = element('span', { className: 'value' });
  const icon = L.divIcon({ className: 'label', html: element('div', {}, title, value), iconSize: null });
  return { short, title, value, mark: L.marker(positions(community.label)[0], { icon, pane: 'names', interactive: false, keyboard: false }) };
});
const labelGroup = () => L.layerGroup(names.map((name) => name.mark));

/** Show names, values and signs only where they have room. */
function drawLabels() {
  const clause = clauseInView();
  const size = parseFloat(getComputedStyle(map.getContainer()).getPropertyValue('--label')) || 12;
  names.forEach((name, index) => {
    const box = communityShapes[index].getBounds();
    const width = map.latLngToContainerPoint(box.getSouthEast()).x - map.latLngToContainerPoint(box.getNorthWest()).x;
    name.title.hidden = width < textWidth(name.short, size);
    name.value.hidden = width < 1.6 * size;
    const theme = themeInView();
    const share = clause && clause.measure === 'reach' ? data.coverage[clause.id].share[index] : null;
    const value = theme ? theme.value(index) : share === null ? '' : percent(share);
    const marginal = state.view === 'verdict' && data.communities[index].marginal ? ' ≈' : '';
    const sign = state.view === 'none' || theme ? '' : signs[verdictInView(index)] + marginal;
    name.value.textContent = value && width > textWidth(`${sign} ${value}`, size) ? `${sign} ${value}`.trim() : sign;
    const holder = name.mark.getElement();
    if (holder) holder.classList.toggle('dim', !matches(data.communities[index]));
  });
}

/** Tiles of a service: only where the study names one, only when the reader switches them on. */
function tileGroup() {
  return L.layerGroup(data.tiles.urls.map((url) => L.tileLayer(url, {
    pane: 'tiles', subdomains: data.tiles.subdomains, maxZoom: 19, maxNativeZoom: 18, className: 'tile-layer',
  })));
}

const makers = { streets: streetGroup, steps: stepGroup, lifts: liftGroup, offices: officeGroup, labels: labelGroup, tiles: tileGroup };
const lineGroups = {};

function drawLines() {
  for (const [name, make] of Object.entries(makers)) {
    const on = state.lines.has(name);
    if (on && !lineGroups[name]) lineGroups[name] = make();
    if (on) lineGroups[name].addTo(map);
    else if (lineGroups[name]) lineGroups[name].remove();
  }
  drawLabels();
}

function drawGround() {
  for (const piece of data.ground) {
    const colour = piece.layer === 'blocks' ? '#e4e2dc' : '#b9d6e8';
    const options = { pane: 'ground', interactive: false, color: colour, fillColor: colour, fillOpacity: 1, weight: 1 };
    if (piece.area) L.polygon(polygons(piece.area), options).addTo(map);
    if (piece.lines) L.polyline(piece.lines.map(positions), { ...options, weight: 3 }).addTo(map);
  }
}

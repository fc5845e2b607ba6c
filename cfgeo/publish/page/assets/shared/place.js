// What the pages of changes show of the place itself: ground, streets and their names, names of communities, north and
// scale; and the map as it is printed.

import { drawing, element, latLngBounds, pageData, positionOf, say } from './base.js';
import { linesOf, polygons } from './packed.js';
import { drawBaseMap } from './base_map.js';
import { arrangeLabels, labelAt, labelMarker, shortName, textWidth, widthOnMap } from './labels.js';
import { landLayers, streetNames } from './land.js';

const placeData = /** @type {PlaceData} */ (pageData);
const labelSize = 13; // of the font [px], as in changes.css
const changeShifts = [-18, 18, -34, 34]; // a name clear of its sign [px]

/**
 * Make a pane of the map.
 * @param {string} name
 * @param {number} order
 */
export function addPane(name, order) {
  const pane = map.createPane(name);
  pane.style.zIndex = String(order);
  return pane;
}

for (const [name, order] of /** @type {const} */ ([['base', 210], ['streets', 407], ['street-names', 409], ['names', 465]])) {
  addPane(name, order).style.pointerEvents = 'none';
}

drawBaseMap(placeData.ground, { area: 2, line: 2 });
for (const layer of placeData.land ? landLayers(placeData.land) : []) layer.addTo(map);

const { street } = pageData.colours;
const streetWidths = /** @type {const} */ ([['path', 0.8], ['minor', 1.2], ['major', 2.4]]);
for (const [extra, color, opacity] of /** @type {[number, string, number][]} */ ([[1.4, street.edge, street.edgeOpacity], [0, street.fill, street.opacity]])) {
  for (const [name, width] of streetWidths) {
    L.polyline(linesOf(placeData.streets[name]), { pane: 'streets', color, opacity, weight: width + extra, interactive: false }).addTo(map);
  }
}
L.polyline(linesOf(placeData.streets.steps), {
  pane: 'streets', color: '#5b2a86', opacity: 0.7, weight: 1.4, dashArray: '2 2', interactive: false,
}).addTo(map);

/**
 * An entry of a legend.
 * @param {string} fill
 * @param {string} words
 */
export const fillEntry = (fill, words) => element('li', {},
  drawing('svg', { 'aria-hidden': 'true' }, drawing('rect', { width: '100%', height: '100%', fill, stroke: '#5a666d' })), words);

/** The entries of a legend for what lies on the map beside fills. */
export function placeEntries() {
  const stroke = { x1: 0, y1: '50%', x2: '100%', y2: '50%', stroke: '#5b2a86', 'stroke-width': 3, 'stroke-dasharray': '3 2' };
  return [
    placeData.land?.words ? fillEntry(pageData.colours.water, placeData.land.words) : null,
    placeData.streets.steps.length
      ? element('li', {}, drawing('svg', { 'aria-hidden': 'true' }, drawing('line', stroke)), say('line_steps')) : null,
  ].filter((entry) => entry !== null);
}

/**
 * Names of communities with what else stands there, each where it has room and covers no other.
 * @template {{ name: string, label: Point, shape: Shape }} Community
 * @param {Community[]} communities
 * @param {(index: number) => string} markOf what stands below a name; such labels come first, with or without room
 * @param {{ mark: string, at: Position }[]} changes numbers of what is changed, which come before all names
 */
export function startLabels(communities, markOf = () => '', changes = []) {
  const changed = changes.map(({ mark, at }) => {
    const [name, value] = [element('span', { className: 'change-name' }), element('span')];
    const box = element('div', {}, name, value);
    labelAt(at, box).addTo(map);
    return { box, name, value, at, width: Infinity, first: true, shifts: changeShifts, forms: /** @type {[string, string][]} */ ([[mark, '']]) };
  });
  const labels = communities.map((community) => {
    const [name, value] = [element('span'), element('span', { className: 'value' })];
    const box = element('div', {}, name, value);
    labelMarker(community.label, box).addTo(map);
    return { box, name, value, at: positionOf(community.label), shape: L.polygon(polygons(community.shape)) };
  });
  const place = () => {
    arrangeLabels([...changed, ...labels.map((label, index) => {
      const [text, mark, width] = [shortName(communities[index].name), markOf(index), widthOnMap(label.shape)];
      /** @type {[string, string][]} */
      const forms = mark ? [[text, mark], ['', mark]] : width < textWidth(text, labelSize) ? [] : [[text, '']];
      return { ...label, width, first: mark !== '', forms };
    })], labelSize);
  };
  map.on('zoomend', place);
  place();
  if (placeData.land) streetNames(placeData.land.names).addTo(map); // they keep clear of the labels
  return place;
}

const wholeMap = latLngBounds(placeData.bounds);

export function showAll() {
  map.fitBounds(wholeMap, { animate: false });
}

/** Begin with the whole map, and add its controls. */
export function startPlace() {
  showAll();
  map.invalidateSize({ animate: false }); // legend and sentences have taken their room since the map was made
  showAll();
  L.control.zoom({ zoomInTitle: say('zoom_in'), zoomOutTitle: say('zoom_out') }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  const north = new L.Control({ position: 'topright' });
  north.onAdd = () => element('div', { className: 'north', role: 'img', 'aria-label': say('north_label') },
    drawing('svg', { viewBox: '0 0 24 34', 'aria-hidden': 'true' },
      drawing('path', { d: 'M12 1 L20 27 L12 21 Z', fill: '#111' }), drawing('path', { d: 'M12 1 L4 27 L12 21 Z', fill: '#fff', stroke: '#111' })),
    element('span', {}, say('north')));
  north.addTo(map);
}

// A printed sheet has its own size: the map must be laid out for it before the printer takes it.
/** @type {import('leaflet').LatLngBounds | null} */
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

// Places that fall short of a clause: listed below it, and marked on the map while the list is open.

import { byId, element, positions, say } from '../shared/base.js';
import { clauseOf, data } from './core.js';
import { goTo, popupOptions } from './map.js';
import { dot } from './marks.js';
import { facilityPopup } from './places.js';
import { onChange, state, toggle } from './state.js';

const closestZoom = 17; // zoom

/** @type {Record<Shortfall['status'], { color: string, dashArray?: string }>} */
const shortfallStyles = { short: { color: '#b00020' }, unknown: { color: '#5a666d', dashArray: '4 4' } };

/** @type {Map<string, import('leaflet').LayerGroup>} */
const shortfallGroups = new Map();

/** @param {Shortfall} shortfall */
function shortfallPopup(shortfall) {
  if (shortfall.facility >= 0) return facilityPopup(data.facilities[shortfall.facility]);
  const name = clauseOf.get(shortfall.clause)?.name;
  return element('div', { className: 'popup', tabIndex: -1 }, element('h2', {}, shortfall.name),
    element('p', {}, say('shortfall_of', { clause: name, lacks: shortfall.lacks })));
}

/** @param {Shortfall} shortfall */
function shortfallMark(shortfall) {
  return L.circleMarker(positions(shortfall.point || [])[0], {
    pane: 'areas', radius: 15, weight: 4, fillColor: '#fff', fillOpacity: 0.35, ...shortfallStyles[shortfall.status],
    className: `short-place short-${shortfall.status}`,
  }).bindPopup(() => shortfallPopup(shortfall), popupOptions());
}

/** @param {Shortfall} shortfall */
function showShortfall(shortfall) {
  const [at] = positions(shortfall.point || []);
  if (window.matchMedia('(max-width: 899px)').matches) byId('view').scrollIntoView({ block: 'start' });
  map.closePopup();
  map.once('moveend', () => L.popup(popupOptions()).setLatLng(at).setContent(shortfallPopup(shortfall)).openOn(map));
  goTo(L.latLngBounds([at, at]), closestZoom);
}

/** @param {Shortfall} shortfall */
function shortfallItem(shortfall) {
  const words = element('span', { className: `short-words short-${shortfall.status}` }, shortfall.lacks);
  const where = shortfall.where ? element('span', { className: 'short-where' }, shortfall.where) : '';
  if (!shortfall.point) return element('li', {}, element('b', {}, shortfall.name), where, words);
  const button = element('button', { type: 'button', className: 'link' }, shortfall.name);
  button.addEventListener('click', () => showShortfall(shortfall));
  return element('li', {}, button, where, words);
}

/** @param {HTMLElement} place below a clause */
function fillShortfalls(place) {
  const clause = place.dataset.shortfalls || '';
  const rows = data.shortfalls.filter((row) => row.clause === clause);
  if (!rows.length) return;
  const list = element('ul', { className: 'short-list' });
  const box = element('details', {}, element('summary', {}, place.dataset.words || ''), list);
  box.addEventListener('toggle', () => {
    if (!list.childElementCount) list.append(...rows.map(shortfallItem));
    toggle('shortfalls', clause, box.open);
  });
  place.append(box);
}

function drawShortfalls() {
  for (const [clause, group] of shortfallGroups) if (!state.shortfalls.has(clause)) group.remove();
  for (const clause of state.shortfalls) {
    const rows = data.shortfalls.filter((row) => row.clause === clause && row.point);
    const group = shortfallGroups.get(clause) || L.layerGroup(rows.map(shortfallMark));
    shortfallGroups.set(clause, group.addTo(map));
  }
}

/** The legend of what is marked. */
export function shortfallMarks() {
  const marked = new Set(data.shortfalls.filter((row) => state.shortfalls.has(row.clause)).map((row) => row.status));
  return /** @type {const} */ (['short', 'unknown']).filter((status) => marked.has(status)).map((status) => ({
    mark: dot({ fill: '#fff', stroke: shortfallStyles[status].color, 'stroke-width': 3, 'stroke-dasharray': shortfallStyles[status].dashArray || 'none' }),
    words: say(`legend_${status}`),
  }));
}

export function startShortfalls() {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-shortfalls]'))) fillShortfalls(place);
  onChange(['shortfalls'], drawShortfalls);
}

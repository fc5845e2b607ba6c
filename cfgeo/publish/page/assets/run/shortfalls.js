// Places that fall short of a clause: listed below it, and marked on the map while the list is open.

import { byId, element, positionOf, say } from '../shared/base.js';
import { clauseOf, data } from './core.js';
import { goTo, narrow, outlineOf } from './map.js';
import { dot } from './marks.js';
import { onPress, openPlace } from './place.js';
import { openFacility, ringAt } from './places.js';
import { onChange, state, toggle } from './state.js';

const nearZoom = 17; // zoom

/** @type {Record<Shortfall['status'], { color: string, dashArray?: string }>} */
const shortfallStyles = { short: { color: '#b00020' }, unknown: { color: '#5a666d', dashArray: '4 4' } };

/** @type {Map<string, import('leaflet').LayerGroup>} */
const shortfallGroups = new Map();

/**
 * @param {Shortfall} shortfall
 * @param {boolean} fly
 * @param {(() => void) | null} giveBackFocus
 */
function openShortfall(shortfall, fly, giveBackFocus = null) {
  if (shortfall.facility >= 0) {
    openFacility(data.facilities[shortfall.facility], { fly, giveBackFocus });
    return;
  }
  const at = positionOf(shortfall.point || [0, 0]);
  const words = say('shortfall_of', { clause: clauseOf.get(shortfall.clause)?.name, lacks: shortfall.lacks });
  openPlace({ title: shortfall.name, content: [element('p', {}, words)], outline: outlineOf(ringAt(at)), giveBackFocus });
  if (fly) goTo(L.latLngBounds([at, at]), nearZoom);
}

/** @param {Shortfall} shortfall */
function shortfallMark(shortfall) {
  const mark = L.circleMarker(positionOf(shortfall.point || [0, 0]), {
    pane: 'areas', radius: 15, weight: 4, fillColor: '#fff', fillOpacity: 0.35, ...shortfallStyles[shortfall.status],
    className: `short-place short-${shortfall.status}`,
  });
  onPress(mark, () => openShortfall(shortfall, false));
  return mark;
}

/** @param {Shortfall} shortfall */
function shortfallItem(shortfall) {
  const words = element('span', { className: `short-words short-${shortfall.status}` }, shortfall.lacks);
  const where = shortfall.where ? element('span', { className: 'short-where' }, shortfall.where) : '';
  if (!shortfall.point) return element('li', {}, element('b', {}, shortfall.name), where, words);
  const button = element('button', { type: 'button', className: 'link' }, shortfall.name);
  button.addEventListener('click', (event) => {
    if (narrow.matches) byId('view').scrollIntoView({ block: 'start' });
    openShortfall(shortfall, true, event.detail === 0 ? () => button.focus() : null);
  });
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
    if (box.open !== state.shortfalls.has(clause)) toggle('shortfalls', clause, box.open);
  });
  onChange(['shortfalls'], () => {
    box.open = state.shortfalls.has(clause);
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

// Legend, scale and north.

import { byId, count, drawing, element, say } from '../shared/base.js';
import { amount, data, layerName, needed } from './core.js';
import { fillClass, fills } from './map.js';
import { dot, entry, fillSwatch, sign, stroke, swatch } from './marks.js';
import { reachMinutes, reachStyle } from './places.js';
import { shortfallMarks } from './shortfalls.js';
import { clauseInView, facilityShown, state, themeInView } from './state.js';
import { zoneEntries } from './zone_marks.js';

function verdictEntries() {
  const counts = count([...data.communities.keys()], fillClass);
  const entries = data.standing.legend.map(([kind, name]) => entry(fillSwatch(kind, fills[kind]),
    say('legend_count', { name, count: counts.get(kind) })));
  const marginal = data.communities.filter((community) => community.marginal).length;
  if (marginal) {
    entries.push(entry(swatch('#fff', { stroke: '#111', 'stroke-width': 2.5, 'stroke-dasharray': '6 4' }),
      `≈ ${say('legend_count', { name: say('legend_marginal'), count: marginal })}`));
  }
  return entries;
}

/** @param {Clause} clause */
function clauseEntries(clause) {
  const open = entry(fillSwatch('not_assessed', fills.not_assessed), say('legend_no_value'));
  if (clause.measure !== 'reach' && clause.measure !== 'present') {
    return [entry(fillSwatch('passed', fills.passed), `✓ ${say('legend_meets', { asks: clause.asks })}`),
      entry(fillSwatch('failed', fills.failed), `✗ ${say('legend_not_so', { asks: clause.asks })}`), open];
  }
  if (clause.measure !== 'reach') {
    const need = amount(clause.need);
    return [entry(fillSwatch('passed', fills.passed), `✓ ${say('legend_places', { need })}`),
      entry(fillSwatch('failed', fills.failed), `✗ ${say('legend_no_place', { need })}`), open];
  }
  const [half, need, high] = [clause.need / 2, clause.need, (1 + clause.need) / 2].map(needed);
  return [['passed-high', `✓ ${say('legend_high', { high })}`], ['passed-low', `✓ ${say('legend_above', { need, high })}`],
    ['failed-high', `✗ ${say('legend_below', { half, need })}`], ['failed-low', `✗ ${say('legend_below_half', { half })}`]]
    .map(([fill, words]) => entry(fillSwatch(fill, fills[fill]), words)).concat(open);
}

/** A street as it stands on a fill. */
function streetMark() {
  const { street } = data.colours;
  const box = swatch(fills['failed-high'], { stroke: 'none' });
  const line = { x1: 0, y1: 8, x2: 28, y2: 8 };
  box.append(drawing('line', { ...line, stroke: street.edge, 'stroke-opacity': street.edgeOpacity, 'stroke-width': 5 }),
    drawing('line', { ...line, stroke: street.fill, 'stroke-opacity': street.opacity, 'stroke-width': 3 }));
  return box;
}

/**
 * How the legend shows each group of lines.
 * @type {Record<string, () => Element>}
 */
export const lineMarks = {
  land: () => swatch(data.colours.water),
  streets: () => streetMark(),
  steps: () => stroke({ stroke: '#5b2a86', 'stroke-width': 4, 'stroke-dasharray': '2 2.5' }),
  lifts: () => stroke({ stroke: '#00695c', 'stroke-width': 4, 'stroke-dasharray': '8 3' }),
  offices: () => stroke({ stroke: '#22313a', 'stroke-width': 2.4 }),
  walkways: () => stroke({ stroke: '#0b6b2e', 'stroke-width': 6 }),
  school: () => stroke({ stroke: '#c51b7d', 'stroke-width': 5 }),
  tiles: () => element('span', { className: 'credit' }, data.tiles ? data.tiles.credit : ''),
  crossings: () => dot({ fill: '#ffd400', stroke: '#111' }),
};

function lineEntries() {
  return Object.keys(lineMarks).filter((name) => state.lines.has(name) && (name !== 'land' || data.land?.words))
    .map((name) => entry(lineMarks[name](), name === 'land' ? data.land?.words || '' : say(`line_${name}`)));
}

function reachEntries() {
  const limits = new Set([...state.isochrones].map((index) => data.isochrones[index].minutes));
  return reachMinutes.filter((limit) => limits.has(limit)).map((limit) => {
    const { fillColor, color } = reachStyle(limit);
    return entry(swatch(fillColor, { stroke: color }), say('legend_reach', { minutes: limit }));
  });
}

export function drawLegend() {
  const clause = clauseInView();
  const shownLayers = [...new Set(data.facilities.filter(facilityShown).map((facility) => facility.layer))];
  const theme = themeInView();
  const areas = clause ? clauseEntries(clause) : theme ? theme.entries() : state.view === 'none' ? [] : verdictEntries();
  byId('legend').replaceChildren(
    element('p', {}, clause ? clause.name : theme ? theme.title() : say('legend')),
    element('ul', {}, ...areas, ...reachEntries(), ...shortfallMarks().map(({ mark, words }) => entry(mark, words)), ...shownLayers.map((layer) => entry(sign(layer), layerName(layer))), ...lineEntries(), ...zoneEntries()));
}

export function addControls() {
  L.control.zoom({ position: 'topleft', zoomInTitle: say('zoom_in'), zoomOutTitle: say('zoom_out') }).addTo(map);
  const arrow = drawing('svg', { viewBox: '0 0 24 34', 'aria-hidden': 'true' },
    drawing('path', { d: 'M12 1 L20 27 L12 21 Z', fill: '#111' }), drawing('path', { d: 'M12 1 L4 27 L12 21 Z', fill: '#fff', stroke: '#111' }));
  const north = new L.Control({ position: 'topright' });
  north.onAdd = () => {
    const box = element('div', { className: 'north', role: 'img', 'aria-label': say('north_label') }, arrow, element('span', {}, say('north')));
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  north.addTo(map);
  L.control.scale({ position: 'bottomleft', imperial: false, maxWidth: 140 }).addTo(map);
}

// How each kind of zone is drawn, on the map and in the legend.

import { data } from './core.js';
import { dot, entry, stroke, swatch } from './marks.js';
import { state } from './state.js';

/**
 * Lines and edges by kind; colours and dashes tell them apart on any fill.
 * @type {Record<Zone['kind'], { color: string, weight: number, dashArray?: string }>}
 */
export const zoneStyles = {
  core: { color: '#b71c1c', weight: 4 },
  network: { color: '#01579b', weight: 4, dashArray: '12 4 2 4' },
  circle: { color: '#4a148c', weight: 3.5, dashArray: '10 6' },
  belt: { color: '#e65100', weight: 6 },
  point: { color: '#880e4f', weight: 3 },
  zone: { color: '#37474f', weight: 3, dashArray: '3 4' },
};

/** @param {Zone} zone */
function zoneMark(zone) {
  const { color, weight, dashArray } = zoneStyles[zone.kind];
  if (zone.point) return dot({ fill: '#fff', stroke: color, 'stroke-width': weight });
  const line = { stroke: color, 'stroke-width': weight, 'stroke-dasharray': dashArray || 'none' };
  return zone.area ? swatch('none', line) : stroke(line);
}

/** The kinds of zones that are shown, each with its mark. */
export function zoneEntries() {
  if (!state.lines.has('zones')) return [];
  const shown = data.zones.filter((zone, nth) => data.zones.findIndex((other) => other.kind === zone.kind) === nth);
  return shown.map((zone) => entry(zoneMark(zone), zone.kindName));
}

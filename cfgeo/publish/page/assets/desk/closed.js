// Streets that nobody may walk along, and gates that are closed: shown while one can be opened, named, opened by a click.

import { inSight } from '../run/map.js';
import { ask, complain, deskText } from './session.js';
import { hideSnap, sayAt } from './snap.js';

const REACH_PX = 14;
const CLOSED_COLOUR = '#6a3fa0';

/** @type {DeskClosed[]} */
let closedStreets = [];
/** @type {import('leaflet').LayerGroup | null} */
let closedShown = null;

/**
 * Draw the closed streets, or take them off the map.
 * @param {boolean} wanted
 */
export async function showClosed(wanted) {
  closedShown?.remove();
  closedShown = null;
  if (!wanted) return;
  const mine = L.layerGroup().addTo(map);
  closedShown = mine;
  if (!closedStreets.length) closedStreets = (await ask('/api/closed', {}, false)) || [];
  if (closedShown !== mine) return; // put away meanwhile
  const sight = inSight();
  if (!closedStreets.length) complain(deskText('no_closed'));
  else if (!closedStreets.some(({ lines }) => lines.some((line) => sight.intersects(L.latLngBounds(line))))) complain(deskText('closed_elsewhere'));
  for (const { way, lines } of closedStreets) {
    L.polyline(lines, { pane: 'desk', color: '#fff', weight: 7, interactive: false }).addTo(mine);
    const line = L.polyline(lines, { pane: 'desk', color: CLOSED_COLOUR, weight: 4, dashArray: '7 5', interactive: false }).addTo(mine);
    line.getElement()?.setAttribute('data-closed', String(way));
  }
}

/** @type {Position[]} */
let closedGates = [];
/** @type {import('leaflet').LayerGroup | null} */
let gatesShown = null;

/**
 * Mark the closed gates that stand on streets, or take them off the map.
 * @param {boolean} wanted
 */
export async function showGates(wanted) {
  gatesShown?.remove();
  gatesShown = null;
  if (!wanted) return;
  const mine = L.layerGroup().addTo(map);
  gatesShown = mine;
  if (!closedGates.length) closedGates = (await ask('/api/gates', {}, false)) || [];
  if (gatesShown !== mine) return; // put away meanwhile
  for (const gate of closedGates) L.circleMarker(gate, { pane: 'desk', color: CLOSED_COLOUR, weight: 3, radius: 8, fillColor: '#fff', fillOpacity: 0.9, interactive: false, className: 'desk-gate' }).addTo(mine);
}

/**
 * The closed gate at a place on the screen.
 * @param {import('leaflet').LatLng} at
 */
export function gateAt(at) {
  const here = map.latLngToContainerPoint(at);
  const near = closedGates.map((gate) => ({ gate, px: here.distanceTo(map.latLngToContainerPoint(gate)) })).sort((one, other) => one.px - other.px)[0];
  return near && near.px <= REACH_PX ? near.gate : null;
}

/**
 * Say that a click opens the closed gate under the pointer.
 * @param {import('leaflet').LatLng} at
 * @returns {boolean} whether there is one
 */
export function previewGate(at) {
  const gate = gateAt(at);
  if (gate) sayAt(at, deskText('snap_standing'), [L.circleMarker(gate, { pane: 'desk', color: '#1b7f3b', weight: 3, radius: 10, fill: false, interactive: false })], true);
  return Boolean(gate);
}

/**
 * How far a point of the screen is from a line [px].
 * @param {import('leaflet').Point} here
 * @param {Position[]} line
 */
function pxFrom(here, line) {
  const corners = line.map((at) => map.latLngToContainerPoint(at));
  return Math.min(...corners.slice(1).map((end, nth) => L.LineUtil.pointToSegmentDistance(here, corners[nth], end)));
}

/**
 * The closed street at a place on the screen.
 * @param {import('leaflet').LatLng} at
 */
function closedAt(at) {
  const here = map.latLngToContainerPoint(at);
  const near = closedStreets.map((street) => ({ street, px: Math.min(...street.lines.map((line) => pxFrom(here, line))) }));
  const best = near.sort((one, other) => one.px - other.px)[0];
  return best && best.px <= REACH_PX ? best.street : null;
}

/**
 * Say which closed street is under the pointer, and where it meets streets that are open.
 * @param {import('leaflet').LatLng} at
 */
export function previewClosed(at) {
  const street = closedAt(at);
  if (!street) {
    hideSnap();
    return;
  }
  const count = street.meets.length;
  const style = { pane: 'desk', color: count ? '#1b7f3b' : '#b3261e', interactive: false };
  const drawn = [L.polyline(street.lines, { ...style, weight: 6 }), ...street.meets.map((there) => L.circleMarker(there, { ...style, radius: 6, fillColor: '#fff', fillOpacity: 1 }))];
  sayAt(at, deskText(count ? 'opens_to' : 'opens_alone', { what: street.what, count }), drawn, count > 0);
}

/**
 * The change that opens the closed street at a place; null where there is none, which is said.
 * @param {import('leaflet').LatLng} at
 * @returns {DeskRow | null}
 */
export function clickClosed(at) {
  const street = closedAt(at);
  if (!street) complain(deskText('not_closed'));
  return street && { action: 'refit', way: street.way, tags: { foot: 'yes' } };
}

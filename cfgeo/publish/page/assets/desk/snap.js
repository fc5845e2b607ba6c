// What a link or gate would join at a place: asked of the session, drawn and said beside the pointer.

import { element } from '../shared/base.js';
import { besides, narrow } from '../run/map.js';
import { ask, deskText } from './session.js';

/** What is drawn at the pointer. @type {import('leaflet').LayerGroup | null} */
let snapShown = null;
let snapAsked = 0;
const ROOM_PX = 200;
const NARROW_ROOM_PX = 130; // the words are narrower there, too

/**
 * Where a link that ends at a place would join the streets.
 * @param {import('leaflet').LatLng} at
 * @returns {Promise<DeskJoin | null>}
 */
export const joinAt = ({ lng, lat }) => ask(`/api/join?lon=${lng}&lat=${lat}`, {}, false);

/**
 * @param {DeskJoin} join
 * @param {boolean} atOnce whether a click opens a gate between the streets on both sides
 */
export function joinWords({ near, metres, name, across }, atOnce) {
  if (metres === null) return deskText('snap_none');
  if (near && atOnce && across) return deskText('snap_gate');
  return deskText(near ? 'snap' : 'snap_far', { name: name || deskText('snap_unnamed'), metres: Math.round(metres) });
}

export function hideSnap() {
  snapAsked += 1;
  snapShown?.remove();
  snapShown = null;
}

/**
 * Say something beside the pointer, and draw what it is about.
 * @param {import('leaflet').LatLng} at
 * @param {string} words
 * @param {import('leaflet').Layer[]} drawn
 * @param {boolean} fine
 */
export function sayAt(at, words, drawn, fine) {
  hideSnap();
  const said = element('span', { className: 'desk-snap' }, words);
  const { x } = map.latLngToContainerPoint(at);
  const room = narrow.matches ? NARROW_ROOM_PX : ROOM_PX;
  const side = x < besides.left() + room ? 'right' : x > map.getSize().x - room ? 'left' : 'top'; // where nothing covers it
  snapShown = L.layerGroup([...drawn, L.tooltip(at, { content: said, opacity: 1, pane: 'desk', direction: side, offset: side === 'top' ? [0, -6] : [side === 'right' ? 12 : -12, 0], className: fine ? '' : 'desk-far' })]).addTo(map);
}

/**
 * Draw from a place to the street that it would join, and say which it is.
 * @param {import('leaflet').LatLng} at
 * @param {boolean} atOnce as for `joinWords`
 * @param {() => boolean} wanted whether it is still to be shown once the answer is there
 */
export async function showSnap(at, atOnce, wanted) {
  hideSnap();
  const mine = snapAsked;
  const join = await joinAt(at);
  if (!join || mine !== snapAsked || !wanted()) return;
  const style = { pane: 'desk', color: join.near ? '#1b7f3b' : '#b3261e', interactive: false };
  const feet = [join.at, atOnce ? join.across : null].filter((there) => there !== null);
  const drawn = feet.flatMap((there) => [L.polyline([at, there], { ...style, weight: 3, dashArray: '3 5' }), L.circleMarker(there, { ...style, radius: 5 })]);
  sayAt(at, joinWords(join, atOnce), drawn, join.near);
}

// A tool by keys: while one is chosen, the arrow keys move a cross over the map, and space clicks there.

import { announce } from '../run/core.js';
import { deskText } from './session.js';
import { clickMap, previewAt, tool } from './tools.js';

const STEP_PX = 20;
const FINE_PX = 3;
const RIM_PX = 40;

/** @type {import('leaflet').Marker | null} */
let cross = null;

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const board = map.getContainer();

export function hideCross() {
  cross?.remove();
  cross = null;
}

/** The cross, in the middle of the map at first. */
function shownCross() {
  if (cross && map.getBounds().contains(cross.getLatLng())) return cross;
  hideCross();
  cross = L.marker(map.getCenter(), { pane: 'desk', interactive: false, keyboard: false, icon: L.divIcon({ className: 'desk-cross', iconSize: [30, 30] }) }).addTo(map);
  announce(deskText('keys_help'));
  return cross;
}

/**
 * @param {[number, number]} step
 * @param {number} pixels
 */
function moveCross([x, y], pixels) {
  const shown = shownCross();
  const at = map.latLngToContainerPoint(shown.getLatLng()).add([x * pixels, y * pixels]);
  shown.setLatLng(map.containerPointToLatLng(at));
  const { x: wide, y: high } = map.getSize();
  if (at.x < RIM_PX || at.y < RIM_PX || at.x > wide - RIM_PX || at.y > high - RIM_PX) map.panBy([x * RIM_PX * 3, y * RIM_PX * 3], { animate: false });
  previewAt(shown.getLatLng());
}

// Before the map's own keys, which go from community to community.
board.addEventListener('keydown', (event) => {
  if (!tool || event.target !== board || event.ctrlKey || event.altKey || event.metaKey) return;
  if (STEPS[event.key]) moveCross(STEPS[event.key], event.shiftKey ? FINE_PX : STEP_PX);
  else if (event.key === ' ') clickMap(shownCross().getLatLng());
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
board.addEventListener('blur', hideCross);

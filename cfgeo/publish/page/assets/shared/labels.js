// Names of communities on the map, where they have room.

import { positions } from './base.js';

/**
 * A community's name as it stands on the map.
 * @param {string} name
 */
export const shortName = (name) => (name.length > 3 ? name.replace(/社区$/, '') : name);

/**
 * A label in the pane "names".
 * @param {Line} point
 * @param {HTMLElement} html
 */
export function labelMarker(point, html) {
  const iconSize = /** @type {any} */ (null); // as large as its text
  const icon = L.divIcon({ className: 'label', html, iconSize });
  return L.marker(positions(point)[0], { icon, pane: 'names', interactive: false, keyboard: false });
}

/**
 * How wide a shape is on the screen [px].
 * @param {import('leaflet').Polygon} shape
 */
export function widthOnMap(shape) {
  const box = shape.getBounds();
  return map.latLngToContainerPoint(box.getSouthEast()).x - map.latLngToContainerPoint(box.getNorthWest()).x;
}

/**
 * How wide a text is on the map, roughly [px]: Chinese signs are twice as wide as Latin ones.
 * @param {string} text
 * @param {number} size of the font [px]
 */
export function textWidth(text, size) {
  return size / 2 + [...text].reduce((sum, sign) => sum + (sign.charCodeAt(0) > 0x2e7f ? 1.05 : 0.58) * size, 0);
}

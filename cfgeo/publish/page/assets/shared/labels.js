// Names of communities on the map and what stands with them, where they have room.

import { positionOf } from './base.js';

/**
 * A community's name as it stands on the map.
 * @param {string} name
 */
export const shortName = (name) => (name.length > 3 ? name.replace(/社区$/, '') : name);

/**
 * A label in the pane "names".
 * @param {Point} point
 * @param {HTMLElement} html
 */
export const labelMarker = (point, html) => labelAt(positionOf(point), html);

/**
 * @param {Position} at
 * @param {HTMLElement} html
 */
export function labelAt(at, html) {
  const iconSize = /** @type {any} */ (null); // as large as its text
  const icon = L.divIcon({ className: 'label', html, iconSize });
  return L.marker(at, { icon, pane: 'names', interactive: false, keyboard: false });
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

/**
 * Boxes on the screen: left, top, right, bottom.
 * @typedef {[number, number, number, number]} ScreenBox
 */

/**
 * A label and the forms that it may take, the fullest first, each as name and value.
 * @typedef {object} PlacedLabel
 * @property {HTMLElement} box
 * @property {HTMLElement} name
 * @property {HTMLElement} value
 * @property {Position} at
 * @property {number} width of what it names [px]
 * @property {boolean} [first] before all others
 * @property {number[]} [shifts] how far above or below its place it may stand [px]
 * @property {[string, string][]} forms
 */

/** @param {ScreenBox} a @param {ScreenBox} b */
const covers = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];

/**
 * Where elements of the map stand.
 * @param {string} selector
 * @returns {ScreenBox[]}
 */
export function boxesOf(selector) {
  const container = map.getContainer();
  const { left, top } = container.getBoundingClientRect();
  return [...container.querySelectorAll(selector)].map((node) => node.getBoundingClientRect())
    .filter((box) => box.width)
    .map((box) => [box.left - left, box.top - top, box.right - left, box.bottom - top]);
}

/**
 * Give each label the fullest form that covers no other label and no sign, the widest communities first; a little above or
 * below its place where that helps. A value alone, a sign for who sees no colours, is kept free of names, and left out only
 * where it would lie on another: neither could be read.
 * @param {PlacedLabel[]} labels
 * @param {number} size of the font [px]
 */
export function arrangeLabels(labels, size) {
  const line = 1.15 * size;
  /** @param {PlacedLabel} label @param {[string, string]} form @param {number} shift @returns {ScreenBox} */
  const boxAt = ({ at }, [name, value], shift) => {
    const { x, y } = map.latLngToContainerPoint(at);
    const wide = Math.max(textWidth(name, size), textWidth(value, size)) - size / 4;
    const high = line * (Number(name !== '') + Number(value !== ''));
    return [x - wide / 2, y + shift - high / 2, x + wide / 2, y + shift + high / 2];
  };
  /** @param {PlacedLabel} label */
  const least = ({ forms }) => (forms.length && !forms[forms.length - 1][0] ? forms[forms.length - 1] : null);
  const signs = boxesOf('.facility .sign, .lift span, .walkway-rank span, .numbered .number');
  /** @type {Map<PlacedLabel, ScreenBox>} */
  const kept = new Map();
  for (const label of labels) {
    const form = least(label);
    if (form) kept.set(label, boxAt(label, form, 0));
  }
  /** @param {PlacedLabel} label @param {[string, string]} form @param {number} shift */
  const show = ({ box, name, value }, form, shift) => {
    [name.textContent, value.textContent] = form;
    name.hidden = !form[0];
    value.hidden = !form[1];
    box.hidden = !form[0] && !form[1];
    box.style.marginTop = `${shift}px`;
  };
  /** @param {ScreenBox} box @returns {ScreenBox} what its letters fill */
  const core = ([left, top, right, bottom]) => [left + 1, top + 2, right - 1, bottom - 2];
  /** @type {ScreenBox[]} */
  const shown = [];
  const order = [...labels].sort((a, b) => Number(b.first || false) - Number(a.first || false) || b.width - a.width);
  for (const label of order) {
    const others = [...signs, ...[...kept].filter(([other]) => other !== label).map(([, box]) => box)];
    const tries = label.forms.flatMap((form) => (label.shifts || [0, -line, line]).map((shift) => ({ form, shift, box: boxAt(label, form, shift) })));
    const form = least(label);
    const alone = form ? { form, shift: 0, box: boxAt(label, form, 0) } : null;
    const chosen = tries.find(({ box }) => !others.some((other) => covers(box, other)))
      ?? (alone && !shown.some((other) => covers(core(alone.box), core(other))) ? alone : null);
    if (chosen) shown.push(chosen.box);
    if (chosen) kept.set(label, chosen.box);
    else kept.delete(label);
    show(label, chosen?.form ?? ['', ''], chosen?.shift ?? 0);
  }
  map.fire('labelled');
}

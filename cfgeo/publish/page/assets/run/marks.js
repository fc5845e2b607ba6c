// Marks of the legend and of facilities.

import { drawing, element } from '../shared/base.js';
import { data } from './core.js';

/**
 * A mark of the legend.
 * @param {...Node} shapes
 */
const mark = (...shapes) => drawing('svg', { class: 'swatch', viewBox: '0 0 28 16', 'aria-hidden': 'true' }, ...shapes);

/**
 * A filled box.
 * @param {string} fill
 * @param {Record<string, any>} properties
 */
export function swatch(fill, properties = {}) {
  return mark(drawing('rect', { x: 1, y: 1, width: 26, height: 14, fill, stroke: '#555', ...properties }));
}

/**
 * A box filled as communities are; the fill's name as on theirs.
 * @param {string} name
 * @param {string} fill
 */
export const fillSwatch = (name, fill) => swatch(fill, { 'data-fill': name });

/**
 * A line.
 * @param {Record<string, any>} style
 */
export const stroke = (style) => mark(drawing('line', { x1: 0, y1: 8, x2: 28, y2: 8, ...style }));

/**
 * A dot.
 * @param {Record<string, any>} style
 */
export const dot = (style) => mark(drawing('circle', { cx: 14, cy: 8, r: 6, ...style }));

/**
 * An entry of the legend.
 * @param {Node} symbol
 * @param {...string} words
 */
export const entry = (symbol, ...words) => element('li', {}, symbol, ' ', ...words);

const layers = Object.keys(data.names.layers);

/** @param {string} layer */
export const colourOf = (layer) => data.colours.layers[layers.indexOf(layer) % data.colours.layers.length];

/**
 * A facility's sign: letters on its layer's colour.
 * @param {string} layer
 */
export function sign(layer) {
  const letters = element('span', { className: 'sign' }, data.names.marks[layer]);
  letters.style.backgroundColor = colourOf(layer);
  return letters;
}

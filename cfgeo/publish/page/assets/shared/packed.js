// Lines and areas of the data, which Python packs into texts (`publish/geometry.py`).

import { positionOf } from './base.js';

/**
 * The whole numbers of a packed text.
 * @param {string} packed
 */
export function unpack(packed) {
  const bytes = atob(packed);
  const numbers = [];
  for (let i = 0, value = 0, bits = 0; i < bytes.length; i += 1) {
    const byte = bytes.charCodeAt(i);
    value |= (byte & 127) << bits;
    bits += 7;
    if (byte > 127) continue;
    numbers.push((value >>> 1) ^ -(value & 1));
    value = 0;
    bits = 0;
  }
  return numbers;
}

/**
 * What takes the next points of a list of numbers, each a step from the one before.
 * @param {number[]} numbers
 */
function stepper(numbers) {
  let [i, x, y] = [0, 0, 0];
  return {
    more: () => i < numbers.length,
    next: () => numbers[i++],
    points: () => Array.from({ length: numbers[i++] }, () => {
      x += numbers[i++];
      y += numbers[i++];
      return /** @type {Point} */ ([x, y]);
    }),
  };
}

/**
 * Lists of points as they are packed.
 * @param {Lines} packed
 */
export function pointLists(packed) {
  const steps = stepper(unpack(packed));
  const all = [];
  while (steps.more()) all.push(steps.points());
  return all;
}

/**
 * Lines as Leaflet's positions.
 * @param {Lines} packed
 */
export const linesOf = (packed) => pointLists(packed).map((points) => points.map(positionOf));

/**
 * Areas as Leaflet's positions: each an outer ring and its holes.
 * @param {Shape} packed
 */
export function polygons(packed) {
  const steps = stepper(unpack(packed));
  const all = [];
  while (steps.more()) all.push(Array.from({ length: steps.next() }, () => steps.points().map(positionOf)));
  return all;
}

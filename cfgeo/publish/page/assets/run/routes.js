// What the panel of a community tells of walks: how slopes and stairs shorten their reach, and what their minutes are spent on.

import { element, say } from '../shared/base.js';
import { amount, communityClauses, data, minutes, percent } from './core.js';
import { ratioOf } from './themes.js';

const { limit, parts, ratios, routes } = data.walks;

/** @type {Record<string, string>} */
export const partColours = {
  level: '#4d7f3a', uphill: '#c2571a', downhill: '#2f74b5', stairs: '#5b2a86', lift: '#00695c', wait: '#8a6d00',
  off_network: '#6b6b6b',
};

/**
 * The minutes that each part of a walk takes, zero where it has none.
 * @param {Routes} route
 * @param {number} index
 * @returns {[string, number][]}
 */
const partMinutes = (route, index) => parts.map((part) => [part, Number(route[part][index])]);

/**
 * @param {string} part
 * @param {number} value
 */
const partText = (part, value) => say('part_minutes', { part: say(`part_${part}`), minutes: minutes(value) });

/**
 * A walk as a bar: each part as wide as the minutes it takes.
 * @param {Routes} route
 * @param {number} index
 * @param {number} longest minutes that fill the bar
 */
function partBar(route, index, longest) {
  const bar = element('span', { className: 'parts', 'aria-hidden': 'true' });
  for (const [part, value] of partMinutes(route, index)) {
    if (!value) continue;
    const piece = element('span', { title: partText(part, value) });
    piece.style.width = `${(100 * value) / longest}%`;
    piece.style.backgroundColor = partColours[part];
    bar.append(piece);
  }
  return bar;
}

/**
 * The parts of a walk in words, the longest first, each with its colour.
 * @param {Routes} route
 * @param {number} index
 */
function partWords(route, index) {
  return partMinutes(route, index).filter(([, value]) => value >= 0.05).sort((a, b) => b[1] - a[1]).map(([part, value]) => {
    const key = element('i', { className: 'part-key', 'aria-hidden': 'true' });
    key.style.backgroundColor = partColours[part];
    return element('span', { className: 'part' }, key, partText(part, value));
  });
}

/**
 * What the walk of a community's median child is spent on, clause by clause.
 * @param {number} index
 */
export function routeList(index) {
  const walked = communityClauses.filter((clause) => routes[clause.id] && typeof routes[clause.id].minutes[index] === 'number');
  if (!walked.length) return [];
  const longest = Math.max(...walked.map((clause) => Number(routes[clause.id].minutes[index])));
  const rows = walked.map((clause) => {
    const route = routes[clause.id];
    const heights = say('route_metres', { length: amount(route.length_m[index]), climb: amount(route.climb_m[index]),
      descent: amount(route.descent_m[index]) }) + (route.steps[index] ? say('route_steps', { steps: amount(route.steps[index]) }) : '');
    return element('li', {}, element('b', {}, clause.name), ' ',
      say('route_minutes', { minutes: minutes(route.minutes[index]), direction: say(`route_${route.direction[index]}`), place: route.place[index] || say('facility_unnamed') }),
      partBar(route, index, longest), element('span', { className: 'part-words' }, ...partWords(route, index).flatMap((words) => [words, ' ']), heights));
  });
  return [element('ul', { className: 'routes' }, ...rows)];
}

/**
 * How much of a community's reach slopes and stairs leave.
 * @param {number} index
 */
export function terrainWords(index) {
  const ratio = ratioOf(index);
  const words = [];
  if (ratio !== null) {
    words.push(element('p', {}, say('popup_ratio', { limit, level: percent(ratio), circle: percent(ratios.circle_ratio[index]) })));
  }
  return words;
}

// Walkways, school routes and their crossings, on the map and in the panel.

import { byId, element, positionOf, say } from '../shared/base.js';
import { linesOf } from '../shared/packed.js';
import { amount, clauseOf, data, percent } from './core.js';
import { groupMakers } from './lines.js';
import { goTo } from './map.js';

const { walks } = data;
const widest = 11; // of a school route [px]
const busiest = Math.max(1, ...walks.streets.map((street) => street.total));
const busiestCrossing = Math.max(1, ...walks.crossings.map((crossing) => crossing.total));
const mostLost = Math.max(1, ...walks.walkways.map((walkway) => walkway.beyond));

/**
 * So many children or residents; of what stands for them, which share of the district's.
 * @param {number} value
 */
const demandWords = (value) => say(`demand_${data.basis}`, {
  number: data.demand === null ? amount(Math.round(value)) : percent(data.demand ? value / data.demand : null),
});

/**
 * The number alone, for rows under a heading that says what it counts, or what it is a share of.
 * @param {number} value
 */
function demandNumber(value) {
  if (data.demand === null) return amount(Math.round(value));
  const share = data.demand ? value / data.demand : null;
  return share && share < 0.0005 ? say('share_tiny', { number: percent(0.001) }) : percent(share);
}

const unitWords = () => element('span', { className: 'unit' }, say(`unit_${data.basis}`));

/**
 * A name and what is said about it.
 * @param {string} name
 * @param {...(Node | string)} about
 */
const walkTooltip = (name, ...about) => element('span', {}, element('b', {}, name), element('br', {}), ...about);

/**
 * What would be beyond the limit without a walkway: a line a clause, most first.
 * @param {Walkway} walkway
 */
function walkwayLost(walkway) {
  const lost = Object.entries(walkway.lost).sort((a, b) => b[1] - a[1]);
  if (!walkway.length) return say('walkway_no_street');
  if (!lost.length) return say('walkway_nothing');
  return element('ul', { className: 'lost' }, ...lost.map(([clause, many]) => element('li', {},
    element('span', {}, clauseOf.get(clause)?.name ?? clause), element('b', {}, demandNumber(many)))));
}

/** @param {Walkway} walkway */
function walkwayTooltip(walkway) {
  const lost = walkwayLost(walkway);
  const heading = typeof lost === 'string' ? [] : [element('i', {}, say('column_without'), unitWords())];
  return walkTooltip(walkwayTitle(walkway), ...heading, lost);
}

/** @param {Walkway} walkway */
const walkwayTitle = (walkway) => `${walkway.rank}. ${walkway.name}`;

/** @param {{ name: string }} street */
const streetName = (street) => street.name || say('street_unnamed');

function walkwayGroup() {
  const lines = walks.walkways.map((walkway) => {
    const shape = L.polyline(linesOf(walkway.lines), {
      pane: 'areas', color: '#0b6b2e', weight: 4 + 5 * (walkway.beyond / mostLost), opacity: 0.95, className: 'walkway',
    });
    return shape.bindTooltip(() => walkwayTooltip(walkway), { sticky: true });
  });
  const marks = walks.walkways.filter((walkway) => walkway.lines).map((walkway) => {
    const all = linesOf(walkway.lines);
    const points = all[Math.floor(all.length / 2)];
    return L.marker(points[Math.floor(points.length / 2)], {
      pane: 'areas', interactive: false, keyboard: false,
      icon: L.divIcon({ className: 'walkway-rank', html: element('span', {}, String(walkway.rank)), iconSize: [20, 20] }),
    });
  });
  return L.layerGroup([...lines, ...marks]);
}

function schoolGroup() {
  const lines = [...walks.streets].reverse().map((street) => {
    const weight = 1.5 + (widest - 1.5) * Math.sqrt(street.total / busiest);
    const shape = L.polyline(linesOf(street.lines), { pane: 'areas', color: '#c51b7d', weight, opacity: 0.85, className: 'school-street' });
    const most = demandWords(Math.max(street.forward, street.backward));
    return shape.bindTooltip(() => walkTooltip(streetName(street), say('school_street', { total: demandWords(street.total), most })), { sticky: true });
  });
  return L.layerGroup(lines);
}

function crossingGroup() {
  return L.layerGroup(walks.crossings.map((crossing, nth) => {
    const radius = 4 + 9 * Math.sqrt(crossing.total / busiestCrossing);
    const shape = L.circleMarker(positionOf(crossing.point), {
      pane: 'areas', radius, color: '#111', weight: 1.5, fillColor: '#ffd400', fillOpacity: 0.9, className: 'crossing',
    });
    const sentence = say('school_crossing', { total: demandWords(crossing.total) });
    return shape.bindTooltip(() => walkTooltip(`${nth + 1}. ${streetName(crossing)}`, sentence), { sticky: true });
  }));
}

Object.assign(groupMakers, { walkways: walkwayGroup, school: schoolGroup, crossings: crossingGroup });

// The panel's tab

const mostRows = 15;

/**
 * @param {string} key of the caption
 * @param {[string, string]} heads keys of the columns' heads: names, and what is counted
 * @param {Node[]} rows
 */
function walkTable(key, [name, counted], rows) {
  if (!rows.length) return '';
  return element('table', {}, element('caption', {}, say(`${key}_caption`)),
    element('thead', {}, element('tr', {},
      element('th', { scope: 'col' }, say(name)), element('th', { scope: 'col' }, say(counted), unitWords()))),
    element('tbody', {}, ...rows));
}

/**
 * A row whose name leads to its place on the map, where it switches its group on.
 * @param {string} name
 * @param {string} group
 * @param {Position[]} places
 * @param {Node | string} words
 */
function walkRow(name, group, places, words) {
  const button = element('button', { type: 'button', className: 'link' }, name);
  button.addEventListener('click', () => {
    const box = /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name="line-${group}"]`));
    if (box && !box.checked) box.click();
    const bounds = L.latLngBounds(places);
    if (bounds.isValid()) goTo(bounds, 17);
  });
  return element('tr', {}, element('th', { scope: 'row' }, button), element('td', {}, words));
}

export function drawWalks() {
  const flagged = data.communities.filter((community) => community.byTerrain);
  const byTerrain = flagged.length
    ? say('terrain_communities', { count: flagged.length, names: flagged.map((community) => community.name).join(say('list_mark')) })
    : say('terrain_none');
  byId('walks').append(
    element('h2', {}, say('terrain_title')), element('p', {}, byTerrain, walks.byTerrain.rows ? say('terrain_rows', walks.byTerrain) : ''), element('p', { className: 'note' }, say('terrain_note', { limit: walks.limit })),
    walks.walkways.length ? element('h2', {}, say('walkways_title')) : '',
    walkTable('walkways', ['column_walkway', 'column_without'], walks.walkways.map((walkway) => walkRow(
      walkwayTitle(walkway), 'walkways', linesOf(walkway.lines).flat(), walkwayLost(walkway)))),
    walks.streets.length ? element('h2', {}, say('school_title')) : '',
    walks.streets.length ? element('p', { className: 'note' }, say('school_note')) : '',
    walkTable('crossings', ['column_road', 'column_crossing'], walks.crossings.slice(0, mostRows).map((crossing, nth) => walkRow(
      `${nth + 1}. ${streetName(crossing)}`, 'crossings', [positionOf(crossing.point)], demandNumber(crossing.total)))),
    walkTable('streets', ['column_street', 'column_walkers'], walks.streets.slice(0, mostRows).map((street, nth) => walkRow(
      `${nth + 1}. ${streetName(street)}`, 'school', linesOf(street.lines).flat(), demandNumber(street.total)))),
  );
}

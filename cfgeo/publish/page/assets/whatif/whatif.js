// The what-if page: communities coloured by what changes, overall or in one clause, or by their verdict before or after.

import { byId, element, pageData, say } from '../shared/base.js';
import { changeLayers, changeStyle, clauseChanges, communityPolygons, drawFillLegend, restyle } from '../shared/changes.js';
import { startLabels, startPlace } from '../shared/place.js';

const data = /** @type {WhatifData} */ (pageData);

/** @type {'change' | 'before' | 'after'} */
let view = 'change';
let selected = -1;
/** The clause in view; null: all of them. @type {ClauseChange | null} */
let clause = null;

const { changes: verdictFills, coverage: coverageFills } = pageData.colours;
const { gained, lost } = verdictFills;
/** @type {Record<string, string>} */
const fills = { ...verdictFills, ...coverageFills, gained, lost };
const manyPoints = 10; // of a share: a change is large
const leastChange = 0.0005; // of a share: a smaller change is none in the tables

/**
 * How much more a clause has in a community, as a share or a number of places.
 * @param {ClauseChange} changed
 * @param {number} index
 */
function more({ was, now, reach }, index) {
  const difference = Number(now[index] ?? 0) - Number(was[index] ?? 0);
  return reach && Math.abs(difference) < leastChange ? 0 : difference;
}

/**
 * What a clause does to a community's verdict.
 * @param {ClauseChange} changed
 * @param {number} index
 */
function turn({ before, after }, index) {
  if (before[index] !== 'passed' && after[index] === 'passed') return 'gained';
  return before[index] === 'passed' && after[index] !== 'passed' ? 'lost' : '';
}

/**
 * How a community is filled by the change of coverage.
 * @param {number} index
 */
function coverageFill(index) {
  if (clause) {
    const difference = more(clause, index);
    if (!difference) return 'same';
    const large = Math.abs(difference) * (clause.reach ? 100 : manyPoints) >= manyPoints;
    return `${difference > 0 ? 'more' : 'less'}${large && clause.reach ? '-many' : ''}`;
  }
  const differences = data.clauses.map((changed) => more(changed, index));
  const up = differences.some((difference) => difference > 0);
  const down = differences.some((difference) => difference < 0);
  return up && down ? 'mixed' : up ? 'more' : down ? 'less' : 'same';
}

/**
 * What changes for a community's verdict: overall, or of the clause in view.
 * @param {number} index
 */
const turnOf = (index) => (clause ? turn(clause, index) : data.communities[index].change);

/**
 * What a community's colour stands for.
 * @param {number} index
 */
function fillName(index) {
  if (view !== 'change') return clause ? clause[view][index] : data.communities[index][view];
  return (!clause && turnOf(index)) || coverageFill(index);
}

/** @param {number} index */
function styleOf(index) {
  const turned = view === 'change' && turnOf(index);
  return {
    color: index === selected ? '#000' : turned ? '#111' : '#fff',
    weight: index === selected ? 4 : turned ? 3 : 1.2,
    fillColor: fills[fillName(index)],
    fillOpacity: 1,
  };
}

/**
 * The change as it stands on the map: points of a share or places, and the verdict's sign where that turns.
 * @param {number} index
 */
function markOf(index) {
  if (view !== 'change') return '';
  const sign = { gained: '✓', lost: '✗', '': '' }[turnOf(index)];
  const difference = clause ? more(clause, index) : 0;
  if (!clause || !difference) return sign;
  const number = clause.reach ? (difference * 100).toFixed(1) : String(difference);
  return `${difference > 0 ? '+' : '−'}${number.replace('-', '')} ${sign}`.trim();
}

/**
 * @param {WhatifCommunity} community
 * @param {number} index
 */
function wordOf(community, index) {
  if (view === 'change') return [data.texts[`legend_${fillName(index)}`], markOf(index)].filter(Boolean).join(' ');
  return data.verdicts[clause ? clause[view][index] : community[view]];
}

/**
 * Show one community's clauses that change.
 * @param {number} index
 */
function choose(index) {
  selected = index;
  const community = data.communities[index];
  byId('chosen').textContent = `${community.name} (${community.office})`;
  byId('about').replaceChildren(...clauseChanges(community));
  draw();
}

const communityShapes = communityPolygons(data.communities, wordOf, choose);
/** @type {(() => void) | null} */
let labelAgain = null;

/** Which communities the clause in view gains and loses, by name. */
function turnLines() {
  return /** @type {const} */ (['gained', 'lost']).map((change) => {
    const names = data.communities.filter((_, index) => clause && turnOf(index) === change).map(({ name }) => name);
    return names.length ? element('p', {}, say(change, { count: names.length, names: names.join(data.lang === 'zh' ? '、' : ', ') })) : '';
  }).filter(Boolean);
}

function draw() {
  data.communities.forEach((community, index) => {
    restyle(communityShapes[index], community, styleOf(index), fillName(index));
    if (view === 'change' && turnOf(index)) communityShapes[index].bringToFront();
  });
  if (selected >= 0) communityShapes[selected].bringToFront();
  drawFillLegend(fills, data.communities.map((_, index) => fillName(index)));
  const lines = turnLines();
  byId('clause-change').replaceChildren(...(clause ? [element('h2', {}, clause.name), ...lines] : []));
  if (clause && !lines.length) byId('clause-change').append(element('p', {}, say('clause_same')));
  labelAgain?.();
}

/** The numbers of the changes, and a place for each. @type {Map<string, Position>} */
const changePlaces = new Map();
for (const change of data.changes) {
  for (const layer of changeLayers(change)) {
    layer.bindTooltip(element('span', {}, change.what)).addTo(map);
    const { lat, lng } = layer instanceof L.CircleMarker ? layer.getLatLng() : /** @type {import('leaflet').Polyline} */ (layer).getBounds().getCenter();
    if (!changePlaces.has(change.mark)) changePlaces.set(change.mark, [lat, lng]);
  }
}
for (const at of data.junctions) {
  L.circleMarker(at, { ...changeStyle, weight: 2, radius: 4, interactive: false }).addTo(map);
}

const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-view]'));
for (const button of buttons) {
  button.addEventListener('click', () => {
    view = /** @type {typeof view} */ (button.dataset.view);
    for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
    draw();
  });
}
byId('clause').append(...data.clauses.map(({ id, name }) => element('option', { value: id }, name)));
byId('clause').addEventListener('change', () => {
  clause = data.clauses.find(({ id }) => id === byId('clause').value) || null;
  draw();
});

startPlace();
labelAgain = startLabels(data.communities, markOf, [...changePlaces].map(([mark, at]) => ({ mark, at })));
draw();
document.documentElement.dataset.ready = 'true';

// The walk of a community's median child: on the map, step by step, with its profile; walked on request.

import { drawing, element, say } from '../shared/base.js';
import { linesOf, pointLists, unpack } from '../shared/packed.js';
import { amount, communityClauses, data, minutes, valuesOf } from './core.js';
import { walkMakers } from './community.js';
import { stillness } from './map.js';
import { partColours } from './routes.js';
import { onChange, state } from './state.js';

const { names: wayNames, parts: wayParts, paths, routes: wayRoutes } = data.walks;
const stepNumbers = 6; // of each step in the data
const walkSeconds = 9; // how long a walk takes when it is shown
const [profileWide, profileHigh] = [320, 90];
const leastRange = 12; // of heights in a profile [m]

/**
 * What is shown: a community and a clause, and what draws it.
 * @type {{ index: number, clause: string, section: HTMLElement } | null}
 */
let way = null;
/** @type {import('leaflet').LayerGroup | null} */
let wayLayer = null;
/** @type {import('leaflet').CircleMarker | null} */
let walkerDot = null;
let walking = 0; // the frame that is asked for, 0: nobody walks
let atSecond = 0;

/** @type {Map<string, Map<number, WalkPath>>} */
const unpacked = new Map();

/**
 * The ways of a clause by community, from what Python packs (`publish/page/walks.py`).
 * @param {string} clause
 * @returns {Map<number, WalkPath>}
 */
function pathsOf(clause) {
  const known = unpacked.get(clause);
  if (known) return known;
  const { communities, steps, lines: packedLines, profiles } = paths[clause];
  const [numbers, points, heights] = [unpack(steps), linesOf(packedLines), pointLists(profiles)];
  let at = 0;
  const ways = new Map(communities.map((index, nth) => {
    let [seconds, ends] = [0, 0];
    const each = Array.from({ length: numbers[at++] }, () => {
      const [part, name, length, longer, waits, further] = numbers.slice(at, at + stepNumbers);
      at += stepNumbers;
      seconds += longer;
      ends += further;
      return /** @type {WalkStep} */ ([part, name, length, seconds, waits, ends]);
    });
    return [index, { steps: each, points: points[nth], profile: heights[nth] }];
  }));
  unpacked.set(clause, ways);
  return ways;
}

/** @param {number} index */
const wayClauses = (index) => communityClauses.filter((clause) => paths[clause.id]?.communities.includes(index));

/** @param {number} seconds */
function timeWords(seconds) {
  const whole = Math.floor(seconds / 60);
  return whole ? say('way_time', { minutes: whole, seconds: Math.round(seconds - 60 * whole) }) : say('way_seconds', { seconds: Math.round(seconds) });
}

/** @param {WalkPath} path */
const pathSeconds = (path) => path.steps[path.steps.length - 1][3];

/** @param {WalkPath} path @param {number} nth */
const startSecond = (path, nth) => (nth ? path.steps[nth - 1][3] : 0);

/**
 * The points of a step.
 * @param {WalkPath} path
 * @param {Position[]} points of the whole path
 * @param {number} nth
 */
const stepPoints = (path, points, nth) => points.slice(nth ? path.steps[nth - 1][5] : 0, path.steps[nth][5]);

/**
 * A step in words.
 * @param {WalkPath} path
 * @param {number} nth
 */
function wayWords(path, nth) {
  const [part, name, length, end, waits] = path.steps[nth];
  const kind = wayParts[part];
  const values = { length: amount(length), minutes: timeWords(end - startSecond(path, nth)),
    name: wayNames[name] ? say('way_named', { name: wayNames[name] }) : '',
    part: kind === 'off_network' ? say(nth ? 'way_off_end' : 'way_off_start') : say(`part_${kind}`) };
  return say(kind === 'lift' && !length ? 'way_lift' : 'way_step', values) + (waits ? say('way_wait', { minutes: timeWords(waits) }) : '');
}

/**
 * Where the child is after so many seconds: the step, and which share of it is behind.
 * @param {WalkPath} path
 * @param {number} seconds
 */
function whereAt(path, seconds) {
  const nth = Math.min(path.steps.length - 1, path.steps.findIndex((step) => seconds < step[3]) >>> 0);
  const from = startSecond(path, nth);
  return { nth, share: Math.min(1, (seconds - from) / Math.max(path.steps[nth][3] - from, 1)) };
}

/**
 * A point on a line, by its share of the line's length on the screen.
 * @param {Position[]} points
 * @param {number} share
 * @returns {Position}
 */
function pointOn(points, share) {
  const at = points.map((point) => map.project(point, 18));
  const lengths = at.slice(1).map((point, nth) => point.distanceTo(at[nth]));
  let left = share * lengths.reduce((sum, length) => sum + length, 0);
  for (const [nth, length] of lengths.entries()) {
    if (left <= length && length) {
      const [[lat, lon], [lat2, lon2]] = [points[nth], points[nth + 1]];
      return [lat + ((lat2 - lat) * left) / length, lon + ((lon2 - lon) * left) / length];
    }
    left -= length;
  }
  return points[points.length - 1];
}

/**
 * The heights along a walk, each step in its colour.
 * @param {WalkPath} path
 */
function profileDrawing(path) {
  const points = path.profile;
  if (points.length < 2) return element('p', { className: 'note' }, say('way_no_heights'));
  const heights = points.map((point) => point[1]);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const range = Math.max(high - low, leastRange);
  const length = points[points.length - 1][0];
  /** @param {number} metres */
  const x = (metres) => (profileWide * metres) / length;
  /** @param {number} height */
  const y = (height) => profileHigh - 6 - ((profileHigh - 16) * (height - low)) / range;
  /** @param {number} metres */
  const heightAt = (metres) => {
    const nth = Math.max(1, points.findIndex((point) => point[0] >= metres));
    const [[from, below], [to, above]] = [points[nth - 1], points[nth]];
    return to > from ? below + ((above - below) * Math.min(1, (metres - from) / (to - from))) : above;
  };
  const chart = drawing('svg', { class: 'way-profile', viewBox: `0 0 ${profileWide} ${profileHigh}`, role: 'img',
    'aria-label': say('way_profile', { length: amount(length), low: amount(low), high: amount(high) }) });
  let from = 0;
  const all = path.steps.reduce((sum, step) => sum + step[2], 0) || 1;
  for (const [part, , metres] of path.steps) {
    const to = Math.min(length, from + (metres * length) / all);
    const inside = points.filter((point) => point[0] > from && point[0] < to);
    const line = [[from, heightAt(from)], ...inside, [to, heightAt(to)]].map(([at, height]) => `${x(at).toFixed(1)},${y(height).toFixed(1)}`);
    chart.append(drawing('polygon', { points: [`${x(from).toFixed(1)},${profileHigh}`, ...line, `${x(to).toFixed(1)},${profileHigh}`].join(' '), fill: partColours[wayParts[part]], 'fill-opacity': 0.35 }),
      drawing('polyline', { points: line.join(' '), fill: 'none', stroke: partColours[wayParts[part]], 'stroke-width': 3 }));
    from = to;
  }
  return element('figure', {}, chart, element('figcaption', { className: 'note' }, say('way_profile', { length: amount(length), low: amount(low), high: amount(high) })));
}

/** The path that is shown. */
const shownPath = () => (way ? pathsOf(way.clause).get(way.index) : null);

function drawWay() {
  stopWalking();
  wayLayer?.remove();
  wayLayer = null;
  walkerDot = null;
  const path = shownPath();
  if (!path) return;
  const { points } = path;
  const base = { pane: 'areas', interactive: false, lineCap: /** @type {const} */ ('round'), className: 'way-line' };
  const pieces = path.steps.map((step, nth) => L.polyline(stepPoints(path, points, nth), { ...base, color: partColours[wayParts[step[0]]], weight: 5 }));
  const ends = [points[0], points[points.length - 1]].map((point, nth) => L.circleMarker(point, { ...base, radius: 7, color: '#111', weight: 2.5, fillColor: nth ? '#ffd400' : '#fff', fillOpacity: 1, className: 'way-end' }));
  wayLayer = L.layerGroup([L.polyline(points, { ...base, color: '#fff', weight: 10, className: 'way-casing' }), ...pieces, ...ends]).addTo(map);
}

/** @param {number} seconds */
function standAt(seconds) {
  const path = shownPath();
  if (!path || !wayLayer || !way) return;
  atSecond = seconds;
  const { nth, share } = whereAt(path, seconds);
  const at = pointOn(stepPoints(path, path.points, nth), share);
  if (walkerDot) walkerDot.setLatLng(at);
  else walkerDot = L.circleMarker(at, { pane: 'areas', interactive: false, radius: 8, color: '#fff', weight: 3, fillColor: '#d9480f', fillOpacity: 1, className: 'way-walker' }).addTo(wayLayer);
  if (!map.getBounds().contains(at)) map.panTo(at, { animate: false });
  const items = way.section.querySelectorAll('li');
  items.forEach((item, place) => {
    if (place === nth) item.setAttribute('aria-current', 'step');
    else item.removeAttribute('aria-current');
  });
  const told = way.section.querySelector('.way-time');
  if (told) told.textContent = say('way_here', { time: timeWords(seconds) });
}

/** The words of the button that walks. */
function walkButton() {
  const button = way?.section.querySelector('.way-play');
  if (button) button.textContent = say(walking ? 'way_stop' : stillness.matches ? 'way_next' : 'way_play');
}

function stopWalking() {
  if (walking) cancelAnimationFrame(walking);
  walking = 0;
  walkButton();
}

/** Walk from the start to the end; who wants no motion goes on step by step. */
function walk() {
  const path = shownPath();
  if (!path) return;
  const whole = pathSeconds(path);
  if (stillness.matches) {
    const nth = atSecond >= whole ? -1 : walkerDot ? whereAt(path, atSecond).nth : -1;
    standAt(path.steps[Math.min(nth + 1, path.steps.length - 1)][3] - (nth + 1 < path.steps.length - 1 ? 0.01 : 0));
    return;
  }
  if (walking) {
    stopWalking();
    return;
  }
  /** @type {number | null} */
  let began = null;
  /** @param {number} now */
  const frame = (now) => {
    began ??= now;
    const gone = Math.min(1, (now - began) / (1000 * walkSeconds));
    standAt(whole * gone);
    walking = gone < 1 ? requestAnimationFrame(frame) : 0;
    if (!walking) walkButton();
  };
  walking = requestAnimationFrame(frame);
  walkButton();
}

/** Fill the section with the way that is chosen. */
function fillWay() {
  const path = shownPath();
  if (!way || !path) return;
  const { index, clause, section } = way;
  const route = wayRoutes[clause];
  const choice = element('select', {}, ...wayClauses(index).map((each) => element('option', { value: each.id, selected: each.id === clause }, each.name)));
  choice.addEventListener('change', () => {
    way = { index, clause: choice.value, section };
    fillWay();
    drawWay();
    section.querySelector('select')?.focus();
  });
  const play = element('button', { type: 'button', className: 'way-play' });
  play.addEventListener('click', walk);
  const steps = path.steps.map((step, nth) => {
    const key = element('i', { className: 'part-key', 'aria-hidden': 'true' });
    key.style.backgroundColor = partColours[wayParts[step[0]]];
    const button = element('button', { type: 'button', className: 'link' }, wayWords(path, nth));
    button.addEventListener('click', () => {
      stopWalking();
      standAt((startSecond(path, nth) + step[3]) / 2);
    });
    return element('li', {}, key, button);
  });
  section.replaceChildren(element('h3', {}, say('way_title')),
    element('label', { className: 'field' }, say('way_clause'), ' ', choice),
    element('p', {}, say('way_summary', { minutes: minutes(route.minutes[index]), direction: say(`route_${route.direction[index]}`), place: route.place[index] || say('facility_unnamed') })),
    profileDrawing(path),
    element('p', { className: 'way-controls' }, play, ' ', element('span', { className: 'way-time', role: 'status' })),
    element('details', { open: true }, element('summary', {}, say('way_steps')), element('ol', { className: 'way-steps' }, ...steps)));
  section.hidden = false;
  atSecond = 0;
  walkButton();
}

walkMakers.push((index, section) => {
  const clauses = wayClauses(index);
  const worst = clauses.find((clause) => clause.required && valuesOf(clause, index).verdict === 'failed');
  const chosen = clauses.find((clause) => clause.id === way?.clause) ?? worst ?? clauses[0];
  way = chosen ? { index, clause: chosen.id, section } : null;
  fillWay();
});

onChange(['selected'], () => {
  if (state.selected < 0 || state.selected !== way?.index) {
    stopWalking();
    wayLayer?.remove();
    wayLayer = null;
  } else drawWay();
});

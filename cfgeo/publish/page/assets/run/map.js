// The communities on the map, and the base map below them.

import { element, latLngBounds, polygons } from '../shared/base.js';
import { drawBaseMap } from '../shared/base_map.js';
import { data, valuesOf, valueText, verdictMark } from './core.js';
import { clauseInView, matches, state, themeInView, verdictInView } from './state.js';

const stillness = window.matchMedia('(prefers-reduced-motion: reduce)');

/** Fills are opaque, so that the legend shows what is seen. */
export const fills = data.colours.verdicts;

for (const [name, order] of /** @type {const} */ ([['tiles', 205], ['base', 210], ['reach', 402], ['streets', 407], ['street-names', 409],
  ['offices', 410], ['stairs', 430], ['names', 440], ['areas', 450]])) {
  const pane = map.createPane(name);
  pane.style.zIndex = String(order);
  if (name !== 'areas') pane.style.pointerEvents = 'none';
}

drawBaseMap(data.ground, { area: 1, line: 3 });

/**
 * Which fill a community has: its verdict, and how near it is to the other one.
 * @param {number} index
 */
export function fillClass(index) {
  const verdict = verdictInView(index);
  const clause = clauseInView();
  if (!clause) return data.standing.classes[index];
  if (clause.measure !== 'reach' || verdict === 'not_assessed') return verdict;
  const share = Number(valuesOf(clause, index).share);
  const need = Number(valuesOf(clause, index).need);
  const high = verdict === 'passed' ? share >= (1 + need) / 2 : share >= need / 2;
  return `${verdict}-${high ? 'high' : 'low'}`;
}

/**
 * The fill by name, for tests and for those who read the page's elements.
 * @param {number} index
 */
function fillName(index) {
  if (state.view === 'none') return 'none';
  const theme = themeInView();
  return theme ? theme.name(index) : fillClass(index);
}

/** @param {number} index */
function communityStyle(index) {
  const community = data.communities[index];
  const chosen = index === state.selected;
  const marginal = community.marginal && state.view === 'verdict';
  const theme = themeInView();
  const flagged = theme?.bold(index);
  const dim = !matches(community);
  return {
    stroke: true,
    color: chosen ? '#000' : marginal || flagged ? '#111' : '#fff',
    weight: chosen ? 4 : marginal || flagged ? 3 : 1.2,
    dashArray: marginal && !chosen ? '7 5' : undefined,
    fill: true,
    fillColor: state.view === 'none' ? '#fff' : theme ? theme.fill(index) : fills[fillClass(index)],
    fillOpacity: state.view === 'none' ? 0.01 : dim ? 0.12 : state.lines.has('tiles') ? 0.6 : 1,
    opacity: dim && !chosen ? 0.5 : 1,
  };
}

export const communityShapes = data.communities.map((community, index) => {
  const shape = L.polygon(polygons(community.shape), { ...communityStyle(index), className: 'community', smoothFactor: 0 });
  return shape.bindTooltip(() => tooltip(index), { sticky: true }).addTo(map);
});

/** @param {number} index */
function tooltip(index) {
  const clause = clauseInView();
  const theme = themeInView();
  const value = theme ? theme.value(index) : clause ? valueText(clause, index) : '';
  return element('span', {}, element('b', {}, data.communities[index].name), ' ',
    theme ? '' : verdictMark(verdictInView(index)), value && ` ${value}`);
}

export function drawCommunities() {
  communityShapes.forEach((shape, index) => {
    shape.setStyle(communityStyle(index));
    shape.getElement()?.setAttribute('data-code', data.communities[index].code);
    shape.getElement()?.setAttribute('data-fill', fillName(index));
    if (data.communities[index].marginal) shape.bringToFront();
  });
  if (state.selected >= 0) communityShapes[state.selected].bringToFront();
}

export const wholeMap = latLngBounds(data.bounds);

/**
 * Bring a part of the map into view, below some room for a popup.
 * @param {import('leaflet').LatLngBounds} bounds
 * @param {number} maxZoom
 * @param {number} above room [px]
 */
export function goTo(bounds, maxZoom, above = 24) {
  /** @type {import('leaflet').FitBoundsOptions} */
  const options = { paddingTopLeft: [24, above], paddingBottomRight: [24, 24], maxZoom };
  if (stillness.matches) map.fitBounds(bounds, { ...options, animate: false });
  else map.flyToBounds(bounds, { ...options, duration: 0.6 });
}

/**
 * Sizes of a popup that fits into the map.
 * @returns {import('leaflet').PopupOptions}
 */
export function popupOptions() {
  const size = map.getSize();
  return {
    maxWidth: Math.max(240, Math.min(460, size.x - 50)),
    minWidth: Math.min(300, size.x - 60),
    maxHeight: Math.max(180, size.y - 90),
    autoPanPadding: [12, 12],
  };
}

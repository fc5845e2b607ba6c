// The communities on the map, and the base map below them.

import { byId, element, latLngBounds } from '../shared/base.js';
import { polygons } from '../shared/packed.js';
import { drawBaseMap } from '../shared/base_map.js';
import { data, valuesOf, valueText, verdictMark } from './core.js';
import { clauseInView, matches, state, themeInView, verdictInView } from './state.js';

export const stillness = window.matchMedia('(prefers-reduced-motion: reduce)');

/** Fills are opaque, so that the legend shows what is seen. */
export const fills = data.colours.verdicts;

for (const [name, order] of /** @type {const} */ ([['tiles', 205], ['base', 210], ['reach', 402], ['streets', 407], ['street-names', 409],
  ['offices', 410], ['stairs', 430], ['names', 440], ['chosen', 445], ['areas', 450]])) {
  const pane = map.createPane(name);
  pane.style.zIndex = String(order);
  if (name !== 'areas') pane.style.pointerEvents = 'none';
}

// A shape that listens for the focus is a stop of the tab key in Chromium, and Leaflet's tooltips listen: the map is one stop.
map.on('layeradd', ({ layer }) => {
  const shape = layer instanceof L.Path && layer.getElement();
  if (shape) L.DomEvent.off(/** @type {any} */ (shape), /** @type {any} */ ('focus blur'));
});

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
  const marginal = community.marginal && state.view === 'verdict';
  const theme = themeInView();
  const flagged = theme?.bold(index);
  const dim = !matches(community);
  return {
    stroke: true,
    color: marginal || flagged ? '#111' : '#fff',
    weight: marginal || flagged ? 3 : 1.2,
    dashArray: marginal ? '7 5' : undefined,
    fill: true,
    fillColor: state.view === 'none' ? '#fff' : theme ? theme.fill(index) : fills[fillClass(index)],
    fillOpacity: state.view === 'none' ? 0.01 : dim ? 0.12 : state.lines.has('tiles') ? 0.6 : 1,
    opacity: dim ? 0.5 : 1,
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
}

export const wholeMap = latLngBounds(data.bounds);

/** Where map and panel stand under one another, and the panel of a place is a sheet from below. */
export const narrow = window.matchMedia('(max-width: 899px)');

/** How much of the map a sheet covers from below [px]. */
function covered() {
  const sheet = byId('place');
  if (sheet.hidden || !narrow.matches) return 0;
  const box = map.getContainer().getBoundingClientRect();
  return Math.max(0, Math.min(box.height - 80, box.bottom - sheet.getBoundingClientRect().top));
}

/** Scroll a page whose map lies under the sheet. */
function scrollToMap() {
  if (covered() > map.getSize().y / 2) map.getContainer().scrollIntoView({ block: 'start' });
}

/**
 * Bring a part of the map into view.
 * @param {import('leaflet').LatLngBounds} bounds
 * @param {number} maxZoom
 */
export function goTo(bounds, maxZoom) {
  scrollToMap();
  /** @type {import('leaflet').FitBoundsOptions} */
  const options = { paddingTopLeft: [24 + besides.left(), 24], paddingBottomRight: [24, 24 + covered()], maxZoom };
  if (stillness.matches) map.fitBounds(bounds, { ...options, animate: false });
  else map.flyToBounds(bounds, { ...options, duration: 0.6 });
}

/**
 * How wide the map's left side is covered [px]; a page that lays something over it fills this in, and calls `onChange`
 * with how wide it was covered before.
 * @type {{ left: () => number, onChange: (before: number) => void }}
 */
export const besides = { left: () => 0, onChange: () => {} };

/** What of the map is seen: nothing lies over it. */
export function inSight() {
  return L.latLngBounds(map.containerPointToLatLng([besides.left(), 0]), map.containerPointToLatLng(map.getSize()));
}

/**
 * Move the map no further than it takes to see a part of it, or, where it is too large, the point in it.
 * @param {import('leaflet').LatLngBounds} bounds
 * @param {import('leaflet').LatLng | null} at
 */
export function reveal(bounds, at) {
  scrollToMap();
  const room = map.getSize().subtract([0, covered()]);
  let box = L.bounds(map.latLngToContainerPoint(bounds.getNorthWest()), map.latLngToContainerPoint(bounds.getSouthEast()));
  const size = box.getSize();
  if (size.x > room.x || size.y > room.y) {
    if (!at) return;
    const point = map.latLngToContainerPoint(at);
    box = L.bounds(point, point);
  }
  const corners = [/** @type {import('leaflet').Point} */ (box.min), /** @type {import('leaflet').Point} */ (box.max)];
  const [low, high] = corners;
  const x = low.x < 0 ? low.x - edge : high.x > room.x ? high.x - room.x + edge : 0;
  const y = low.y < 0 ? low.y - edge : high.y > room.y ? high.y - room.y + edge : 0;
  if (x || y) map.panBy([x, y], { animate: !stillness.matches });
}
const edge = 12; // px between what is revealed and the map's edge

/**
 * An outline that is seen on every fill: dark on a white band.
 * @param {import('leaflet').Polygon | import('leaflet').Polyline | import('leaflet').CircleMarker} shape
 */
export function outlineOf(shape) {
  const common = { pane: 'chosen', interactive: false, fill: false, opacity: 1 };
  const again = () => (shape instanceof L.CircleMarker ? L.circleMarker(shape.getLatLng(), { ...shape.options, ...common })
    : shape instanceof L.Polygon ? L.polygon(shape.getLatLngs(), common) : L.polyline(/** @type {import('leaflet').LatLng[]} */ (shape.getLatLngs()), common));
  return L.layerGroup([again().setStyle({ color: '#fff', weight: 9, className: 'chosen-band' }),
    again().setStyle({ color: '#111', weight: 4.5, className: 'chosen' })]);
}

// Facilities and areas of reach.

import { element, positionOf, say } from '../shared/base.js';
import { linesOf, polygons } from '../shared/packed.js';
import { amount, clauseOf, data, kindName, kindsOf, layerName, shortfallsAt } from './core.js';
import { goTo, outlineOf, reveal } from './map.js';
import { colourOf, sign } from './marks.js';
import { onPress, openPlace, placeSection } from './place.js';
import { facilityShown, state } from './state.js';

/** @type {Map<number, import('leaflet').LayerGroup>} */
const facilityGroups = new Map();

/** @param {Facility} facility */
export const facilityTitle = (facility) => facility.name || kindName(facility.kind) || say('facility_unnamed');

/**
 * What a facility is, and what it lacks.
 * @param {Facility} facility
 */
function facilityContent(facility) {
  const community = data.communities[facility.community];
  const about = [layerName(facility.layer), facility.kind && kindsOf(facility).map(kindName).join(say('list_mark'))].filter(Boolean).join(' · ');
  const lines = [about, community ? say('facility_in', { name: community.name }) : say('facility_outside')];
  const { capacity } = facility;
  if (capacity !== undefined) lines.push(say('facility_capacity', { capacity: typeof capacity === 'number' ? amount(capacity) : capacity }));
  if (['true', 'yes', '1', '是'].includes(String(facility.certified).toLowerCase())) lines.push(say('facility_certified'));
  if (facility.off) lines.push(say('facility_off'));
  const short = shortfallsAt.get(data.facilities.indexOf(facility)) || [];
  const lacks = short.map(({ clause, lacks: words }) => element('li', {}, say('shortfall_of', { clause: clauseOf.get(clause)?.name, lacks: words })));
  return [...lines.map((line) => element('p', {}, line)),
    placeSection('lacks', say('shortfall_popup'), lacks.length ? element('ul', {}, ...lacks) : '')];
}

const closestZoom = 17; // zoom

/**
 * Open a facility's panel, and go there if asked.
 * @param {Facility} facility
 * @param {object} options
 * @param {boolean} [options.fly]
 * @param {(() => void) | null} [options.giveBackFocus]
 */
export function openFacility(facility, { fly = false, giveBackFocus = null } = {}) {
  const at = positionOf(facility.point);
  const shape = facility.area ? L.polygon(polygons(facility.area)) : facility.lines ? L.polyline(linesOf(facility.lines)) : ringAt(at);
  openPlace({ title: facilityTitle(facility), content: facilityContent(facility), outline: outlineOf(shape), giveBackFocus });
  const bounds = shape instanceof L.CircleMarker ? L.latLngBounds([at, at]) : shape.getBounds();
  if (fly) goTo(bounds, closestZoom);
  else reveal(bounds, L.latLng(at));
}

/**
 * A ring around a point, for its outline.
 * @param {Position} at
 */
export const ringAt = (at) => L.circleMarker(at, { radius: 18 });

/** @param {Facility} facility */
function facilityGroup(facility) {
  const color = colourOf(facility.layer);
  const layers = [];
  const style = { pane: 'areas', color, weight: 2, className: 'facility-shape' };
  if (facility.area) layers.push(L.polygon(polygons(facility.area), { ...style, fillColor: color, fillOpacity: 0.25 }));
  if (facility.lines) layers.push(L.polyline(linesOf(facility.lines), { ...style, weight: 4, dashArray: '10 4 2 4' }));
  if (!facility.lines) {
    layers.push(L.marker(positionOf(facility.point), {
      icon: L.divIcon({ className: 'facility', html: sign(facility.layer), iconSize: [24, 24] }),
      title: facilityTitle(facility),
      keyboard: false, // the map is one stop for keys; a community's panel lists its facilities
      alt: `${layerName(facility.layer)}: ${facilityTitle(facility)}`,
    }));
  }
  for (const layer of layers) onPress(layer, () => openFacility(facility));
  return L.layerGroup(layers);
}

/**
 * The sign of a facility that is on the map; null where it has none, or is not shown.
 * @param {number} index
 */
export function markerOf(index) {
  const layers = facilityShown(data.facilities[index]) ? facilityGroups.get(index)?.getLayers() : [];
  return layers?.find((layer) => layer instanceof L.Marker) || null;
}

export function drawFacilities() {
  data.facilities.forEach((facility, index) => {
    const group = facilityGroups.get(index);
    if (!facilityShown(facility)) group?.remove();
    else if (group) group.addTo(map);
    else facilityGroups.set(index, facilityGroup(facility).addTo(map));
  });
}

// Areas of reach: the shorter the walk, the darker.

export const reachMinutes = [...new Set(data.isochrones.map((area) => area.minutes))].sort((a, b) => a - b);
/** @type {Map<number, import('leaflet').Polygon>} */
const reachShapes = new Map();

/** @param {number} limit in minutes */
export const reachStyle = (limit) => ({
  fillColor: data.colours.reach[Math.min(reachMinutes.indexOf(limit), data.colours.reach.length - 1)], fillOpacity: 1, color: data.colours.reach[0], weight: 1,
});

/**
 * What an area of reach leads to: a layer, some kind of it, for a walker.
 * @param {Isochrone} area
 */
export function reachName(area) {
  const name = area.kind ? area.kind.split('+').map(kindName).join(say('list_mark')) : layerName(area.layer);
  return say('isochrone_walker', { layer: name, walker: data.names.walkers[area.walker] || area.walker });
}

export function drawReach() {
  data.isochrones.forEach((area, index) => {
    const shape = reachShapes.get(index);
    if (!state.isochrones.has(index)) shape?.remove();
    else if (shape) shape.addTo(map);
    else {
      reachShapes.set(index, L.polygon(polygons(area.shape), {
        ...reachStyle(area.minutes), pane: 'reach', interactive: false, className: `reach reach-${area.minutes}`,
      }).addTo(map));
    }
  });
  // The longer walks below the shorter ones, whatever was switched on first.
  const longestFirst = [...state.isochrones].sort((a, b) => data.isochrones[b].minutes - data.isochrones[a].minutes);
  for (const index of longestFirst) reachShapes.get(index)?.bringToFront();
}

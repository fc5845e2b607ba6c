// Facilities and areas of reach.

import { element, polygons, positions, say } from '../shared/base.js';
import { amount, clauseOf, data, kindName, layerName, shortfallsAt } from './core.js';
import { popupOptions } from './map.js';
import { colourOf, sign } from './marks.js';
import { facilityShown, state } from './state.js';

/** @type {Map<number, import('leaflet').LayerGroup>} */
const facilityGroups = new Map();

/** @param {Facility} facility */
const facilityTitle = (facility) => facility.name || kindName(facility.kind) || say('facility_unnamed');

/**
 * What a facility is, and what it lacks.
 * @param {Facility} facility
 */
export function facilityPopup(facility) {
  const community = data.communities[facility.community];
  const about = [layerName(facility.layer), facility.kind && kindName(facility.kind)].filter(Boolean).join(' · ');
  const lines = [about, community ? say('facility_in', { name: community.name }) : say('facility_outside')];
  const { capacity } = facility;
  if (capacity !== undefined) lines.push(say('facility_capacity', { capacity: typeof capacity === 'number' ? amount(capacity) : capacity }));
  if (['true', 'yes', '1', '是'].includes(String(facility.certified).toLowerCase())) lines.push(say('facility_certified'));
  if (facility.off) lines.push(say('facility_off'));
  return element('div', { className: 'popup', tabIndex: -1 }, element('h2', {}, facilityTitle(facility)),
    ...lines.map((line) => element('p', {}, line)), ...shortfallList(data.facilities.indexOf(facility)));
}

/** @param {number} index of a facility */
function shortfallList(index) {
  const short = shortfallsAt.get(index) || [];
  if (!short.length) return [];
  const items = short.map(({ clause, lacks }) => element('li', {}, say('shortfall_of', { clause: clauseOf.get(clause)?.name, lacks })));
  return [element('h3', {}, say('shortfall_popup')), element('ul', {}, ...items)];
}

/** @param {Facility} facility */
function facilityGroup(facility) {
  const color = colourOf(facility.layer);
  const layers = [];
  const style = { pane: 'areas', color, weight: 2, className: 'facility-shape' };
  if (facility.area) layers.push(L.polygon(polygons(facility.area), { ...style, fillColor: color, fillOpacity: 0.25 }));
  if (facility.lines) layers.push(L.polyline(facility.lines.map(positions), { ...style, weight: 4, dashArray: '10 4 2 4' }));
  if (!facility.lines) {
    layers.push(L.marker(positions(facility.point)[0], {
      icon: L.divIcon({ className: 'facility', html: sign(facility.layer), iconSize: [24, 24] }),
      title: facilityTitle(facility),
      alt: `${layerName(facility.layer)}: ${facilityTitle(facility)}`,
    }));
  }
  for (const layer of layers) layer.bindPopup(() => facilityPopup(facility), popupOptions());
  return L.layerGroup(layers);
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

// What the desk draws: its pane above the map, and the ideas of an answer.

import { goTo } from '../run/map.js';

const pane = map.createPane('desk');
pane.style.zIndex = '650'; // above the signs of facilities

/** @type {import('leaflet').LayerGroup | null} */
let ideas = null;

/**
 * Show on the map what an answer proposes.
 * @param {DeskRow[]} rows
 */
export function placeIdeas(rows) {
  ideas?.remove();
  const style = { pane: 'desk', color: '#5b2a86', weight: 4, interactive: false };
  ideas = L.layerGroup().addTo(map);
  for (const row of rows) {
    if (row.lat !== undefined && row.lon !== undefined) L.circleMarker([row.lat, row.lon], { ...style, radius: 9, fillColor: '#fff', fillOpacity: 0.9 }).addTo(ideas);
    else if (row.wkt) L.polyline(cornersOf(row.wkt), { ...style, dashArray: '2 8' }).addTo(ideas);
  }
}

/** Move the map to what an answer proposes, where that is not in sight. */
export function showIdeas() {
  const spots = ideas ? ideas.getLayers().flatMap((layer) => (layer instanceof L.CircleMarker ? [layer.getLatLng()] : layer instanceof L.Polyline ? /** @type {import('leaflet').LatLng[]} */ (layer.getLatLngs()) : [])) : [];
  const bounds = L.latLngBounds(spots);
  if (bounds.isValid()) goTo(bounds.pad(0.2), 16);
}

/** @param {string} wkt a line or an area */
export const cornersOf = (wkt) => [...wkt.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, lon, lat]) => L.latLng(Number(lat), Number(lon)));

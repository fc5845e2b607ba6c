// Shapes of what is built or closed.

/**
 * Points, lines or areas as layers of Leaflet.
 * @param {DrawnShape} shape
 * @param {import('leaflet').PathOptions} style
 * @param {{ area?: import('leaflet').PathOptions, point: import('leaflet').CircleMarkerOptions }} styles of areas and points, where they differ
 * @returns {import('leaflet').Path[]}
 */
export function shapeLayers({ kind, at }, style, { area = {}, point }) {
  if (kind === 'area') return [L.polygon(at, { ...style, ...area })];
  if (kind === 'line') return [L.polyline(at, style)];
  return at.flat().map((position) => L.circleMarker(position, { ...style, ...point }));
}

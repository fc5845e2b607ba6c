// The ground of a map. Below the fills paper, tint and greens; above them shade, contours, buildings and water.

import { pageData } from './base.js';
import { boxesOf } from './labels.js';
import { linesOf, polygons } from './packed.js';

for (const [name, order] of /** @type {const} */ ([['tint', 203], ['greens', 208], ['shade', 404], ['land', 405]])) {
  const pane = map.createPane(name);
  pane.style.zIndex = String(order);
  pane.style.pointerEvents = 'none';
}

/**
 * The layers of the ground.
 * @param {Land} land
 */
export function landLayers(land) {
  const { colours } = pageData;
  const below = { renderer: L.canvas({ pane: 'greens', padding: 0.3 }), interactive: false };
  const above = { renderer: L.canvas({ pane: 'land', padding: 0.3 }), interactive: false };
  const flat = { stroke: false, fill: true, fillOpacity: 1 };
  const layers = [
    L.polygon(polygons(land.greens), { ...below, ...flat, fillColor: colours.green }),
    L.polyline(linesOf(land.contours), { ...above, color: '#000', opacity: 0.16, weight: 0.7, fill: false }),
    L.polygon(polygons(land.buildings), { ...above, ...flat, fillColor: '#000', fillOpacity: 0.13 }),
    L.polygon(polygons(land.water), { ...above, ...flat, fillColor: colours.water }),
    L.polyline(linesOf(land.rails), { ...above, color: '#3c4348', opacity: 0.55, weight: 1.6, dashArray: '6 3' }),
  ];
  if (!land.box) return layers;
  const [west, south, east, north] = land.box;
  const box = L.latLngBounds([south, west], [north, east]);
  return [L.imageOverlay(land.tint, box, { pane: 'tint' }), L.imageOverlay(land.shade, box, { pane: 'shade' }), ...layers];
}

// Names of streets: as many as have room, along their streets, the large ones first.

const nameSizes = [12, 11, 10]; // by rank [px]
const nameZooms = [13, 15, 16];
const roomAround = 5; // of labels and signs [px]

/**
 * A layer with the names of streets. Leaflet calls `onAdd` and `onRemove`.
 * @param {StreetName[]} names
 */
export function streetNames(names) {
  const canvas = document.createElement('canvas');
  const layer = new L.Layer();
  const draw = () => drawNames(canvas, names);
  const hide = () => {
    canvas.style.visibility = 'hidden';
  };
  layer.onAdd = () => {
    map.getPane('street-names')?.append(canvas);
    map.on('moveend resize labelled', draw);
    map.on('zoomstart', hide);
    draw();
    return layer;
  };
  layer.onRemove = () => {
    canvas.remove();
    map.off('moveend resize labelled', draw);
    map.off('zoomstart', hide);
    return layer;
  };
  return layer;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {StreetName[]} names
 */
function drawNames(canvas, names) {
  const size = map.getSize();
  const ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: size.x * ratio, height: size.y * ratio });
  Object.assign(canvas.style, { width: `${size.x}px`, height: `${size.y}px`, visibility: '' });
  L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.scale(ratio, ratio);
  Object.assign(pen, { textAlign: 'center', textBaseline: 'middle', lineJoin: 'round' });
  // Names keep clear of these, so that none reads as a part of them.
  const boxes = boxesOf('.label span:not([hidden]), .leaflet-control, .facility .sign, .lift span, .numbered .number')
    .map(([left, top, right, bottom]) => /** @type {import('./labels.js').ScreenBox} */ ([left - roomAround, top - roomAround, right + roomAround, bottom + roomAround]));
  const zoom = map.getZoom();
  for (const [name, x, y, angle, rank] of names) {
    if (zoom < nameZooms[rank]) continue;
    const at = map.latLngToContainerPoint([y / pageData.units, x / pageData.units]);
    pen.font = `${rank ? 400 : 600} ${nameSizes[rank]}px ${getComputedStyle(document.documentElement).fontFamily}`;
    const half = pen.measureText(name).width / 2 + 3;
    const turn = (-angle * Math.PI) / 180;
    const [wide, high] = [Math.abs(half * Math.cos(turn)) + 6, Math.abs(half * Math.sin(turn)) + 7];
    /** @type {import('./labels.js').ScreenBox} */
    const box = [at.x - wide, at.y - high, at.x + wide, at.y + high];
    if (box[0] < 0 || box[1] < 0 || box[2] > size.x || box[3] > size.y) continue; // it would be cut
    if (boxes.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    boxes.push(box);
    pen.save();
    pen.translate(at.x, at.y);
    pen.rotate(turn);
    Object.assign(pen, { lineWidth: 3, strokeStyle: 'rgba(255,255,255,0.8)', fillStyle: '#2b363c' });
    pen.strokeText(name, 0, 0);
    pen.fillText(name, 0, 0);
    pen.restore();
  }
}

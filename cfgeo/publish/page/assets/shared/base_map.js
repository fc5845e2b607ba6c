// Rivers and blocks below the communities.

import { pageData } from './base.js';
import { linesOf, polygons } from './packed.js';

/**
 * Draw rivers and blocks into the pane "base".
 * @param {BasePiece[]} pieces
 * @param {{ area: number, line: number }} weights of outlines and of lines [px]
 */
export function drawBaseMap(pieces, weights) {
  for (const piece of pieces) {
    const color = piece.layer === 'blocks' ? pageData.colours.blocks : pageData.colours.water;
    const options = { pane: 'base', interactive: false, color, fillColor: color, fillOpacity: 1 };
    if (piece.area) L.polygon(polygons(piece.area), { ...options, weight: weights.area }).addTo(map);
    if (piece.lines) L.polyline(linesOf(piece.lines), { ...options, weight: weights.line }).addTo(map);
  }
}

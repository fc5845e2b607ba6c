// The page of a comparison: communities coloured by what changed between two runs.

import { byId, element, pageData } from '../shared/base.js';
import { polygons } from '../shared/packed.js';
import { placeEntries, startLabels, startPlace } from '../shared/place.js';

/** @type {Record<string, string>} */
const colours = {
  gained: '#2f74b5', better: '#7fb2dd', lost: '#d9822b', worse: '#f8c98d', mixed: '#8e5aa8',
  other: '#b0bec5', added: '#4caf50', removed: '#5d4037', unchanged: '#f7f8f6',
};
/**
 * Dashes tell kinds apart without colour.
 * @type {Record<string, string>}
 */
const dashes = { lost: '8 4', worse: '2 4', removed: '1 6' };

const { areas } = /** @type {ComparisonData} */ (pageData);
for (const area of areas) {
  const unchanged = area.kind === 'unchanged';
  const popup = () => element('div', {}, element('strong', {}, area.name), ...area.lines.map((line) => element('p', {}, line)));
  L.polygon(polygons(area.shape), {
    fillColor: colours[area.kind], fillOpacity: 1, color: '#263238', weight: unchanged ? 0.7 : 2, dashArray: dashes[area.kind],
  }).bindPopup(popup, { maxWidth: 480, maxHeight: 300 }).addTo(map);
}
byId('legend').append(...placeEntries());
startPlace();
startLabels(areas, (index) => areas[index].sign);
document.documentElement.dataset.ready = 'true';

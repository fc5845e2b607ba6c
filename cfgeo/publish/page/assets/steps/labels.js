// Names of communities on the map of steps.

import { element, polygons } from '../shared/base.js';
import { addPane } from '../shared/changes.js';
import { labelMarker, shortName, textWidth, widthOnMap } from '../shared/labels.js';

const size = 13; // of the font [px], as in steps.css

/**
 * Show the names, each only where it has room.
 * @param {SteppedCommunity[]} communities
 */
export function startLabels(communities) {
  addPane('names', 440).style.pointerEvents = 'none';
  const labels = communities.map((community) => {
    const title = element('div', {}, shortName(community.name));
    labelMarker(community.label, title).addTo(map);
    return { title, shape: L.polygon(polygons(community.shape)) };
  });
  const placeLabels = () => {
    for (const { title, shape } of labels) title.hidden = widthOnMap(shape) < textWidth(title.textContent || '', size);
  };
  map.on('zoomend', placeLabels);
  placeLabels();
}

// The own signs of facilities can be dragged to where they shall move, while that is the tool.

import { data } from '../run/core.js';
import { markerOf } from '../run/places.js';
import { desk } from './session.js';
import { change, choose, chosen, tool } from './tools.js';

/** Signs that can be dragged now, and where they stand. @type {Map<import('leaflet').Marker, import('leaflet').LatLng>} */
const held = new Map();

/** Let go of all signs; one that is being dragged goes back. */
function letGo() {
  for (const [marker, home] of held) {
    marker.off('dragend');
    marker.dragging?.disable();
    marker.setLatLng(home);
    marker.getElement()?.classList.remove('desk-held');
  }
  held.clear();
}

/**
 * @param {import('leaflet').Marker} marker
 * @param {number} index of its facility
 */
function hold(marker, index) {
  held.set(marker, marker.getLatLng());
  marker.dragging?.enable();
  marker.getElement()?.classList.add('desk-held');
  marker.on('dragend', () => {
    const { lng, lat } = marker.getLatLng();
    choose(''); // the sign goes back: it shows the study as it is, and the change has a mark of its own
    change({ action: 'move', layer: data.facilities[index].layer, facility: desk.ids[index], lon: lng, lat });
  });
}

/** Hold the signs that the tool can move. */
export function holdSigns() {
  letGo();
  if (tool !== 'move') return;
  data.facilities.forEach(({ layer }, index) => {
    const marker = layer === chosen.layer ? markerOf(index) : null;
    if (marker) hold(marker, index);
  });
}

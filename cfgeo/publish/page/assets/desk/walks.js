// The walks of a chosen community's median children before and after the changes: in its panel, and on the map.

import { walkMakers } from '../run/community.js';
import { element } from '../shared/base.js';
import { ask, deskText, onState, session } from './session.js';

/** @type {import('leaflet').LayerGroup} */
const drawnWalks = L.layerGroup().addTo(map);
let asked = 0;

/** @param {DeskWalk | null} walk */
const walkWords = (walk) => (walk ? deskText('walk_to', { minutes: walk.minutes.toFixed(1), place: walk.place }) : deskText('walk_none'));

/** @param {DeskWalks} walks */
function drawTwoWalks({ before, after }) {
  drawnWalks.clearLayers();
  for (const [walk, color, dashArray] of /** @type {const} */ ([[before, '#5a666d', '6 6'], [after, '#5b2a86', '']])) {
    if (walk) L.polyline(walk.lines, { pane: 'desk', color, dashArray, weight: 5, interactive: false }).addTo(drawnWalks);
  }
}

/** @param {DeskWalks} walk */
function walkItem(walk) {
  const show = element('button', { type: 'button', title: deskText('walk_show') }, walk.title);
  show.addEventListener('click', () => drawTwoWalks(walk));
  const [was, now] = [walkWords(walk.before), walkWords(walk.after)];
  return element('li', { 'data-walk': walk.clause }, show, element('span', {}, was === now ? was : `${was} → ${now}`));
}

/** The walks from a place that was clicked; in the desk. */
export const homeBox = element('div', { className: 'desk-walks', id: 'desk-home', role: 'status' });

/**
 * Show the walks from a place, with and without the changes.
 * @param {import('leaflet').LatLng} at
 */
export async function showHome({ lng, lat }) {
  drawnWalks.clearLayers();
  /** @type {DeskWalks[] | null} */
  const walks = await ask(`/api/walks?lon=${lng}&lat=${lat}`);
  if (!walks) return false;
  homeBox.replaceChildren(element('h4', {}, deskText('walks_here')), element('ul', {}, ...walks.map(walkItem)));
  L.circleMarker([lat, lng], { pane: 'desk', color: '#5b2a86', fillColor: '#fff', fillOpacity: 1, radius: 7, interactive: false }).addTo(drawnWalks);
  homeBox.scrollIntoView({ block: 'nearest' });
  return true;
}

onState(() => homeBox.replaceChildren()); // of other changes

/**
 * @param {number} index
 * @param {HTMLElement} section
 */
async function fillWalks(index, section) {
  drawnWalks.clearLayers();
  asked += 1;
  if (!session?.edits.some((edit) => edit.on)) return;
  const mine = asked;
  /** @type {DeskWalks[] | null} */
  const walks = await ask(`/api/walks?community=${index}`, {}, false);
  if (!walks || mine !== asked) return; // another community, or another change, since
  const rows = walks.map(walkItem);
  section.append(element('div', { className: 'desk-walks' }, element('h4', {}, deskText('walks')), rows.length ? element('ul', {}, ...rows) : element('p', {}, deskText('walks_same'))));
  section.hidden = false;
}

walkMakers.push((index, section) => {
  fillWalks(index, section);
});

// The walks of a chosen community's median children before and after the changes: in its panel, and on the map.

import { walkMakers } from '../run/community.js';
import { element } from '../shared/base.js';
import { ask, deskText, session } from './session.js';

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
  const rows = walks.map((walk) => {
    const show = element('button', { type: 'button', title: deskText('walk_show') }, walk.title);
    show.addEventListener('click', () => drawTwoWalks(walk));
    return element('li', { 'data-walk': walk.clause }, show, element('span', {}, `${walkWords(walk.before)} → ${walkWords(walk.after)}`));
  });
  section.append(element('div', { className: 'desk-walks' }, element('h4', {}, deskText('walks')), rows.length ? element('ul', {}, ...rows) : element('p', {}, deskText('walks_same'))));
  section.hidden = false;
}

walkMakers.push((index, section) => {
  fillWalks(index, section);
});

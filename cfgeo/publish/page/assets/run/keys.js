// The map by keys: one stop of the tab key, inside it the arrow keys go from community to community.

import { element, positionOf, say } from '../shared/base.js';
import { polygons } from '../shared/packed.js';
import { announce, data } from './core.js';
import { selectCommunity } from './community.js';
import { communityShapes, reveal } from './map.js';
import { onChange, state, verdictInView } from './state.js';

const box = map.getContainer();
const panStep = 120; // px

let cursor = -1;
/** @type {import('leaflet').Polygon | null} */
let cursorMark = null;

/** @type {Record<string, [number, number]>} */
const directions = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** @param {number} index */
const middleOf = (index) => map.latLngToContainerPoint(positionOf(data.communities[index].label));

/**
 * The next community in a direction: near, and rather ahead than aside; -1 where there is none.
 * @param {number} from
 * @param {[number, number]} direction
 */
function nextTo(from, [x, y]) {
  const start = middleOf(from);
  let best = -1;
  let least = Infinity;
  data.communities.forEach((_, index) => {
    const way = middleOf(index).subtract(start);
    const ahead = way.x * x + way.y * y;
    const aside = Math.abs(way.x * y) + Math.abs(way.y * x);
    if (index === from || ahead <= 0 || aside > 2 * ahead || ahead + 2 * aside >= least) return;
    best = index;
    least = ahead + 2 * aside;
  });
  return best;
}

/** The community nearest to the middle of the map. */
function nearestToMiddle() {
  const middle = map.getSize().divideBy(2);
  const distances = data.communities.map((_, index) => middleOf(index).distanceTo(middle));
  return distances.indexOf(Math.min(...distances));
}

/** @param {number} index */
function showCursor(index) {
  cursorMark?.remove();
  cursor = index;
  const community = data.communities[index];
  if (!community) return;
  cursorMark = L.polygon(polygons(community.shape), { pane: 'chosen', interactive: false, fill: false, color: '#d9480f', weight: 4, dashArray: '2 7', className: 'cursor' }).addTo(map);
  reveal(communityShapes[index].getBounds(), null);
  announce(say('map_cursor', { name: community.name, office: community.office, verdict: data.verdicts[verdictInView(index)] }));
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.target !== box || event.ctrlKey || event.altKey || event.metaKey) return;
  const direction = directions[event.key];
  if (direction && event.shiftKey) map.panBy([direction[0] * panStep, direction[1] * panStep], { animate: false });
  else if (direction) {
    const from = cursor >= 0 ? cursor : state.selected;
    const next = from >= 0 ? nextTo(from, direction) : nearestToMiddle();
    if (next >= 0) showCursor(next);
  } else if (event.key === '+' || event.key === '=') map.zoomIn();
  else if (event.key === '-') map.zoomOut();
  else if ((event.key === 'Enter' || event.key === ' ') && cursor >= 0) {
    selectCommunity(cursor, { fly: false, giveBackFocus: () => box.focus({ preventScroll: true }) });
  } else return;
  event.preventDefault();
}

export function startKeys() {
  map.keyboard.disable();
  box.tabIndex = 0;
  box.setAttribute('role', 'application');
  box.setAttribute('aria-label', say('map_label'));
  box.setAttribute('aria-describedby', 'map-keys');
  box.append(element('p', { id: 'map-keys', className: 'hidden' }, say('map_keys')));
  for (const link of box.querySelectorAll('.leaflet-control a')) link.setAttribute('tabindex', '-1');
  box.addEventListener('keydown', onKey);
  box.addEventListener('blur', () => showCursor(-1));
  onChange(['selected'], () => {
    if (state.selected >= 0) cursor = state.selected;
  });
}

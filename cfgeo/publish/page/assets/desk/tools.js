// The tools of the desk: what a click on the map does while one is chosen.

import { positionOf } from '../shared/base.js';
import { data, layerName } from '../run/core.js';
import { inSight, narrow } from '../run/map.js';
import { toggle } from '../run/state.js';
import { clickClosed, gateAt, previewClosed, previewGate, showClosed, showGates } from './closed.js';
import { act, ask, complain, desk, session, deskText } from './session.js';
import { hideSnap, joinAt, joinWords, showSnap } from './snap.js';
import { showHome } from './walks.js';

const NEAR_PX = 28;
const DRAG_PX = 5;
const STREET_PX = 12;
const SNAP_MS = 120;
const DRAWS = ['link', 'gate'];
/** Tools whose form comes after the place where there is little room: before it, only what to do is said. */
const ASKS_AFTER = ['add', 'enlarge', 'certify', 'link', 'gate', 'signal'];

/** @type {'' | DeskTool} */
export let tool = '';
/** What the form says: layer, kind, name, capacity, cost, column, answer, link. @type {Record<string, string>} */
export const chosen = { layer: Object.keys(desk.layers)[0] || '', kind: '', name: '', capacity: '', cost: '', column: '', answer: 'yes', link: Object.keys(desk.links)[0] };
/** @type {{ id: string, name: string, layer: string } | null} */
let carried = null;
/** @type {import('leaflet').LatLng[]} */
let corners = [];
/** What makes the change whose place is known, and which waits for its form. @type {(() => DeskRow | null) | null} */
let waiting = null;
/** Whether a change waits for its form. */
export const isAsking = () => waiting !== null;
/** @type {import('leaflet').LayerGroup | null} */
let preview = null;
/** @type {(words: string) => void} */
let hint = () => {};
let snapLater = 0;

/** @param {typeof hint} listener called with what to do next */
export function onHint(listener) {
  hint = listener;
}

/** @param {'' | DeskTool} name */
export function choose(name) {
  tool = name;
  carried = null;
  corners = [];
  waiting = null;
  if (name) complain(''); // of the tool before
  drawPreview();
  window.clearTimeout(snapLater);
  hideSnap();
  showClosed(name === 'open');
  showGates(name === 'gate');
  map.getContainer().classList.toggle('desk-active', Boolean(name));
  map.getContainer().classList.toggle('desk-draws', DRAWS.includes(name) || name === 'open');
  if (name) map.doubleClickZoom.disable();
  else map.doubleClickZoom.enable();
  showPlaces();
  hint(name ? deskText(`${narrow.matches ? 'strip' : 'hint'}_${name}`) : '');
}

/** Show the facilities of the layer that the tool is about. */
export function showPlaces() {
  if (tool !== 'move' && tool !== 'close' && tool !== 'enlarge' && tool !== 'certify') return;
  for (const facility of data.facilities) {
    if (facility.layer !== chosen.layer) continue;
    for (const kind of facility.kind.split('+')) toggle('facilities', `${facility.layer}|${kind}`, true);
  }
  const own = data.facilities.filter(({ layer }) => layer === chosen.layer);
  const sight = inSight();
  if (chosen.layer !== COMMUNITIES && !own.some(({ point }) => sight.contains(positionOf(point)))) complain(deskText('places_elsewhere', { layer: layerName(chosen.layer) }));
}

function drawPreview() {
  preview?.remove();
  preview = null;
  if (!corners.length) return;
  const style = { pane: 'desk', color: '#d9480f', interactive: false, className: 'desk-drawn' };
  const dots = corners.map((corner) => L.circleMarker(corner, { ...style, radius: 5, fillOpacity: 1 }));
  preview = L.layerGroup([L.polyline(corners, { ...style, weight: 5, dashArray: '6 6' }), ...dots]).addTo(map);
}

/** Whether a click opens a gate between the streets on both sides; else it is the first of two. */
const opensAtOnce = () => tool === 'gate' && !corners.length;

/**
 * Show what a click at a place would meet.
 * @param {import('leaflet').LatLng} at
 */
export function previewAt(at) {
  window.clearTimeout(snapLater);
  if (opensAtOnce() && previewGate(at)) return;
  if (DRAWS.includes(tool)) snapLater = window.setTimeout(() => showSnap(at, opensAtOnce(), () => DRAWS.includes(tool)), SNAP_MS);
  else if (tool === 'open') previewClosed(at);
}

map.on('mousemove', ({ latlng }) => previewAt(latlng));

/**
 * The facility of the chosen layer that is nearest to a place on the screen.
 * @param {import('leaflet').LatLng} at
 */
function facilityNear(at) {
  const here = map.latLngToContainerPoint(at);
  let nearest = null;
  let least = NEAR_PX;
  data.facilities.forEach((facility, index) => {
    if (facility.layer !== chosen.layer) return;
    const away = here.distanceTo(map.latLngToContainerPoint(positionOf(facility.point)));
    if (away <= least) {
      least = away;
      nearest = { id: desk.ids[index], name: facility.name || desk.ids[index], layer: facility.layer };
    }
  });
  return /** @type {typeof carried} */ (nearest);
}

/** The layer of the communities themselves: they can be certified. */
export const COMMUNITIES = 'communities';

/**
 * Change a certificate of the community at a place.
 * @param {import('leaflet').LatLng} at
 */
async function clickCommunity({ lat, lng }) {
  /** @type {{ community: number | null } | null} */
  const found = await ask(`/api/community?lon=${lng}&lat=${lat}`);
  if (!found) return;
  if (found.community === null) complain(deskText('no_community'));
  else {
    const { code } = data.communities[found.community];
    await done(() => ({ action: 'refit', layer: COMMUNITIES, facility: code, attributes: { [chosen.column]: chosen.answer } }), [{ lat, lng }]);
  }
}

const FACTS = ['enlarge', 'refit'];

/** @param {DeskRow} row whether it opens a gate that stands on a street */
const isStandingGate = ({ action, lat }) => action === 'opengate' && lat !== undefined;

/**
 * Whether two changes are about the same facility or street.
 * @param {DeskRow} one
 * @param {DeskRow} other
 */
const isAbout = (one, other) => (isStandingGate(other) ? isStandingGate(one) && one.lat === other.lat && one.lon === other.lon : other.facility ? one.facility === other.facility && one.layer === other.layer : other.way !== undefined && one.way === other.way);

/**
 * Add a change; where one of the same facility is there already, it takes its place, with what that says of the facility.
 * @param {DeskRow} row
 */
export async function change(row) {
  const same = session?.edits.find((edit) => isAbout(edit.row, row));
  if (same && same.row.action === row.action && (row.action === 'close' || row.way !== undefined || isStandingGate(row))) return act({ do: 'remove', id: same.id }); // a second click takes it back
  if (chosen.cost.trim()) row.cost = chosen.cost.trim();
  if (same && FACTS.includes(row.action) && FACTS.includes(same.row.action)) {
    row = { ...same.row, ...row, attributes: { ...same.row.attributes, ...row.attributes } };
  }
  const made = await act(same ? { do: 'replace', id: same.id, row } : { do: 'add', rows: [row] });
  if (made) Object.assign(chosen, { name: '', cost: '' }); // the next change has its own
  return made;
}

/**
 * Make a change, and put the tool away: a further click shall look and not change. Where there is little room, its form comes first.
 * @param {() => DeskRow | null} make
 * @param {import('leaflet').LatLngLiteral[]} at where it is, if that is not drawn yet
 */
async function done(make, at = []) {
  if (narrow.matches && ASKS_AFTER.includes(tool)) {
    waiting = make;
    if (at.length) corners = at.map((each) => L.latLng(each));
    drawPreview();
    hideSnap();
    hint('');
    return;
  }
  const row = make();
  if (row && await change(row)) choose('');
}

/** Make the change that waited for its form. */
export async function confirmChange() {
  const row = waiting?.();
  if (row && await change(row)) choose('');
}

/** @param {import('leaflet').LatLng} at */
async function clickFacility(at) {
  if (carried && tool === 'move') {
    const { id, layer } = carried;
    choose('');
    await change({ action: 'move', layer, facility: id, lon: at.lng, lat: at.lat });
    return;
  }
  const facility = facilityNear(at);
  if (!facility) complain(deskText('no_facility'));
  else if (tool === 'move') {
    carried = facility;
    hint(deskText('hint_move_to', { name: facility.name }));
  } else if (tool === 'close') await done(() => ({ action: 'close', layer: facility.layer, facility: facility.id }));
  else if (tool === 'certify') await done(() => ({ action: 'refit', layer: facility.layer, facility: facility.id, attributes: { [chosen.column]: chosen.answer } }), [at]);
  else await done(() => enlarged(facility), [at]);
}

/**
 * @param {{ id: string, layer: string }} facility
 * @returns {DeskRow | null} null where no capacity is entered, which is said
 */
function enlarged({ id, layer }) {
  if (!chosen.capacity) complain(deskText('no_capacity'));
  return chosen.capacity ? { action: 'enlarge', layer, facility: id, capacity: Number(chosen.capacity) } : null;
}

/**
 * Ask what is at a place, as near as a finger covers it.
 * @param {string} path
 * @param {import('leaflet').LatLng} at
 */
function askAt(path, at) {
  const near = map.containerPointToLatLng(map.latLngToContainerPoint(at).add([STREET_PX, 0]));
  return ask(`${path}?lon=${at.lng}&lat=${at.lat}&within=${map.distance(at, near)}`);
}

/** @param {import('leaflet').LatLng} at */
async function clickStreet(at) {
  const street = await askAt('/api/way', at);
  if (!street) return;
  if (!street.way) complain(deskText(street.way === null ? 'no_street' : 'no_number'));
  else await done(() => ({ action: 'close', way: street.way }));
}

/** @param {import('leaflet').LatLng} at */
async function clickOpening(at) {
  const row = clickClosed(at);
  if (row) await done(() => row);
}

/** @param {import('leaflet').LatLng} at */
async function clickSignal(at) {
  const found = await askAt('/api/crossing', at);
  if (!found) return;
  if (!found.at) complain(deskText('no_crossing'));
  else await done(() => signalled(found), [{ lat: found.at[0], lng: found.at[1] }]);
}

/**
 * @param {{ at: [number, number], signals: boolean }} crossing
 * @returns {DeskRow | null} null where it is so already, which is said
 */
function signalled({ at: [lat, lon], signals }) {
  const wanted = chosen.answer === 'yes';
  if (signals === wanted) complain(deskText('same_signal'));
  return signals === wanted ? null : { action: 'refit', link: 'crossing', lon, lat, tags: { crossing: wanted ? 'traffic_signals' : 'uncontrolled' } };
}

/**
 * @param {import('leaflet').LatLng} at
 * @returns {DeskRow}
 */
function added({ lat, lng }) {
  const { layer, kind, name, capacity } = chosen;
  return { action: 'add', layer, name, lon: lng, lat, ...(kind ? { kind } : {}), ...(capacity ? { capacity: Number(capacity) } : {}) };
}

/** @param {import('leaflet').LatLng} at */
export async function clickMap(at) {
  if (waiting) choose(tool); // another place
  if (tool === 'add') await done(() => added(at), [at]);
  else if (DRAWS.includes(tool)) await clickCorner(at);
  else if (tool === 'street') await clickStreet(at);
  else if (tool === 'signal') await clickSignal(at);
  else if (tool === 'open') await clickOpening(at);
  else if (tool === 'walk') await showHome(at);
  else if (chosen.layer === COMMUNITIES) await clickCommunity(at);
  else await clickFacility(at);
}

/** The clicks on corners, each of which is answered after the one before. */
let taking = Promise.resolve();

/** @param {import('leaflet').LatLng} at */
function clickCorner(at) {
  taking = taking.then(() => takeCorner(at));
  return taking;
}

/**
 * Take a corner of a link or gate; an end that would join no street is refused before it is drawn.
 * @param {import('leaflet').LatLng} at
 */
async function takeCorner(at) {
  if (!DRAWS.includes(tool)) return; // given up before its turn
  if (tool === 'gate' && corners.length > 1) choose(tool); // both ends were refused
  const last = corners[corners.length - 1];
  if (last && map.latLngToContainerPoint(last).distanceTo(map.latLngToContainerPoint(at)) <= DRAG_PX) return;
  const gate = opensAtOnce() ? gateAt(at) : null;
  if (gate) {
    await done(() => ({ action: 'opengate', lat: gate[0], lon: gate[1] }), [{ lat: gate[0], lng: gate[1] }]);
    return;
  }
  const drawn = tool;
  const isEnd = !last || drawn === 'gate';
  const join = isEnd ? await joinAt(at) : null;
  if (tool !== drawn || (isEnd && !join)) return; // given up meanwhile, or no answer
  if (join && !join.near) {
    complain(joinWords(join, false));
    return;
  }
  complain('');
  if (join?.at && join.across && opensAtOnce()) {
    const ends = [join.at, join.across].map(([lat, lon]) => L.latLng(lat, lon));
    await done(() => drawnRow(ends), ends);
    return;
  }
  corners.push(at);
  drawPreview();
  showSnap(at, false, () => DRAWS.includes(tool));
  if (tool === 'gate' && corners.length === 2) await buildDrawn();
  else if (tool === 'gate') hint(deskText('hint_gate_to'));
}

/**
 * @param {import('leaflet').LatLng[]} drawn
 * @returns {DeskRow} the link or gate along it
 */
function drawnRow(drawn) {
  const line = drawn.map(({ lng, lat }) => `${lng} ${lat}`).join(', ');
  return { ...(tool === 'gate' ? { action: 'opengate' } : { action: 'add', link: chosen.link }), wkt: `LINESTRING (${line})` };
}

/** Build the link that is drawn, once all of its corners are there. */
export async function finish() {
  await taking;
  await buildDrawn();
}

async function buildDrawn() {
  if (!DRAWS.includes(tool)) return;
  if (corners.length < 2) {
    complain(deskText('few_corners'));
    return;
  }
  const join = await joinAt(corners[corners.length - 1]);
  if (join && !join.near) {
    complain(joinWords(join, false));
    corners.pop(); // the next click is the end
    drawPreview();
    return;
  }
  await done(() => drawnRow(corners));
}

/** @returns {boolean} whether there was something to give up */
export function cancel() {
  if (!tool) return false;
  if (corners.length || carried) choose(tool);
  else choose('');
  return true;
}

// Where the pointer went down and up: far apart it was a drag of the map, and no click. A click of a finger says less, since browsers move it to a sign nearby.
let [down, up] = [new MouseEvent('down'), new MouseEvent('up')];
map.getContainer().addEventListener('pointerdown', (event) => {
  down = event;
}, true);
map.getContainer().addEventListener('pointerup', (event) => {
  up = event;
}, true);

// Before Leaflet sees a click: while a tool is chosen, communities and facilities are not asked about.
map.getContainer().addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target);
  if (target.closest('.leaflet-control, .desk')) return;
  const dragged = Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY) > DRAG_PX;
  if (tool || dragged) event.stopPropagation();
  if (!tool || dragged) return;
  clickMap(map.mouseEventToLatLng(up));
}, true);

// Choosing a community, and what the panel says about it.

import { byId, element, say } from '../shared/base.js';
import { polygons } from '../shared/packed.js';
import { clauseBars } from './bars.js';
import { announce, communityClauses, data, kindName, kindsOf, layerName, tenthsOf, valuesOf, verdictMark } from './core.js';
import { communityShapes, goTo, outlineOf, reveal } from './map.js';
import { sign } from './marks.js';
import { facilityTitle, openFacility } from './places.js';
import { closePlace, onPress, openPlace, placeSection, rewritePlace } from './place.js';
import { routeList, terrainWords } from './routes.js';
import { changed, onChange, state } from './state.js';

/**
 * Why nothing is listed as missing: nothing could be judged.
 * @param {RunCommunity} community
 */
const nothingJudged = (community) => (!community.demand ? say('popup_nobody') : community.judged ? '' : say('popup_not_judged'));

/**
 * What is said of what would let a community pass, sentence by sentence.
 * @type {((index: number) => string[])[]}
 */
export const remedies = [
  nearestClause,
  (index) => (data.communities[index].byTerrain ? [say('popup_by_terrain')] : []),
];

/**
 * Which of the required clauses that fail comes nearest to its need.
 * @param {number} index
 */
function nearestClause(index) {
  const failed = communityClauses.filter((clause) => clause.required && clause.measure === 'reach' && valuesOf(clause, index).verdict === 'failed');
  const gaps = failed.map((clause) => tenthsOf(Number(valuesOf(clause, index).need)) - tenthsOf(Number(valuesOf(clause, index).share)));
  if (!gaps.length) return [];
  const least = Math.min(...gaps);
  return [say('remedy_nearest', { count: data.communities[index].failed.length, name: failed[gaps.indexOf(least)].name,
    gap: least > 0 ? (least / 10).toFixed(1) : say('less_than_tenth') })];
}

/**
 * What fills the place of the walk in the panel of a community; the section is shown by who fills it.
 * @type {((index: number, section: HTMLElement) => void)[]}
 */
export const walkMakers = [];

/** @param {number} index */
function walkSection(index) {
  const section = element('section', { 'data-part': 'walk', hidden: true });
  for (const fill of walkMakers) fill(index, section);
  return section;
}

/**
 * The facilities in a community, each leading to its own panel.
 * @param {number} index
 */
function facilityList(index) {
  const inside = data.facilities.filter((facility) => facility.community === index);
  const items = inside.map((facility) => {
    const button = element('button', { type: 'button', className: 'link' }, facilityTitle(facility));
    button.addEventListener('click', () => openFacility(facility, {
      fly: true, giveBackFocus: () => selectCommunity(index, { fly: false, giveBackFocus: () => map.getContainer().focus() }),
    }));
    return element('li', {}, sign(facility.layer), ' ', button, ' ', element('span', { className: 'soft' },
      kindsOf(facility).map((kind) => kindName(kind) || layerName(facility.layer)).join(say('list_mark'))));
  });
  if (!items.length) return '';
  return element('details', { 'data-part': 'facilities' }, element('summary', {}, say('place_facilities', { count: items.length })),
    element('ul', { className: 'inside' }, ...items));
}

/** @param {number} index */
function communityContent(index) {
  const community = data.communities[index];
  const fixes = remedies.flatMap((remedy) => remedy(index));
  return [
    element('p', { className: 'soft' }, `${community.office} · ${community.code}`),
    element('p', { className: 'place-verdict' }, verdictMark(community.verdict), ' ',
      say('popup_judged', { required: community.required, judged: community.judged, failed: community.failed.length })),
    nothingJudged(community) && element('p', {}, nothingJudged(community)),
    community.marginal ? element('p', { className: 'place-marginal' }, `≈ ${say('popup_marginal')}`) : '',
    community.fewHomes ? element('p', { className: 'place-few' }, say('popup_few_homes', { points: community.fewHomes })) : '',
    placeSection('remedy', say('place_remedy'), ...fixes.map((words) => element('p', {}, words))),
    communityClauses.length ? placeSection('clauses', say('place_clauses'), element('p', { className: 'note' }, say('place_bar_key')), clauseBars(index)) : '',
    placeSection('minutes', say('popup_routes'), ...terrainWords(index), ...routeList(index)),
    walkSection(index),
    facilityList(index),
  ];
}

/**
 * The community that stands so many rows below another in the table, which fills this in; -1 where there is none.
 * @type {{ of: (index: number, rows: number) => number }}
 */
export const following = { of: () => -1 };

/**
 * Choose a community: mark it, show its row, open its panel, and go there if asked.
 * @param {number} index
 * @param {object} options
 * @param {boolean} [options.fly]
 * @param {import('leaflet').LatLng | null} [options.at] where it was clicked
 * @param {(() => void) | null} [options.giveBackFocus] what to call when the panel closes; without it the panel takes no focus
 */
export function selectCommunity(index, { fly = true, at = null, giveBackFocus = null }) {
  const community = data.communities[index];
  const onClose = () => {
    state.selected = -1;
    changed('selected');
  };
  const onStep = (/** @type {number} */ step) => {
    const next = following.of(index, step);
    if (next >= 0) selectCommunity(next, { fly: false, giveBackFocus });
  };
  openPlace({ title: community.name, content: communityContent(index), giveBackFocus, onClose, onStep });
  state.selected = index;
  changed('selected');
  announce(say('selected', { name: community.name, verdict: data.verdicts[community.verdict] }));
  const bounds = communityShapes[index].getBounds();
  if (fly) goTo(bounds, 16);
  else reveal(bounds, at);
}

/** Write the open panel anew, since what is known of its community has changed; scrolled as it was. */
export function refreshCommunity() {
  const index = state.selected;
  if (index >= 0 && !byId('place').hidden) rewritePlace(communityContent(index));
}

/**
 * Mark a community on the map, without its panel.
 * @param {number} index
 */
export function markCommunity(index) {
  closePlace();
  state.selected = index;
  changed('selected');
  reveal(communityShapes[index].getBounds(), null);
}

/** @type {import('leaflet').Layer | null} */
let outline = null;

onChange(['selected'], () => {
  outline?.remove();
  const community = data.communities[state.selected];
  outline = community ? outlineOf(L.polygon(polygons(community.shape))).addTo(map) : null;
});

communityShapes.forEach((shape, index) => {
  onPress(shape, (event) => selectCommunity(index, { fly: false, at: event.latlng }));
});

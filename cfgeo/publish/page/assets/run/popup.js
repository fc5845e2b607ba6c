// A community's popup, and choosing a community.

import { element, positions, say } from '../shared/base.js';
import { amount, announce, communityClauses, data, layerName, minutes, needed, shareText, tenthsOf, valueText, valuesOf, verdictMark } from './core.js';
import { communityShapes, goTo, popupOptions } from './map.js';
import { routeSection, terrainWords } from './routes.js';
import { changed, state } from './state.js';

/** How much of the map's height a community has beside its popup. */
const beside = 0.45;

/**
 * Where a community's popup stands: on top of its outline, with the whole of it in view; in one too large for that, where it was clicked.
 * @param {number} index
 * @param {import('leaflet').LatLngExpression} at
 */
function popupPlace(index, at) {
  const size = map.getSize();
  const bounds = communityShapes[index].getBounds();
  const box = L.bounds(map.latLngToContainerPoint(bounds.getNorthWest()), map.latLngToContainerPoint(bounds.getSouthEast())).getSize();
  const large = box.y > beside * size.y || box.x > size.x;
  const corners = /** @type {import('leaflet').LatLng[]} */ (communityShapes[index].getLatLngs().flat(3));
  const top = corners.reduce((best, corner) => (corner.lat > best.lat ? corner : best));
  const below = large ? beside * size.y : box.y;
  /** @type {import('leaflet').PopupOptions} */
  const options = {
    ...popupOptions(),
    maxHeight: Math.max(140, (1 - beside) * size.y - 70),
    autoPanPaddingBottomRight: [12, below + 12],
  };
  return { at: large ? at : top, options };
}

/**
 * @param {Clause} clause
 * @param {number} index
 */
function clauseRow(clause, index) {
  const values = valuesOf(clause, index);
  const reach = clause.measure === 'reach';
  const need = values.asked ?? needed(values.need ?? clause.need);
  const assessed = values.verdict !== 'not_assessed';
  return element('tr', {},
    element('th', { scope: 'row' }, verdictMark(values.verdict), ' ', clause.name,
      clause.required ? element('b', { className: 'required' }, say('popup_required')) : ''),
    element('td', { className: 'figure' }, assessed ? valueText(clause, index) : say('missing')),
    element('td', { className: 'figure' }, need),
    element('td', { className: 'figure' }, reach && assessed ? minutes(values.median_minutes) : say('missing')));
}

/**
 * Why a clause fails here or is open.
 * @param {Clause} clause
 * @param {number} index
 */
function missingText(clause, index) {
  const { places, children, demand, verdict, ...values } = valuesOf(clause, index);
  const { name } = clause;
  if (verdict === 'not_assessed') {
    const reason = clause.open || (!data.communities[index].demand ? 'open_nobody' : clause.measure === 'reach' && !demand ? 'open_demand' : 'open_data');
    return say(reason, { name, layer: layerName(clause.layer) });
  }
  if (clause.measure === 'present') return say('missing_places', { name, places: amount(places), need: amount(values.need) });
  if (values.said) return say('missing_value', { name, value: values.said, need: values.asked ?? '' });
  const share = Number(values.share);
  const need = Number(values.need);
  const tenths = tenthsOf(need) - tenthsOf(share);
  const gap = tenths > 0 ? (tenths / 10).toFixed(1) : say('less_than_tenth'); // fits the two figures beside it
  const short = say('missing_share', { name, share: shareText(clause, index), need: needed(need), gap });
  const left = children ? Math.round(children * (1 - share)) : 0;
  return short + (left ? say('missing_children', { children: amount(left) }) : '');
}

/**
 * Why nothing is listed as missing: all is there, or nothing could be judged.
 * @param {RunCommunity} community
 */
function nothingMissing(community) {
  if (!community.demand) return 'popup_nobody';
  return community.judged ? 'popup_nothing_missing' : 'popup_not_judged';
}

/**
 * What is said of a community between its verdict and what it lacks.
 * @type {((index: number) => Node[])[]}
 */
export const popupNotes = [terrainWords];

/** @param {number} index */
function communityPopup(index) {
  const community = data.communities[index];
  const heads = ['popup_clause', 'popup_share', 'popup_need', 'popup_walk'];
  /**
   * @param {Verdict} verdict
   * @param {(clause: Clause) => boolean} chosen
   */
  const list = (verdict, chosen) => communityClauses
    .filter((clause) => valuesOf(clause, index).verdict === verdict && chosen(clause))
    .map((clause) => element('li', {}, missingText(clause, index)));
  const missing = list('failed', (clause) => clause.required);
  const others = list('failed', (clause) => !clause.required);
  const open = list('not_assessed', () => true);
  return element('div', { className: 'popup', tabIndex: -1 },
    element('h2', {}, community.name),
    element('p', { className: 'popup-place' }, `${community.office} · ${community.code}`),
    element('p', { className: 'popup-verdict' }, verdictMark(community.verdict), ' ',
      say('popup_judged', { required: community.required, judged: community.judged, failed: community.failed.length })),
    community.marginal ? element('p', { className: 'popup-marginal' }, `≈ ${say('popup_marginal')}`) : '',
    community.fewHomes ? element('p', { className: 'popup-few' }, say('popup_few_homes', { points: community.fewHomes })) : '',
    ...popupNotes.flatMap((notes) => notes(index)),
    element('h3', {}, say('popup_missing')),
    missing.length ? element('ul', {}, ...missing) : element('p', {}, say(nothingMissing(community))),
    others.length ? element('h3', {}, say('popup_others')) : '',
    others.length ? element('ul', {}, ...others) : '',
    element('table', {},
      element('thead', {}, element('tr', {}, ...heads.map((key) => element('th', { scope: 'col' }, say(key))))),
      element('tbody', {}, ...communityClauses.map((clause) => clauseRow(clause, index)))),
    ...routeSection(index),
    open.length ? element('ul', { className: 'popup-open' }, ...open) : '');
}

// One community is chosen at a time, from the map or from the table.

/** @type {(() => void) | null} */
let arrival = null;

/**
 * Choose a community: mark it, show its row, fly there if asked, and open its popup.
 * @param {number} index
 * @param {object} options
 * @param {boolean} [options.fly]
 * @param {import('leaflet').LatLng | null} [options.at] where it was clicked
 * @param {(() => void) | null} [options.giveBackFocus] what to call when the popup closes; without it the popup takes no focus
 */
export function selectCommunity(index, { fly = true, at = null, giveBackFocus = null }) {
  const community = data.communities[index];
  state.selected = index;
  changed('selected');
  announce(say('selected', { name: community.name, verdict: data.verdicts[community.verdict] }));
  if (arrival) map.off('moveend', arrival);
  arrival = null;
  const open = () => {
    arrival = null;
    openCommunity(index, at || positions(community.label)[0], giveBackFocus);
  };
  map.closePopup();
  if (!fly) {
    open();
    return;
  }
  arrival = open;
  map.once('moveend', open);
  goTo(communityShapes[index].getBounds(), 16, (1 - beside) * map.getSize().y);
}

/**
 * @param {number} index
 * @param {import('leaflet').LatLngExpression} at
 * @param {(() => void) | null} giveBackFocus
 */
function openCommunity(index, at, giveBackFocus) {
  const content = communityPopup(index);
  const place = popupPlace(index, at);
  const popup = L.popup(place.options).setLatLng(place.at).setContent(content);
  popup.once('remove', () => {
    const elsewhere = document.activeElement !== document.body && !content.contains(document.activeElement);
    if (giveBackFocus && !elsewhere) giveBackFocus();
  });
  popup.openOn(map);
  if (giveBackFocus) content.focus({ preventScroll: true });
}

communityShapes.forEach((shape, index) => {
  shape.on('click', (event) => {
    L.DomEvent.stop(event);
    selectCommunity(index, { fly: false, at: event.latlng });
  });
});

map.on('popupclose', () => map.getContainer().classList.remove('has-popup'));
map.on('popupopen', ({ popup }) => {
  map.getContainer().classList.add('has-popup');
  const box = /** @type {HTMLElement} */ (popup.getElement());
  const content = /** @type {HTMLElement} */ (box.querySelector('.leaflet-popup-content'));
  content.tabIndex = 0; // it scrolls, and keys shall scroll it too
  const close = /** @type {HTMLElement} */ (box.querySelector('.leaflet-popup-close-button'));
  close.setAttribute('aria-label', say('close_popup'));
  close.title = say('close_popup');
});

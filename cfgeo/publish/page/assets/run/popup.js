// Popups, and choosing a community.

function popupOptions() {
  const size = map.getSize();
  return {
    maxWidth: Math.max(240, Math.min(460, size.x - 50)),
    minWidth: Math.min(300, size.x - 60),
    maxHeight: Math.max(180, size.y - 90),
    autoPanPadding: [12, 12],
  };
}

/** How much of the map's height a community has beside its popup. */
const beside = 0.45;

/** Where a community's popup stands: on top of its outline, with the whole of it in view; in one too large for that, where it was clicked. */
function communityPlace(index, at) {
  const size = map.getSize();
  const bounds = communityShapes[index].getBounds();
  const box = L.bounds(map.latLngToContainerPoint(bounds.getNorthWest()), map.latLngToContainerPoint(bounds.getSouthEast())).getSize();
  const large = box.y > beside * size.y || box.x > size.x;
  const top = communityShapes[index].getLatLngs().flat(Infinity).reduce((best, corner) => (corner.lat > best.lat ? corner : best));
  const below = large ? beside * size.y : box.y;
  const options = {
    ...popupOptions(),
    maxHeight: Math.max(140, (1 - beside) * size.y - 70),
    autoPanPaddingBottomRight: [12, below + 12],
  };
  return { at: large ? at : top, options };
}

function clauseRow(clause, index) {
  const values = valuesOf(clause, index);
  const reach = clause.measure === 'reach';
  const found = reach ? percent(values.share) : say('popup_places', { places: amount(values.places) });
  const need = reach ? needed(values.need ?? clause.need) : say('popup_places', { places: amount(values.need ?? clause.need) });
  const assessed = values.verdict !== 'not_assessed';
  return element('tr', {},
    element('th', { scope: 'row' }, verdictMark(values.verdict), ' ', clause.name,
      clause.required ? element('b', { className: 'required' }, say('popup_required')) : ''),
    element('td', { className: 'figure' }, assessed ? found : say('missing')),
    element('td', { className: 'figure' }, need),
    element('td', { className: 'figure' }, reach && assessed ? minutes(values.median_minutes) : say('missing')));
}

/** Why a clause fails here or is open. */
function missingText(clause, index) {
  const { share, need, places, children, demand, verdict } = valuesOf(clause, index);
  const { name } = clause;
  if (verdict === 'not_assessed') {
    const reason = clause.open || (!data.communities[index].demand ? 'open_nobody' : clause.measure === 'reach' && !demand ? 'open_demand' : 'open_data');
    return say(reason, { name, layer: layerName(clause.layer) });
  }
  if (clause.measure !== 'reach') return say('missing_places', { name, places: amount(places), need: amount(need) });
  const tenths = tenthsOf(need) - tenthsOf(share);
  const gap = tenths > 0 ? (tenths / 10).toFixed(1) : say('less_than_tenth'); // fits the two figures beside it
  const short = say('missing_share', { name, share: percent(share), need: needed(need), gap });
  const left = children ? Math.round(children * (1 - share)) : 0;
  return short + (left ? say('missing_children', { children: amount(left) }) : '');
}

/** Why nothing is listed as missing: all is there, or nothing could be judged. */
function nothingMissing(community) {
  if (!community.demand) return 'popup_nobody';
  return community.judged ? 'popup_nothing_missing' : 'popup_not_judged';
}

/** What is said of a community between its verdict and what it lacks. */
const popupNotes = [terrainWords];

function communityPopup(index) {
  const community = data.communities[index];
  const heads = ['popup_clause', 'popup_share', 'popup_need', 'popup_walk'];
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
    ...popupNotes.flatMap((words) => words(index)),
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

function facilityPopup(facility) {
  const community = data.communities[facility.community];
  const about = [layerName(facility.layer), facility.kind && kindName(facility.kind)].filter(Boolean).join(' · ');
  const lines = [about, community ? say('facility_in', { name: community.name }) : say('facility_outside')];
  if (facility.capacity !== undefined) lines.push(say('facility_capacity', { capacity: shown(facility.capacity) }));
  if (certified(facility)) lines.push(say('facility_certified'));
  if (facility.off) lines.push(say('facility_off'));
  return element('div', { className: 'popup', tabIndex: -1 }, element('h2', {}, facilityTitle(facility)),
    ...lines.map((line) => element('p', {}, line)));
}

const shown = (value) => (typeof value === 'number' ? amount(value) : String(value));
const certified = ({ certified: mark }) => mark === true || mark === 1
  || ['true', 'yes', '1', '是'].includes(String(mark).toLowerCase());

// One community is chosen at a time, from the map or from the table.

let arrival = null;

/** Choose a community: mark it, open its popup (after flying there, if asked), show its row. */
function selectCommunity(index, { fly = true, at = null, focus = false } = {}) {
  const community = data.communities[index];
  state.selected = index;
  changed('selected');
  announce(say('selected', { name: community.name, verdict: data.verdicts[community.verdict] }));
  if (arrival) map.off('moveend', arrival);
  arrival = null;
  const open = () => {
    arrival = null;
    openCommunity(index, at || positions(community.label)[0], focus);
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

function openCommunity(index, at, focus) {
  const content = communityPopup(index);
  const place = communityPlace(index, at);
  const popup = L.popup(place.options).setLatLng(place.at).setContent(content);
  popup.once('remove', () => {
    const elsewhere = document.activeElement !== document.body && !content.contains(document.activeElement);
    if (focus && !elsewhere) rowOf(index).querySelector('button').focus();
  });
  popup.openOn(map);
  if (focus) content.focus({ preventScroll: true });
}

/** Bring a part of the map into view, below some room for a popup. */
function goTo(bounds, maxZoom, above = 24) {
  const options = { paddingTopLeft: [24, above], paddingBottomRight: [24, 24], maxZoom };
  if (stillness.matches) map.fitBounds(bounds, { ...options, animate: false });
  else map.flyToBounds(bounds, { ...options, duration: 0.6 });
}

map.on('popupclose', () => map.getContainer().classList.remove('has-popup'));
map.on('popupopen', ({ popup }) => {
  map.getContainer().classList.add('has-popup');
  popup.getElement().querySelector('.leaflet-popup-content').tabIndex = 0; // it scrolls, and keys shall scroll it too
  const close = popup.getElement().querySelector('.leaflet-popup-close-button');
  close.setAttribute('aria-label', say('close_popup'));
  close.title = say('close_popup');
});

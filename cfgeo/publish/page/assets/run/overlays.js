// What each view lays over the map, a chip for each filter and each overlay that is on, and the way back to the start.

import { byId, element, say } from '../shared/base.js';
import { clauseOf, data, kindsOf, layerName } from './core.js';
import { closePlace } from './place.js';
import { reachName } from './places.js';
import { changed, filterBy, onChange, startLines, state, themeInView } from './state.js';

/**
 * The groups that a view brings with it, by the view's name; they go when it goes.
 * @type {Record<string, string[]>}
 */
const ownLines = { plan: ['plan'], terrain: ['steps', 'lifts'] };

/** @type {string[]} groups that the view in force has switched on */
let lent = [];

function lendLines() {
  for (const name of lent) state.lines.delete(name);
  lent = (ownLines[state.view] || []).filter((name) => !state.lines.has(name));
  for (const name of lent) state.lines.add(name);
  changed('lines');
}

/**
 * A filter or overlay in force: what it says, and how it is taken away.
 * @typedef {{ words: string, remove: () => void }} Chip
 */

/** @returns {Chip[]} */
function filterChips() {
  const form = /** @type {const} */ ({ text: 'search', office: 'office', verdict: 'verdict' });
  const words = { text: `“${state.text}”`, office: state.office, verdict: data.verdicts[state.verdict] };
  return /** @type {(keyof typeof form)[]} */ (Object.keys(form)).filter((part) => state[part]).map((part) => ({
    words: words[part],
    remove: () => {
      byId(form[part]).value = '';
      filterBy(part, '');
    },
  }));
}

/** @returns {Chip[]} */
function viewChips() {
  if (state.view === 'verdict') return [];
  const name = clauseOf.get(state.view)?.name ?? themeInView()?.title() ?? say('view_none');
  return [{ words: say('chip_view', { name }), remove: () => showView('verdict') }];
}

/** @returns {Chip[]} */
function overlayChips() {
  const chips = [...state.lines].filter((name) => !startLines.includes(name) && !lent.includes(name)).map((name) => ({
    words: say(`line_${name}`),
    remove: () => {
      state.lines.delete(name);
      changed('lines');
    },
  }));
  const layers = [...new Set([...state.facilities].map((key) => key.split('|')[0]))];
  const facilities = layers.map((layer) => ({
    words: layerName(layer),
    remove: () => {
      const keys = data.facilities.filter((facility) => facility.layer === layer).flatMap(kindsOf);
      for (const kind of keys) state.facilities.delete(`${layer}|${kind}`);
      changed('facilities');
    },
  }));
  const areas = [...state.isochrones].map((index) => ({
    words: say('isochrone_switch', { layer: reachName(data.isochrones[index]), minutes: data.isochrones[index].minutes }),
    remove: () => {
      state.isochrones.delete(index);
      changed('isochrones');
    },
  }));
  const short = [...state.shortfalls].map((clause) => ({
    words: say('chip_short', { name: clauseOf.get(clause)?.name }),
    remove: () => {
      state.shortfalls.delete(clause);
      changed('shortfalls');
    },
  }));
  return [...chips, ...facilities, ...areas, ...short];
}

function drawChips() {
  const chips = [...viewChips(), ...filterChips(), ...overlayChips()];
  const box = byId('chips');
  box.hidden = !chips.length;
  box.replaceChildren(...chips.map(({ words, remove }, nth) => {
    const button = element('button', { type: 'button', className: 'chip', 'aria-label': say('chip_remove', { name: words }) }, words, element('span', { 'aria-hidden': 'true' }, ' ✕'));
    button.addEventListener('click', () => {
      remove();
      const next = /** @type {HTMLElement | undefined} */ (box.children[Math.min(nth, box.children.length - 1)]);
      (next || byId('view')).focus();
    });
    return button;
  }));
}

/** @param {string} view */
export function showView(view) {
  state.view = view;
  changed('view');
}

/**
 * What else goes back to the start.
 * @type {(() => void)[]}
 */
export const resetters = [];

/** Back to the start: no filter, no overlay but the first ones, no place, the overall verdict. */
export function resetAll() {
  closePlace();
  for (const reset of resetters) reset();
  lent = [];
  state.lines = new Set(startLines);
  state.facilities.clear();
  state.isochrones.clear();
  state.shortfalls.clear();
  byId('filters').reset();
  showView('verdict');
  for (const part of /** @type {const} */ (['lines', 'facilities', 'isochrones', 'shortfalls'])) changed(part);
  if (state.selected >= 0) {
    state.selected = -1;
    changed('selected');
  }
}

export function startOverlays() {
  onChange(['view'], () => {
    byId('view').value = state.view;
    lendLines();
  });
  onChange(['view', 'filter', 'lines', 'facilities', 'isochrones', 'shortfalls'], drawChips);
}

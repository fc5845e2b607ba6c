// What the reader has chosen. Whoever changes a part of it calls `changed`; what depends on that part is drawn anew.

import { clauseOf, data, kindsOf } from './core.js';

/**
 * @typedef {'view' | 'lines' | 'facilities' | 'isochrones' | 'filter' | 'columns' | 'selected' | 'shortfalls'} Part
 *
 * @typedef {object} Theme How the map is coloured where it does not show verdicts.
 * @property {() => string} title
 * @property {(index: number) => string} fill
 * @property {(index: number) => string} name of the fill, for tests
 * @property {(index: number) => string} value
 * @property {(index: number) => boolean} bold
 * @property {() => Element[]} entries of the legend
 */

/** The groups of lines that are on at the start. */
export const startLines = ['land', 'streets', 'street_names', 'offices', 'labels'];

export const state = {
  view: 'verdict', // 'verdict', 'none', a clause's id, or a name in `themes`
  /** @type {Set<string>} */
  lines: new Set(startLines),
  /** @type {Set<string>} */
  facilities: new Set(), // 'layer|kind'
  /** @type {Set<number>} */
  isochrones: new Set(), // positions in data.isochrones
  text: '',
  office: '',
  verdict: '',
  /** @type {Set<string>} */
  shortfalls: new Set(), // clauses whose places that fall short are marked
  allClauses: false, // as columns of the table
  selected: -1,
};

/**
 * What the map can be coloured by besides verdicts and clauses, by the view's name.
 * @type {Record<string, Theme>}
 */
export const themes = {};

/** @type {Record<Part, (() => void)[]>} */
const listeners = { view: [], lines: [], facilities: [], isochrones: [], filter: [], columns: [], selected: [], shortfalls: [] };

/**
 * Call `listener` whenever a named part has changed.
 * @param {Part[]} parts
 * @param {() => void} listener
 */
export function onChange(parts, listener) {
  for (const part of parts) listeners[part].push(listener);
}

/** @param {Part} part */
export function changed(part) {
  for (const listener of listeners[part]) listener();
}

/**
 * Put `key` into a set of the state or take it out.
 * @template {'lines' | 'facilities' | 'isochrones' | 'shortfalls'} SetPart
 * @param {SetPart} part
 * @param {string | number} key
 * @param {boolean} on
 */
export function toggle(part, key, on) {
  const keys = /** @type {Set<string | number>} */ (state[part]);
  if (on) keys.add(key);
  else keys.delete(key);
  changed(part);
}

/**
 * @param {'text' | 'office' | 'verdict'} part
 * @param {string} value
 */
export function filterBy(part, value) {
  state[part] = value;
  changed('filter');
}

/** The clause by which the map is coloured, or null. */
export const clauseInView = () => clauseOf.get(state.view) || null;

/** What the map is coloured by besides verdicts and clauses, or null. */
export const themeInView = () => themes[state.view] || null;

/**
 * A community's verdict as the map shows it.
 * @param {number} index
 */
export function verdictInView(index) {
  const clause = clauseInView();
  return clause ? data.coverage[clause.id].verdict[index] : data.communities[index].verdict;
}

/**
 * Whether a community matches the filters.
 * @param {RunCommunity} community
 */
export function matches(community) {
  if (state.office && community.office !== state.office) return false;
  if (state.verdict === 'marginal' ? !community.marginal : state.verdict && community.verdict !== state.verdict) {
    return false;
  }
  const words = `${community.name} ${community.office} ${community.code}`.toLowerCase();
  return state.text.toLowerCase().split(/\s+/).every((word) => words.includes(word));
}

/**
 * Whether a facility is shown: switched on, or one that the clause asks for by whose shares or minutes the map is coloured.
 * @param {Facility} facility
 */
export function facilityShown(facility) {
  const kinds = kindsOf(facility);
  if (kinds.some((kind) => state.facilities.has(`${facility.layer}|${kind}`))) return true;
  const clause = clauseInView() || clauseOf.get(state.view.replace(/^minutes:/, '')) || null;
  return clause !== null && clause.layer === facility.layer
    && (clause.kinds.length === 0 || kinds.some((kind) => clause.kinds.includes(kind)));
}

// What every part of the map of a run uses: its data, numbers, verdicts, clauses, names.

import { byId, element, pageData, say } from '../shared/base.js';

export const data = /** @type {RunData} */ (pageData);
Object.assign(data.texts, data.plan?.texts);

const grouped = new Intl.NumberFormat(data.lang === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 1 });

/**
 * A number with at most one decimal; "–" if missing.
 * @param {Value | undefined} value
 */
export const amount = (value) => (value === null || value === undefined ? say('missing') : grouped.format(value));

/**
 * An amount without decimals: tables of estimates claim no tenth of a child.
 * @param {number | null | undefined} value
 */
export const wholeAmount = (value) => amount(value === null || value === undefined ? value : Math.round(value));

/**
 * A share in tenths of a percent, half up, from the six decimals of the tables.
 * @param {number} share
 */
export const tenthsOf = (share) => Math.floor((Math.round(share * 1000000) + 500) / 1000);

/**
 * A share as a percentage with one decimal; "–" if missing.
 * @param {Value | undefined} share
 */
export function percent(share) {
  if (share === null || share === undefined) return say('missing');
  const tenths = tenthsOf(share);
  return say('percent', { number: `${Math.floor(tenths / 10)}.${tenths % 10}` });
}

/**
 * A needed share, without needless decimals.
 * @param {number} share
 */
export const needed = (share) => say('percent', { number: Number((share * 100).toFixed(4)) });

export const beyond = '>';

/**
 * Minutes with one decimal; longer than was searched as ">30".
 * @param {Minutes | undefined} value
 */
export function minutes(value) {
  if (value === beyond) return say('beyond', { search: data.search });
  if (value === null || value === undefined) return say('missing');
  return say('minutes', { number: value.toFixed(1) });
}

/** @type {Record<string, string>} */
export const signs = { passed: '✓', failed: '✗', not_assessed: '–' };

/**
 * A verdict as sign and word.
 * @param {Verdict} verdict
 * @param {string} words
 */
export function verdictMark(verdict, words = data.verdicts[verdict]) {
  return element('span', { className: `verdict verdict-${verdict}` }, words);
}

export const clauseOf = new Map(data.clauses.map((clause) => [clause.id, clause]));
export const communityClauses = data.clauses.filter((clause) => clause.scope === 'community' && data.coverage[clause.id]);

/** Clauses of a walk whose minutes are known somewhere. */
export const timedClauses = communityClauses.filter((clause) => clause.measure === 'reach' && clause.limit
  && data.coverage[clause.id].median_minutes.some((value) => value !== null));

/** @param {string} layer */
export const layerName = (layer) => data.names.layers[layer] || layer;

/**
 * The kinds of a facility, of which it may have several.
 * @param {Facility} facility
 */
export const kindsOf = (facility) => facility.kind.split('+');

/** @param {string} kind */
export const kindName = (kind) => data.names.kinds[kind] || kind;

/**
 * One community's values under one clause.
 * @param {Clause} clause
 * @param {number} index
 * @returns {CoverageValues}
 */
export function valuesOf(clause, index) {
  const columns = Object.entries(data.coverage[clause.id]);
  return /** @type {any} */ (Object.fromEntries(columns.map(([name, values]) => [name, values[index]])));
}

/**
 * What a clause gives in a community, in short: a share in reach, a number of places, or what else it measures.
 * @param {Clause} clause
 * @param {number} index
 */
export function valueText(clause, index) {
  return valuesOf(clause, index).said ?? shareText(clause, index);
}

/**
 * The share of a clause in a community, with as many decimals as it takes not to contradict the verdict.
 * @param {Clause} clause
 * @param {number} index
 */
export function shareText(clause, index) {
  const { exact, share } = valuesOf(clause, index);
  return exact ?? percent(share);
}

/**
 * What falls short at each facility, by its position.
 * @type {Map<number, Shortfall[]>}
 */
export const shortfallsAt = new Map();
for (const shortfall of data.shortfalls) {
  shortfallsAt.set(shortfall.facility, [...(shortfallsAt.get(shortfall.facility) || []), shortfall]);
}

/**
 * Tell a sentence to those who do not see the map.
 * @param {string} sentence
 */
export function announce(sentence) {
  byId('announcer').textContent = sentence;
}

// Colours besides verdicts: reach ratios, and minutes of walks.

import { say } from '../shared/base.js';
import { beyond, data, minutes, needed, percent, timedClauses } from './core.js';
import { fills } from './map.js';
import { entry, fillSwatch, swatch } from './marks.js';
import { themes } from './state.js';

// Reach ratios: of the land that a walk on level streets would open, how much the real one does.

const { ratioSteps, ratios: ratioFills, minutes: minuteFills } = data.colours;

/** @param {number} index */
export const ratioOf = (index) => data.walks.ratios.level_ratio[index];

/** @param {number} ratio */
const ratioClass = (ratio) => ratioSteps.filter((step) => ratio >= step).length;

/**
 * The entry of communities without a value, where there are any.
 * @param {string} name of the fills, before the class
 * @param {unknown[]} values
 */
const missingEntry = (name, values) => (values.includes(null)
  ? [entry(fillSwatch(`${name}-none`, fills.not_assessed), say('legend_no_value'))] : []);

function ratioEntries() {
  const [low, ...others] = ratioSteps.map(needed);
  const words = [say('ratio_below', { high: low }),
    ...others.map((high, nth) => say('ratio_between', { low: needed(ratioSteps[nth]), high })),
    say('ratio_above', { low: needed(ratioSteps[ratioSteps.length - 1]) })];
  const entries = words.map((sentence, nth) => entry(fillSwatch(`ratio-${nth}`, ratioFills[nth]), sentence))
    .concat(missingEntry('ratio', data.walks.ratios.level_ratio));
  const flagged = data.communities.filter((community) => community.byTerrain).length;
  if (flagged) entries.push(entry(swatch('#fff', { stroke: '#111', 'stroke-width': 3 }), say('legend_count', { name: say('by_terrain'), count: flagged })));
  return entries;
}

/**
 * The class of a value, or null where the value is missing.
 * @template Known
 * @param {Known | null} value
 * @param {(value: Known) => number} classify
 */
const classOf = (value, classify) => (value === null ? null : classify(value));

/**
 * A theme whose values fall into classes.
 * @param {string} name of its fills, before the class
 * @param {string[]} colours of the classes
 * @param {(index: number) => number | null} rank the class of a community's value; null where it is missing
 * @returns {Pick<import('./state.js').Theme, 'fill' | 'name'>}
 */
const classes = (name, colours, rank) => ({
  fill: (index) => colours[rank(index) ?? -1] ?? fills.not_assessed,
  name: (index) => `${name}-${rank(index) ?? 'none'}`,
});

themes.terrain = {
  ...classes('ratio', ratioFills, (index) => classOf(ratioOf(index), ratioClass)),
  title: () => say('view_terrain'),
  value: (index) => percent(ratioOf(index)),
  bold: (index) => data.communities[index].byTerrain,
  entries: ratioEntries,
};

// The walk of each community's median child to a clause's places, in thirds of the clause's limit.

/**
 * @param {Clause} clause
 * @returns {import('./state.js').Theme}
 */
function minutesTheme(clause) {
  const { limit } = clause;
  const steps = [limit / 3, (limit * 2) / 3, limit, (limit * 4) / 3, limit * 2];
  /** @param {number} index */
  const minutesOf = (index) => data.coverage[clause.id].median_minutes[index];
  /** @param {number | '>'} value */
  const rank = (value) => (value === beyond ? steps.length : steps.filter((step) => value > step).length);
  /** @param {number} value */
  const rounded = (value) => Number(value.toFixed(1));
  const words = [...steps.map((step, nth) => say('minutes_between', { low: nth ? rounded(steps[nth - 1]) : 0, high: rounded(step) })
    + (step === limit ? say('minutes_limit') : '')), say('minutes_above', { low: rounded(steps[steps.length - 1]) })];
  return {
    ...classes('minutes', minuteFills, (index) => classOf(minutesOf(index), rank)),
    title: () => say('view_minutes', { name: clause.name }),
    value: (index) => minutes(minutesOf(index)),
    bold: () => false,
    entries: () => words.map((sentence, nth) => entry(fillSwatch(`minutes-${nth}`, minuteFills[nth]), sentence))
      .concat(missingEntry('minutes', data.coverage[clause.id].median_minutes)),
  };
}

for (const clause of timedClauses) themes[`minutes:${clause.id}`] = minutesTheme(clause);

// What a community has of each clause: a bar against what is asked, and a sentence.

import { element, say } from '../shared/base.js';
import { amount, communityClauses, data, layerName, minutes, needed, shareText, tenthsOf, valuesOf, verdictMark } from './core.js';

/**
 * How long a bar is, and where its mark of what is asked stands [share of the whole]; null where nothing was measured.
 * @param {Clause} clause
 * @param {number} index
 */
function barShares(clause, index) {
  const values = valuesOf(clause, index);
  const value = clause.measure === 'reach' ? values.share : values.value;
  const need = values.need ?? clause.need;
  if (value === null || value === undefined || need === null) return null;
  const whole = clause.measure === 'reach' ? 1 : 1.25 * Math.max(value, need, Number.MIN_VALUE);
  return { value: Math.min(1, value / whole), need: Math.min(1, need / whole) };
}

/**
 * @param {Clause} clause
 * @param {number} index
 */
function clauseBar(clause, index) {
  const shares = barShares(clause, index);
  if (!shares) return '';
  const { verdict } = valuesOf(clause, index);
  const bar = element('span', { className: `bar bar-${verdict}`, 'aria-hidden': 'true' });
  const fill = element('span', { className: 'bar-value' });
  const mark = element('span', { className: 'bar-need' });
  fill.style.width = `${100 * shares.value}%`;
  mark.style.left = `${100 * shares.need}%`;
  bar.append(fill, mark);
  return bar;
}

/**
 * What a community has of a clause, what is asked, and how much is missing; or why nobody knows.
 * @param {Clause} clause
 * @param {number} index
 */
export function clauseWords(clause, index) {
  const { children, demand, verdict, ...values } = valuesOf(clause, index);
  if (verdict === 'not_assessed') {
    const reason = clause.open || (!data.communities[index].demand ? 'open_nobody' : clause.measure === 'reach' && !demand ? 'open_demand' : 'open_data');
    return say(reason, { layer: layerName(clause.layer) });
  }
  if (clause.measure !== 'reach') return say('clause_value', { value: values.said ?? '', need: values.asked ?? '' });
  const share = Number(values.share);
  const need = Number(values.need);
  const found = say('clause_share', { share: shareText(clause, index), need: needed(need) });
  const walk = say('clause_walk', { minutes: minutes(values.median_minutes) });
  if (verdict === 'passed') return found + walk;
  const tenths = tenthsOf(need) - tenthsOf(share);
  const gap = tenths > 0 ? (tenths / 10).toFixed(1) : say('less_than_tenth'); // fits the two figures beside it
  const left = children ? Math.round(children * (1 - share)) : 0;
  return found + say('clause_gap', { gap }) + (left ? say('missing_children', { children: amount(left) }) : '') + walk;
}

/**
 * @param {Clause} clause
 * @param {number} index
 */
function clauseItem(clause, index) {
  const { verdict } = valuesOf(clause, index);
  return element('li', { 'data-clause': clause.id, 'data-verdict': verdict },
    element('span', { className: 'bar-name' }, verdictMark(verdict, clause.name),
      clause.required ? element('b', { className: 'required' }, say('popup_required')) : ''),
    clauseBar(clause, index), element('span', { className: 'bar-words' }, clauseWords(clause, index)));
}

const standings = { failed: 0, passed: 1, not_assessed: 2 };

/**
 * The bars of a community: what fails first, and of that what is required.
 * @param {number} index
 */
export function clauseBars(index) {
  const rank = (/** @type {Clause} */ clause) => 2 * standings[valuesOf(clause, index).verdict] + (clause.required ? 0 : 1);
  const ordered = [...communityClauses].sort((a, b) => rank(a) - rank(b));
  return element('ul', { className: 'bars' }, ...ordered.map((clause) => clauseItem(clause, index)));
}

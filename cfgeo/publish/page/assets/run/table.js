// The table of communities.

import { byId, collator, element, say } from '../shared/base.js';
import { beyond, communityClauses, data, minutes, percent, valuesOf, valueText, verdictMark, wholeAmount } from './core.js';
import { following, selectCommunity } from './community.js';
import { narrow } from './map.js';
import { clauseInView, matches, state } from './state.js';

/**
 * @typedef {object} Column
 * @property {string} key
 * @property {string} head
 * @property {(index: number) => string | Value} value what it sorts by
 * @property {(index: number) => string | Node} [cell] what its cell holds, where it is not the value
 * @property {boolean} [figure]
 */

const sorting = { key: 'verdict', up: true };
const ranks = { failed: 0, not_assessed: 1, passed: 2 };
const amountKey = data.communities.some((community) => community.children !== null) ? 'children' : 'demand';

/** @returns {Column[]} */
function fixedColumns() {
  return [
    { key: 'community', head: say('column_community'), value: (i) => data.communities[i].name, cell: nameCell },
    { key: 'office', head: say('column_office'), value: (i) => data.communities[i].office },
    {
      key: 'verdict', head: say('column_verdict'), cell: verdictCell,
      value: (i) => ranks[data.communities[i].verdict] + (data.communities[i].marginal ? 0.5 : 0),
    },
    {
      key: 'failed', head: say('column_failed'), figure: true, value: (i) => data.communities[i].failed.length,
      cell: (i) => `${data.communities[i].failed.length} / ${data.communities[i].judged}`,
    },
  ];
}

/**
 * A number of children or residents; of what stands for them, the share of the district's.
 * @param {number | null} value
 */
function demandCell(value) {
  if (amountKey === 'children' || data.demand === null) return wholeAmount(value);
  return percent(value === null || !data.demand ? null : value / data.demand);
}

/** @returns {Column[]} */
function columns() {
  const clause = clauseInView();
  const fixed = fixedColumns();
  if (state.allClauses) return [...fixed, ...communityClauses.map((column) => clauseColumn(column, column.name))];
  if (!clause) {
    return [...fixed, {
      key: amountKey, head: say(amountKey === 'children' ? 'column_children' : `column_${data.basis}`), figure: true,
      value: (i) => data.communities[i][amountKey], cell: (i) => demandCell(data.communities[i][amountKey]),
    }];
  }
  if (clause.measure !== 'reach') return [...fixed, clauseColumn(clause, say(clause.measure === 'present' ? 'column_places' : 'column_value'))];
  return [...fixed.slice(0, 3), clauseColumn(clause, say('column_share')), {
    key: 'minutes', head: say('column_minutes'), figure: true,
    value: (i) => timeRank(valuesOf(clause, i).median_minutes), cell: (i) => minutes(valuesOf(clause, i).median_minutes),
  }];
}

/**
 * @param {Clause} clause
 * @param {string} head
 * @returns {Column}
 */
function clauseColumn(clause, head) {
  const key = clause.measure === 'reach' ? 'share' : 'value';
  return {
    key: `clause-${clause.id}`, head, figure: true, value: (i) => data.coverage[clause.id][key]?.[i] ?? null,
    cell: (i) => element('span', { className: `verdict verdict-${data.coverage[clause.id].verdict[i]}` }, valueText(clause, i)),
  };
}

/** @param {Minutes} value */
const timeRank = (value) => (value === beyond ? Infinity : value);

/** @param {number} index */
function nameCell(index) {
  const button = element('button', { type: 'button', className: 'link' }, data.communities[index].name);
  button.addEventListener('click', (event) => {
    event.stopPropagation();
    // A key press and a screen reader's click have no clicks to count: the panel then takes the focus.
    chooseRow(index, event.detail === 0);
  });
  return button;
}

/** @param {number} index */
function verdictCell(index) {
  const { verdict, marginal, fewHomes } = data.communities[index];
  return element('span', {}, verdictMark(verdict),
    marginal ? element('span', { className: 'marginal', title: say('popup_marginal') }, `≈ ${data.verdicts.marginal}`) : '',
    fewHomes ? element('span', { className: 'few', title: say('popup_few_homes', { points: fewHomes }) }, say('few_homes')) : '');
}

/**
 * @param {number} index
 * @param {boolean} withFocus whether the panel takes the focus, which then comes back to the row
 */
function chooseRow(index, withFocus) {
  if (narrow.matches) byId('view').scrollIntoView({ block: 'start' });
  selectCommunity(index, { giveBackFocus: withFocus ? () => rows[index].querySelector('button')?.focus() : null });
}

const rows = data.communities.map((community, index) => {
  const row = element('tr', { 'data-code': community.code });
  row.addEventListener('click', () => chooseRow(index, false));
  return row;
});

following.of = (index, step) => {
  const shown = [...byId('community-table').tBodies[0].rows].filter((row) => !row.hidden);
  const next = shown[shown.indexOf(rows[index]) + step];
  return next ? rows.indexOf(next) : -1;
};

/** @param {Column[]} shownColumns */
function drawHead(shownColumns) {
  const head = /** @type {HTMLElement} */ (byId('community-table').tHead);
  const cells = shownColumns.map((column) => {
    const sorted = column.key === sorting.key;
    const button = element('button', { type: 'button', className: 'sort' }, column.head);
    button.addEventListener('click', () => {
      sorting.up = column.key === sorting.key ? !sorting.up : true;
      sorting.key = column.key;
      drawTable();
      const again = /** @type {HTMLElement} */ (head.querySelector(`th[data-key="${column.key}"] button`));
      again.focus();
    });
    return element('th', { scope: 'col', 'data-key': column.key, className: column.figure ? 'figure' : '',
      'aria-sort': sorted ? (sorting.up ? 'ascending' : 'descending') : 'none' }, button);
  });
  head.replaceChildren(element('tr', {}, ...cells));
}

/**
 * Compare two values; missing ones always come last.
 * @param {string | Value} a
 * @param {string | Value} b
 * @param {boolean} up
 */
function compareValues(a, b, up) {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === 'string' ? collator.compare(a, String(b)) : a === b ? 0 : a - Number(b);
  return up ? order : -order;
}

export function drawTable() {
  const shownColumns = columns();
  if (!shownColumns.some((column) => column.key === sorting.key)) sorting.key = 'verdict';
  drawHead(shownColumns);
  const sorted = /** @type {Column} */ (shownColumns.find((column) => column.key === sorting.key));
  rows.forEach((row, index) => {
    row.replaceChildren(...shownColumns.map((column, place) => element(place ? 'td' : 'th',
      place ? { className: column.figure ? 'figure' : '' } : { scope: 'row' },
      column.cell ? column.cell(index) : column.value(index))));
  });
  const order = rows.map((_, index) => index)
    .sort((a, b) => compareValues(sorted.value(a), sorted.value(b), sorting.up) || a - b);
  byId('community-table').tBodies[0].append(...order.map((index) => rows[index]));
}

export function drawFilter() {
  rows.forEach((row, index) => {
    row.hidden = !matches(data.communities[index]);
  });
  const shown = rows.filter((row) => !row.hidden).length;
  byId('count').textContent = shown ? say('shown', { shown, all: rows.length }) : say('none_shown');
}

export function drawSelected() {
  rows.forEach((row, index) => {
    if (index === state.selected) row.setAttribute('aria-current', 'true');
    else row.removeAttribute('aria-current');
  });
  const row = rows[state.selected];
  if (!row || row.hidden) return;
  // Within the table's own box only: the page itself must not jump on a phone.
  const box = /** @type {HTMLElement} */ (row.closest('.table-box'));
  const gap = row.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (gap < 40 || gap > box.clientHeight - 40) box.scrollTop += gap - box.clientHeight / 3;
}

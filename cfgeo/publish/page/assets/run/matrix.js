// Clauses against communities: one cell for each pair, linked to the map.

import { byId, element, say } from '../shared/base.js';
import { clauseOf, data, signs, valuesOf } from './core.js';
import { clauseWords } from './bars.js';
import { markCommunity, selectCommunity } from './community.js';
import { narrow } from './map.js';
import { shortName } from '../shared/labels.js';
import { changed, matches, onChange, state } from './state.js';
import { onFirstShown } from './tabs.js';

const matrixClauses = data.matrix.clauses.flatMap((id) => clauseOf.get(id) ?? []);
const columnsOf = data.matrix.communities;

/** @type {HTMLElement[][]} cells by clause and column */
const cells = [];
const at = { row: 0, column: 0 }; // the cell that keys start from

/**
 * What a cell stands for, in words.
 * @param {Clause} clause
 * @param {number} index
 */
const cellWords = (clause, index) => say('matrix_cell', { community: data.communities[index].name, clause: clause.name,
  verdict: data.verdicts[valuesOf(clause, index).verdict], words: clauseWords(clause, index) });

/**
 * @param {Clause} clause
 * @param {number} index
 */
function matrixCell(clause, index) {
  const { verdict } = valuesOf(clause, index);
  return element('td', { role: 'gridcell', tabIndex: -1, className: `cell cell-${verdict}`, 'data-clause': clause.id,
    'data-code': data.communities[index].code, 'aria-label': cellWords(clause, index) }, signs[verdict]);
}

/** @param {Clause} clause */
function matrixRow(clause) {
  const row = columnsOf.map((index) => matrixCell(clause, index));
  cells.push(row);
  const failing = columnsOf.filter((index) => valuesOf(clause, index).verdict === 'failed').length;
  return element('tr', { role: 'row' }, element('th', { scope: 'row', role: 'rowheader', className: clause.required ? 'is-required' : '' }, clause.name,
    element('span', { className: 'soft' }, ` ${say('matrix_failing', { count: failing })}`)), ...row);
}

/** The columns' heads: street offices, and the communities in each. */
function matrixHead() {
  const offices = [...new Set(columnsOf.map((index) => data.communities[index].office))];
  const spans = offices.map((office) => element('th', { scope: 'colgroup', role: 'columnheader', className: 'matrix-office', title: office,
    colSpan: columnsOf.filter((index) => data.communities[index].office === office).length }, element('span', {}, office)));
  const names = columnsOf.map((index) => {
    const { name, code } = data.communities[index];
    const button = element('button', { type: 'button', tabIndex: -1, 'data-code': code, 'aria-label': name }, shortName(name));
    button.addEventListener('click', () => selectCommunity(index, { giveBackFocus: () => button.focus() }));
    return element('th', { scope: 'col', role: 'columnheader', className: 'matrix-name' }, button);
  });
  return element('thead', {}, element('tr', { role: 'row' }, element('td', { role: 'gridcell' }), ...spans),
    element('tr', { role: 'row' }, element('td', { role: 'gridcell' }), ...names));
}

/**
 * The clause and the community of a cell.
 * @param {HTMLElement} cell
 */
function pairOf(cell) {
  const row = cells.findIndex((each) => each.includes(cell));
  return { row, column: row < 0 ? -1 : cells[row].indexOf(cell) };
}

/**
 * Say what a cell holds below the table.
 * @param {number} row
 * @param {number} column
 */
function tell(row, column) {
  byId('matrix-about').textContent = cellWords(matrixClauses[row], columnsOf[column]);
}

/**
 * Colour the map by a cell's clause, and mark its community.
 * @param {number} row
 * @param {number} column
 */
function chooseCell(row, column) {
  Object.assign(at, { row, column });
  const clause = matrixClauses[row];
  if (state.view !== clause.id) {
    state.view = clause.id;
    changed('view');
  }
  if (narrow.matches) byId('view').scrollIntoView({ block: 'start' });
  markCommunity(columnsOf[column]);
  tell(row, column);
}

/** @type {Record<string, [number, number]>} */
const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** @param {KeyboardEvent} event */
function moveInMatrix(event) {
  const { row, column } = pairOf(/** @type {HTMLElement} */ (event.target));
  if (row < 0) return;
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    chooseCell(row, column);
  }
  const step = arrows[event.key];
  const next = step && cells[row + step[0]]?.[column + step[1]];
  if (!next) return;
  event.preventDefault();
  cells[row][column].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function drawMarks() {
  for (const row of cells) {
    for (const [column, cell] of row.entries()) {
      const index = columnsOf[column];
      cell.classList.toggle('dim', !matches(data.communities[index]));
      cell.classList.toggle('chosen', index === state.selected);
    }
  }
}

function fillMatrix() {
  const box = byId('matrix');
  if (!matrixClauses.length) {
    box.append(element('p', {}, say('matrix_none')));
    return;
  }
  const table = element('table', { role: 'grid', className: 'matrix', 'aria-label': say('matrix_label') }, matrixHead(),
    element('tbody', {}, ...matrixClauses.map(matrixRow)));
  cells[0][0].tabIndex = 0;
  const cellAt = (/** @type {Event} */ event) => pairOf(/** @type {HTMLElement} */ (event.target));
  table.addEventListener('click', (event) => {
    const { row, column } = cellAt(event);
    if (row >= 0) chooseCell(row, column);
  });
  for (const kind of ['mouseover', 'focusin']) {
    table.addEventListener(kind, (event) => {
      const { row, column } = cellAt(event);
      if (row >= 0) tell(row, column);
    });
  }
  table.addEventListener('keydown', moveInMatrix);
  box.append(element('p', { className: 'note' }, say('matrix_note')), element('p', { id: 'matrix-about', className: 'matrix-about' }, say('matrix_hint')),
    element('div', { className: 'matrix-box' }, table));
  onChange(['filter', 'selected'], drawMarks);
  drawMarks();
}

onFirstShown.matrix = fillMatrix;

// The plan of a run: its projects as a layer, the communities with all of them built, and the list in the panel.

import { byId, count, element, say } from '../shared/base.js';
import { shapeLayers } from '../shared/shapes.js';
import { data, signs } from './core.js';
import { lineMarks } from './legend.js';
import { groupMakers } from './lines.js';
import { remedies } from './community.js';
import { communityShapes, goTo } from './map.js';
import { entry, fillSwatch } from './marks.js';
import { onPress, openPlace } from './place.js';
import { builtSteps, buildTo, lastStep, stepFollowers, stepperControls } from './stepper.js';
import { onChange, themes } from './state.js';
import './walks.js'; // its groups come first

const plan = /** @type {RunPlan} */ (data.plan);

const planFills = data.colours.changes;

/**
 * What a community's colour stands for with so many steps of the plan built.
 * @param {number} index
 * @returns {string}
 */
function planName(index) {
  const { before, after, held, rank } = plan.communities[index];
  const built = builtSteps();
  if (built < lastStep) {
    if (before === 'passed') return 'passed';
    if (rank && rank <= built) return 'gained';
    return before === 'failed' && held ? 'held' : before;
  }
  if (after === 'passed') return before === 'passed' ? 'passed' : 'gained';
  if (before === 'passed') return 'lost';
  return after === 'failed' && held ? 'held' : after;
}

themes.plan = {
  title: () => say('view_plan'),
  fill: (index) => planFills[planName(index)],
  name: planName,
  value: (index) => (['passed', 'gained'].includes(planName(index)) ? signs.passed : signs[plan.communities[index].after === 'not_assessed' ? 'not_assessed' : 'failed']),
  bold: (index) => planName(index) === 'gained' && (builtSteps() === lastStep || plan.communities[index].rank === builtSteps()),
  entries: () => {
    const counts = count([...data.communities.keys()], planName);
    return Object.keys(planFills).filter((name) => counts.has(name)).map((name) => entry(fillSwatch(name, planFills[name]),
      say('legend_count', { name: plan.texts[`plan_${name}`] || data.verdicts[name], count: counts.get(name) })));
  },
};

/** @param {RunStep} step */
const stepName = (step) => `${step.rank}. ${step.name}`;

/**
 * @param {number} rank
 * @param {boolean} decided
 */
const stepNumber = (rank, decided) => element('span', { className: decided ? 'plan-number decided' : 'plan-number' }, String(rank));

/** @param {RunStep} step */
function stepWords(step) {
  const names = step.adds.map((index) => data.communities[index].name).join(say('list_mark'));
  return [[step.what, step.where].filter(Boolean).join(' · '), [step.cost, say('plan_then', { passed: step.passed })].join(' · '),
    names ? say('plan_brings', { count: step.adds.length, names }) : '', ...step.facts].filter(Boolean);
}

/** @param {RunStep} step */
const openStep = (step) => openPlace({ title: stepName(step), content: stepWords(step).map((line) => element('p', {}, line)) });

const planStyle = { pane: 'areas', color: '#d9480f', weight: 5, fillColor: '#ffd54a', fillOpacity: 0.7, className: 'plan-shape' };

/**
 * One project: its shapes, and its number.
 * @param {RunStep} step
 * @returns {import('leaflet').Layer[]}
 */
function stepLayers(step) {
  const shapes = step.shapes.flatMap((shape) => shapeLayers(shape, planStyle, { area: { weight: 3 }, point: { weight: 3, radius: 7 } }));
  if (!step.at) return shapes;
  const icon = L.divIcon({ className: 'plan-mark', html: stepNumber(step.rank, step.decided), iconSize: [24, 24] });
  return [...shapes, L.marker(step.at, { icon, keyboard: false, title: stepName(step), alt: stepName(step), riseOnHover: true })];
}

/** @type {import('leaflet').Layer[][]} */
let stepMarks = [];

groupMakers.plan = () => {
  stepMarks = plan.steps.map(stepLayers);
  stepMarks.forEach((layers, nth) => {
    for (const layer of layers) onPress(layer, () => openStep(plan.steps[nth]));
  });
  return L.layerGroup(stepMarks.flat());
};

/** Show steps that are built in full, later ones faintly, and where the step stands in the list. */
function drawStepMarks() {
  const built = builtSteps();
  stepMarks.forEach((layers, nth) => {
    for (const layer of layers) {
      if (layer instanceof L.Path) layer.setStyle(nth < built ? { opacity: 1, fillOpacity: 0.7 } : { opacity: 0.35, fillOpacity: 0.15 });
      if (!(layer instanceof L.Marker)) continue;
      layer.getElement()?.classList.toggle('later', nth >= built);
      layer.getElement()?.classList.toggle('current', nth === built - 1);
    }
  });
  stepRows.forEach((row, nth) => {
    if (nth === built - 1) row.setAttribute('aria-current', 'step');
    else row.removeAttribute('aria-current');
  });
}
stepFollowers.push(drawStepMarks);
onChange(['lines'], () => setTimeout(drawStepMarks)); // once the marks are on the map
lineMarks.plan = () => stepNumber(1, false);

remedies.push((index) => {
  const { rank, held } = plan.communities[index];
  const step = plan.steps[rank - 1];
  if (step) return [say('plan_passes', step)];
  return held ? [say('plan_cannot', { clauses: held })] : [];
});

/** Switch the projects on. */
function showPlan() {
  const box = /** @type {HTMLInputElement} */ (document.querySelector('input[name="line-plan"]'));
  if (!box.checked) box.click();
}

/** @param {RunStep} step */
function stepRow(step) {
  const button = element('button', { type: 'button', className: 'link' }, step.name);
  button.addEventListener('click', () => {
    buildTo(step.rank);
    showPlan();
    const bounds = L.latLngBounds(step.at ? [step.at] : []);
    for (const index of step.adds) bounds.extend(communityShapes[index].getBounds());
    if (bounds.isValid()) goTo(bounds, 16);
  });
  return element('tr', {}, element('td', {}, stepNumber(step.rank, step.decided)), element('th', { scope: 'row' }, button,
    ...stepWords(step).map((line) => element('span', { className: 'line' }, line))));
}

/** @param {RunTable} table */
function tableBox(table) {
  const cells = (/** @type {string[]} */ row) => row.map((cell, nth) => element('td', table.numbers[nth] ? { className: 'plan-amount' } : {}, cell));
  const heads = element('tr', {}, ...table.heads.map((head) => element('th', { scope: 'col' }, head)));
  return element('details', { className: 'plan-listing' }, element('summary', {}, table.title), element('div', { className: 'plan-scroll' },
    element('table', {}, element('thead', {}, heads), element('tbody', {}, ...table.rows.map((row) => element('tr', {}, ...cells(row)))))));
}

const stepRows = plan.steps.map(stepRow);
const [headline, ...planLines] = plan.lines;
byId('plan').prepend(element('p', { className: 'plan-headline' }, headline), ...(plan.steps.length ? stepperControls() : []),
  ...planLines.map((line) => element('p', {}, line)));
byId('plan').append(element('h2', {}, plan.heading), plan.steps.length ? element('table', { className: 'plan-table' }, element('tbody', {}, ...stepRows))
  : element('p', {}, say('plan_none')), ...plan.left.map((line) => element('p', { className: 'note' }, line)), ...plan.tables.map(tableBox));

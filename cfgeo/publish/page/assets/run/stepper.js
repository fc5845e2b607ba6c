// The steps of a plan on the page of a run: so many are built, and map, list, chart and headline follow.

import { element, say } from '../shared/base.js';
import { data, percent } from './core.js';
import { resetters, showView } from './overlays.js';
import { onChange, state } from './state.js';

const { steps: planSteps, passed: passedNow, wanted } = /** @type {RunPlan} */ (data.plan);

export const lastStep = planSteps.length;

/** How many are built. */
let built = lastStep;
export const builtSteps = () => built;

/**
 * What follows the step, called when it changes.
 * @type {(() => void)[]}
 */
export const stepFollowers = [];

/**
 * Build so many steps, and colour the map by what that brings.
 * @param {number} rank
 */
export function buildTo(rank) {
  built = Math.min(Math.max(rank, 0), lastStep);
  showView('plan');
}

const passedBy = () => (built ? planSteps[built - 1].passed : passedNow);

/** How many communities pass by now, as a sentence. */
function sentence() {
  const values = { step: built, count: lastStep, communities: data.communities.length, passed: passedBy() };
  if (!built) return say('step_now', values);
  const { soFar } = planSteps[built - 1];
  return say(soFar ? 'step_then_cost' : 'step_then', { ...values, cost: soFar });
}

const back = element('button', { type: 'button', 'aria-label': say('step_back') }, '◀');
const forward = element('button', { type: 'button', 'aria-label': say('step_forward') }, '▶');
const slider = element('input', { type: 'range', min: '0', max: String(lastStep), step: '1', 'aria-label': say('step_slider') });
const before = element('button', { type: 'button' }, say('step_view_before'));
const after = element('button', { type: 'button' }, say('step_view_after'));
const told = element('p', { className: 'readout', role: 'status' });

back.addEventListener('click', () => buildTo(built - 1));
forward.addEventListener('click', () => buildTo(built + 1));
before.addEventListener('click', () => buildTo(0));
after.addEventListener('click', () => buildTo(lastStep));
slider.addEventListener('input', () => buildTo(Number(slider.value)));

/** The controls, for the tab of the plan. */
export const stepperControls = () => [element('div', { className: 'stepper' }, before, back, slider, forward, after), told];

function drawControls() {
  slider.value = String(built);
  slider.setAttribute('aria-valuetext', sentence());
  told.textContent = sentence();
  back.disabled = built === 0;
  forward.disabled = built === lastStep;
  before.setAttribute('aria-pressed', String(built === 0));
  after.setAttribute('aria-pressed', String(built === lastStep));
  for (const dot of document.querySelectorAll('#plan-chart [data-dot]')) {
    dot.classList.toggle('current', dot.getAttribute('data-dot') === String(built));
  }
}

// The headline: while the map shows the plan, the cards say what has come of it by the step.

/** @type {Map<string, string>} what a card said at the start, by the id of its value or note */
const cardWords = new Map();

/**
 * @param {string} card
 * @param {string | null} value null for what it said at the start
 */
function setCard(card, value) {
  const box = document.getElementById(`card-${card}`);
  if (!box) return;
  for (const part of ['value', 'note']) {
    const place = /** @type {HTMLElement} */ (box.querySelector(`.card-${part}`));
    const key = `${card} ${part}`;
    if (!cardWords.has(key)) cardWords.set(key, place.textContent || '');
    const start = cardWords.get(key) || '';
    const stepped = part === 'value' ? value : say('plan_card', { step: built, now: cardWords.get(`${card} value`) });
    place.textContent = value === null ? start : stepped;
  }
  box.classList.toggle('stepped', value !== null);
}

const progress = document.querySelector('.progress-now');
const progressNow = progress?.getAttribute('width') || '0';

function drawCards() {
  const stepped = state.view === 'plan' && built > 0;
  const passed = passedBy();
  const communities = data.communities.length;
  const needed = Math.max(0, wanted - passed);
  const target = needed === 0 ? say('target_met') : needed === 1 ? say('target_needed_one') : say('target_needed', { needed });
  setCard('passed', stepped ? say('passed_value', { passed, communities }) : null);
  setCard('share', stepped ? percent(passed / communities) : null);
  setCard('target', stepped ? target : null);
  setCard('marginal', stepped ? say('missing') : null);
  progress?.setAttribute('width', stepped ? String((100 * passed) / communities) : progressNow);
}

function follow() {
  drawControls();
  drawCards();
  for (const follower of stepFollowers) follower();
}

onChange(['view'], follow);
resetters.push(() => {
  built = lastStep;
});
drawControls();

// Long questions of the desk: a report, the best places, a plan. They run beside all else and can be stopped.

import { element } from '../shared/base.js';
import { layerName } from '../run/core.js';
import { act, ask, desk, deskText, onState, session } from './session.js';
import { placeIdeas, showIdeas } from './drawn.js';

const POLL_MS = 1000;
const COUNTS = ['1', '2', '3', '5', '8'];

/**
 * @param {string} value
 * @param {string} words
 */
const askChoice = (value, words) => element('option', { value }, words);
const askLayer = element('select', { id: 'desk-ask-layer' }, ...Object.entries(desk.layers).flatMap(([layer, kinds]) =>
  (kinds.length ? kinds : ['']).map((kind) => askChoice(`${layer}|${kind}`, kinds.length > 1 ? `${layerName(layer)} · ${desk.kinds[kind] || kind}` : layerName(layer)))));
const askCount = element('select', { id: 'desk-ask-count' }, ...COUNTS.map((count) => askChoice(count, count)));
const progressLine = element('p', { className: 'hint', role: 'status', hidden: true });
const answerBox = element('div', { className: 'answer', id: 'desk-answers' });
const stopButton = askButton('stop', () => question({ stop: true }));
stopButton.hidden = true;
let shownJob = 0;
let polling = 0;
let awaited = false;
let redraw = () => {};

/**
 * @param {string} key
 * @param {() => void} go
 */
function askButton(key, go) {
  const node = element('button', { type: 'button', id: `desk-${key}` }, deskText(key));
  node.addEventListener('click', go);
  return node;
}

/** @param {Record<string, any>} asked */
async function question(asked) {
  const job = await ask('/api/ask', { method: 'POST', body: JSON.stringify(asked) });
  if (!job) return;
  if (!asked.stop) {
    answerBox.replaceChildren();
    redraw = () => {};
    placeIdeas([]);
  }
  drawJob(job);
  awaited = !asked.stop;
  if (awaited) stopButton.scrollIntoView({ block: 'nearest' }); // it stands below what was clicked
}

async function poll() {
  polling = 0;
  const job = await ask('/api/ask', {}, false);
  if (job) drawJob(job);
}

/** @param {DeskJob} job */
function drawJob(job) {
  const running = job.state === 'running';
  stopButton.hidden = !running;
  progressLine.hidden = job.state === 'none' || job.state === 'done';
  if (job.state === 'none') return;
  const what = deskText(`kind_${job.kind}`);
  if (running) {
    progressLine.textContent = deskText('running', { what, stage: job.stage, seconds: Math.round(job.seconds) });
    if (!polling) polling = window.setTimeout(poll, POLL_MS);
  } else if (job.state === 'failed') progressLine.textContent = deskText('job_failed', { what, error: job.error });
  else if (job.state === 'stopped') progressLine.textContent = deskText('job_stopped', { what });
  else if (job.answer && job.id !== shownJob) {
    shownJob = job.id;
    drawAnswer(job.kind, job.answer);
    if (awaited) {
      answerBox.scrollIntoView({ block: 'nearest' });
      showIdeas();
    }
    awaited = false;
  }
}

/**
 * @param {string} kind
 * @param {DeskAnswer} answer
 */
function drawAnswer(kind, answer) {
  const lines = answer.lines.map((line) => element('p', {}, line));
  redraw = () => {};
  if (kind === 'report') {
    const files = [...(answer.files || []), { form: 'zip', name: deskText('report_all') }];
    const links = files.map(({ form, name }) => element('a', { className: 'button', href: `/api/report.${form}`, download: '', id: `desk-report-${form}` }, name));
    answerBox.replaceChildren(...lines, element('p', {}, deskText('report_ready')), element('div', { className: 'row' }, ...links));
    return;
  }
  const { ideas = [], points } = answer;
  const list = element('ol', {});
  const all = element('button', { type: 'button', id: 'desk-take-all' }, deskText('take_all'));
  let chosen = ideas;
  all.addEventListener('click', () => take(chosen));
  const draw = () => {
    list.replaceChildren(...chosen.map(ideaItem));
    placeIdeas(chosen.filter((idea) => !isTaken(idea)).flatMap(({ rows }) => rows));
    all.hidden = chosen.length < 2;
    all.disabled = chosen.every(isTaken);
  };
  redraw = draw;
  const slider = points?.length ? budgetSlider(points, (built) => {
    chosen = built.map((nth) => ideas[nth]);
    draw();
  }) : [];
  answerBox.replaceChildren(...lines, ...slider, list, all);
  draw();
}

/**
 * A slider along the frontier: each stop is the cheapest set for so many communities.
 * @param {DeskPoint[]} points
 * @param {(built: number[]) => void} choose
 */
function budgetSlider(points, choose) {
  const said = element('output', { id: 'desk-point' });
  const input = element('input', { type: 'range', id: 'desk-budget', min: 0, max: points.length - 1, step: 1 });
  input.value = String(points.length - 1);
  const show = () => {
    const { cost, passed, ideas, proven } = points[Number(input.value)];
    said.textContent = deskText('point', { cost, passed, count: ideas.length, proof: deskText(proven ? 'point_proven' : 'point_open') });
    input.setAttribute('aria-valuetext', said.textContent);
    choose(ideas);
  };
  input.addEventListener('input', show);
  window.setTimeout(show);
  return [element('label', { className: 'budget' }, element('b', {}, deskText('budget')), input), said];
}

/**
 * Whether all changes of an idea are on the desk.
 * @param {DeskIdea} idea
 */
function isTaken(idea) {
  const there = new Set(session?.edits.map(({ row }) => JSON.stringify(row)));
  return idea.rows.every((row) => there.has(JSON.stringify(row)));
}

/** @param {DeskIdea[]} ideas those that are on the desk already are not added again */
function take(ideas) {
  act({ do: 'add', rows: ideas.filter((idea) => !isTaken(idea)).flatMap(({ rows }) => rows) });
}

/** @param {DeskIdea} idea */
function ideaItem(idea) {
  const button = element('button', { type: 'button', disabled: isTaken(idea), 'aria-label': `${deskText('take')} ${idea.name}` }, deskText('take'));
  button.addEventListener('click', () => take([idea]));
  return element('li', {}, element('span', {}, element('b', {}, idea.name), ...idea.facts.map((fact) => element('small', {}, fact))), button);
}

onState(() => redraw());

/** What the desk has for questions; the answer stands below them. */
export function askPanel() {
  const buttons = element('div', { className: 'row' }, askButton('ask_sites', () => {
    const [layer, kind] = askLayer.value.split('|');
    question({ ask: 'sites', layer, kind, count: Number(askCount.value) });
  }), ...(desk.hasPlan ? [askButton('ask_plan', () => question({ ask: 'plan' }))] : []));
  const form = element('form', {}, element('label', {}, element('b', {}, deskText('ask_layer')), askLayer), element('label', {}, element('b', {}, deskText('ask_count')), askCount));
  const panel = element('details', { id: 'desk-ask' }, element('summary', {}, deskText('ask')), form, buttons, element('p', { className: 'about' }, deskText('ask_about')));
  poll();
  return [panel, element('div', { className: 'job' }, progressLine, stopButton), answerBox];
}

/** The button that makes the report of all changes that count. */
export const reportButton = () => askButton('report', () => {
  if (session) question({ ask: 'report' });
});

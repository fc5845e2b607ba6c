// The session behind the page: its state, the commands that it takes, and what they change on the map.

import { byId, pageData } from '../shared/base.js';
import { announce, communityClauses, data } from '../run/core.js';
import { refreshCommunity } from '../run/community.js';
import { changed } from '../run/state.js';

export const { desk } = /** @type {OpenData} */ (data);

/**
 * A sentence of the desk with its values filled in.
 * @param {string} key
 * @param {Record<string, any>} values
 */
export const deskText = (key, values = {}) => desk.texts[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

/** @type {DeskState | null} */
export let session = null;

/** @type {((state: DeskState) => void)[]} */
const readers = [];
/** @type {((words: string) => void)[]} */
const complaints = [];

/** @param {(state: DeskState) => void} reader called with each state */
export const onState = (reader) => readers.push(reader);

/** @param {(words: string) => void} reader called with what is wrong; "" when nothing is */
export const onFault = (reader) => complaints.push(reader);

/** @param {string} words */
export function complain(words) {
  for (const reader of complaints) reader(words);
}

/**
 * Ask the session; null where it does not answer, or says what is wrong.
 * @param {string} path
 * @param {RequestInit} options
 * @param {boolean} loud whether an answer takes an earlier complaint away
 * @returns {Promise<any>}
 */
export async function ask(path, options = {}, loud = true) {
  try {
    const answer = await fetch(path, options);
    const body = await answer.json();
    if (loud || !answer.ok) complain(answer.ok ? '' : body.error);
    return answer.ok ? body : null;
  } catch {
    complain(deskText('lost_server'));
    return null;
  }
}

/**
 * Give the session a command, one after the other.
 * @param {DeskCommand} command
 */
export async function act(command) {
  complain(deskText('busy'));
  const state = await ask('/api/edits', { method: 'POST', body: JSON.stringify(command) });
  if (state) show(state);
  return Boolean(state);
}

export async function refresh() {
  const state = await ask('/api/state');
  if (state) show(state);
}

// What the page shows of the study as it is; a state lies over it.
const before = communityClauses.map((clause) => ({ clause, values: { ...data.coverage[clause.id] } }));
const verdictsBefore = data.communities.map(({ verdict, failed }) => ({ verdict, failed }));
const marginalBefore = data.communities.map(({ marginal }) => marginal);
const marginalCard = document.querySelector('#card-marginal .card-value');
const marginalCount = marginalCard?.textContent || '';
const standingLine = document.getElementById('standing');
const standingBefore = standingLine?.textContent || '';

const WIDER_MS = 150;
let widerLater = 0;
/** What the changes bring beside the state; null until it is known. @type {DeskWider | null} */
let widerKnown = null;
/** @type {((lines: string[]) => void)[]} */
const widerReaders = [];

/** @param {(lines: string[]) => void} reader called with what the changes do to other clauses than those of communities */
export const onWider = (reader) => widerReaders.push(reader);

/** Ask what a click did not wait for, once nobody has clicked for a moment. */
async function askWider() {
  /** @type {DeskWider | null} */
  const answer = await ask('/api/wider', {}, false);
  if (!answer || answer.version !== session?.version) return; // another change since
  widerKnown = answer;
  drawWider();
  changed('view');
  changed('columns');
  refreshCommunity();
}

function drawWider() {
  const { lines = [], minutes = {} } = widerKnown || {};
  for (const [clause, values] of Object.entries(minutes)) Object.assign(data.coverage[clause], values);
  for (const reader of widerReaders) reader(lines);
}

/** @param {DeskState} state */
export function show(state) {
  if (session && state.version < session.version) return; // an older answer that came late
  session = state;
  const counts = state.edits.some((edit) => edit.on);
  for (const { clause, values } of before) {
    const after = state.clauses[clause.id];
    Object.assign(data.coverage[clause.id], values);
    if (!after) continue;
    data.coverage[clause.id].verdict = after.verdict;
    if (after.share) Object.assign(data.coverage[clause.id], { share: after.share, exact: state.words.said[clause.id] });
    else data.coverage[clause.id].said = state.words.said[clause.id];
  }
  data.communities.forEach((community, index) => {
    community.verdict = counts ? state.communities.verdict[index] : verdictsBefore[index].verdict;
    community.failed = counts ? state.communities.failed[index] : verdictsBefore[index].failed;
    community.marginal = !counts && marginalBefore[index]; // not known after changes
  });
  if (widerKnown?.version !== state.version) {
    widerKnown = null;
    window.clearTimeout(widerLater);
    if (counts) widerLater = window.setTimeout(askWider, WIDER_MS);
  }
  drawWider();
  data.standing = state.words.standing;
  for (const [id, card] of Object.entries(state.words.cards)) {
    const box = byId(/** @type {any} */ (`card-${id}`));
    box.querySelector('.card-value').textContent = card.value;
    box.querySelector('.card-note').textContent = card.note;
  }
  if (marginalCard) marginalCard.textContent = counts ? '–' : marginalCount;
  document.querySelector('.progress-now')?.setAttribute('width', String(Math.round(state.headline.share * 1000) / 10));
  if (standingLine) standingLine.textContent = counts ? state.words.lines.join(pageData.lang === 'zh' ? '　' : '  ') : standingBefore;
  changed('view');
  changed('columns');
  refreshCommunity();
  for (const reader of readers) reader(state);
  announce(state.words.lines[0]);
}

/** @typedef {{ version?: number, lost?: boolean }} News */

/** @param {News} news */
function hear({ version = 0, lost = false }) {
  if (lost) complain(deskText('lost_server'));
  else if (version === 0) complain('');
  else if (!session || version > session.version) refresh();
}

/** Show what other tabs do as well. One tab listens for all: a browser keeps six connections to a server, not one a tab. */
export function follow() {
  const others = new BroadcastChannel('cfgeo-desk');
  others.onmessage = ({ data: news }) => hear(news);
  /** @param {News} news */
  const tell = (news) => {
    hear(news);
    others.postMessage(news);
  };
  navigator.locks.request('cfgeo-desk', () => new Promise(() => { // held until this tab closes
    const events = new EventSource('/api/events');
    events.onmessage = ({ data: version }) => tell({ version: Number(version) });
    events.onopen = () => tell({});
    events.onerror = () => tell({ lost: true });
  }));
}

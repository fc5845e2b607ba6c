// Named scenarios of the desk: keep the changes, bring a scenario back, lay two side by side.

import { element } from '../shared/base.js';
import { act, ask, complain, desk, deskText, onState, session } from './session.js';

const keptName = element('input', { type: 'text', id: 'desk-kept-name', maxLength: 60, autocomplete: 'off' });
const keptList = element('ol', { id: 'desk-kept', 'aria-label': deskText('scenarios') });
const sides = /** @type {const} */ ([['one', element('select', { id: 'desk-compare-one' })], ['other', element('select', { id: 'desk-compare-other' })]]);
const compareBox = element('div', { id: 'desk-compared', className: 'answer', role: 'status' });
let comparing = false;
let compareAsked = 0;

/** Keep what is on the desk. */
async function keepDesk() {
  const name = keptName.value.trim();
  if (!name) {
    complain(deskText('no_name'));
    keptName.focus();
    return;
  }
  if (await act({ do: 'keep', name })) keptName.value = '';
}

/**
 * @param {string} key
 * @param {DeskKept} kept
 * @param {() => void} go
 */
function keptButton(key, kept, go) {
  const node = element('button', { type: 'button', 'aria-label': `${deskText(key)} ${kept.name}`, title: deskText(key) }, key === 'forget' ? '✕' : deskText(key));
  node.addEventListener('click', go);
  return node;
}

/** @param {DeskKept} kept */
function keptItem(kept) {
  const { name, changes, here } = kept;
  const line = element('span', {}, deskText(here ? 'kept_here' : 'kept_line', { name, changes }));
  const recall = keptButton('recall', kept, () => act({ do: 'recall', name }));
  recall.disabled = here;
  return element('li', { 'data-kept': name }, line, ...(desk.readOnly ? [] : [recall, keptButton('forget', kept, () => act({ do: 'forget', name }))]));
}

/** @param {DeskKept[]} kept */
function fillSides(kept) {
  const options = [['as_is', deskText('side_as_is')], ['desk', deskText('side_desk')], ...kept.map(({ name }, nth) => [String(nth + 1), name])];
  const names = options.map(([, words]) => words);
  sides.forEach(([, select], nth) => {
    const before = select.selectedOptions[0]?.textContent || '';
    select.replaceChildren(...options.map(([value, words]) => element('option', { value }, words)));
    const same = names.lastIndexOf(before); // a scenario that was removed leaves its place to another
    select.selectedIndex = same >= 0 ? same : nth;
  });
}

/** Show two sets of changes side by side. */
async function drawCompared() {
  compareAsked += 1;
  const mine = compareAsked;
  const [one, other] = sides.map(([, select]) => encodeURIComponent(select.value));
  /** @type {DeskCompared | null} */
  const answer = await ask(`/api/compare?one=${one}&other=${other}`, {}, false);
  if (!answer || mine !== compareAsked) return;
  const head = element('tr', {}, element('td', {}), ...answer.names.map((name) => element('th', { scope: 'col' }, name)));
  const rows = answer.rows.map(({ label, values }) => element('tr', {}, element('th', { scope: 'row' }, label), ...values.map((value) => element('td', {}, value))));
  const table = element('table', { className: 'compared' }, element('caption', {}, deskText('compared')), element('thead', {}, head), element('tbody', {}, ...rows));
  compareBox.replaceChildren(...answer.faults.map((fault) => element('p', { className: 'fault' }, fault)), table);
}

/** What the desk has for scenarios. */
export function scenarioPanel() {
  const keep = element('button', { type: 'submit', id: 'desk-keep' }, deskText('keep'));
  const form = element('form', {}, element('label', {}, element('b', {}, deskText('kept_name')), keptName), keep);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    keepDesk();
  });
  const compare = element('button', { type: 'button', id: 'desk-compare' }, deskText('compare'));
  compare.addEventListener('click', () => {
    comparing = true;
    drawCompared().then(() => compareBox.scrollIntoView({ block: 'nearest' }));
  });
  for (const [, select] of sides) select.addEventListener('input', () => {
    if (comparing) drawCompared();
  });
  const chooser = element('div', { className: 'row sides' }, ...sides.map(([key, select]) => element('label', {}, element('b', {}, deskText(`compare_${key}`)), select)), compare);
  return element('details', { id: 'desk-scenarios' }, element('summary', {}, deskText('scenarios')), element('p', { className: 'about' }, deskText('scenarios_about')),
    ...(desk.readOnly ? [] : [form]), keptList, chooser, compareBox);
}

onState(({ kept }) => {
  keptList.replaceChildren(...(kept.length ? kept.map(keptItem) : [element('li', {}, element('span', {}, deskText('no_kept')))]));
  fillSides(kept);
  if (comparing && session) drawCompared();
});

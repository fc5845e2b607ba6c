// The desk: a form for changes, the list of them, and what they bring.

import { element, positionOf } from '../shared/base.js';
import { clauseOf, data, kindName, layerName } from '../run/core.js';
import { besides, narrow, wholeMap } from '../run/map.js';
import { state } from '../run/state.js';
import { act, ask, desk, follow, onFault, onState, onWider, refresh, session, show, deskText } from './session.js';
import { askPanel, reportButton } from './ask.js';
import { scenarioPanel } from './scenarios.js';
import { holdSigns } from './drag.js';
import { hideCross } from './pointer.js';
import { homeBox } from './walks.js';
import { changeFacts, isEntering, onCostLeft } from './costs.js';
import { cornersOf } from './drawn.js';
import { cancel, choose, chosen, COMMUNITIES, confirmChange, finish, isAsking, onHint, showPlaces, tool } from './tools.js';

/** The link that has a tool of its own. */
const GATE = 'gate';
const ALL_TOOLS = /** @type {const} */ (['add', 'move', 'close', 'enlarge', 'certify', 'link', 'gate', 'open', 'street', 'signal', 'walk']);

const TOOLS = ALL_TOOLS.filter((name) => name !== 'certify' || Object.keys(desk.answers).length);

/**
 * A field of the form.
 * @param {string} key
 * @param {HTMLElement} input
 */
const deskField = (key, input) => element('label', { 'data-field': key }, element('b', {}, deskText(key)), input);

/**
 * @param {string} value
 * @param {string} words
 */
const choice = (value, words) => element('option', { value }, words);

/**
 * A button of the desk.
 * @param {string} key
 * @param {() => void} act
 */
function deskButton(key, act) {
  const node = element('button', { type: 'button', id: `desk-${key}` }, deskText(key));
  node.addEventListener('click', act);
  return node;
}

/**
 * An input that keeps what it says in `chosen`.
 * @template {HTMLInputElement | HTMLSelectElement} Input
 * @param {Input} input
 * @param {string} key
 */
function keptInput(input, key) {
  input.id = `desk-${key}`;
  input.addEventListener('input', () => {
    chosen[key] = input.value;
    if (key === 'layer') fillKinds();
    if (key === 'layer') showPlaces();
    if (key === 'layer') holdSigns();
  });
  return input;
}

const toolField = element('select', { id: 'desk-tool' }, choice('', deskText('tool_none')), ...TOOLS.map((name) => choice(name, deskText(`tool_${name}`))));
const layerField = keptInput(element('select', {}, ...Object.keys(desk.layers).map((layer) => choice(layer, layerName(layer))),
  ...(desk.answers[COMMUNITIES] ? [choice(COMMUNITIES, deskText('communities'))] : [])), 'layer');
const kindField = keptInput(element('select', {}), 'kind');
const nameField = keptInput(element('input', { type: 'text', maxLength: 60, autocomplete: 'off' }), 'name');
const capacityField = keptInput(element('input', { type: 'number', min: 0, step: 1 }), 'capacity');
const costField = keptInput(element('input', { type: 'text', maxLength: 30, autocomplete: 'off', placeholder: deskText('cost_hint') }), 'cost');
const columnField = keptInput(element('select', {}), 'column');
const answerField = keptInput(element('select', {}, choice('yes', deskText('yes')), choice('no', deskText('no'))), 'answer');
const linkField = keptInput(element('select', {}, ...Object.entries(desk.links).filter(([link]) => link !== GATE).map(([link, name]) => choice(link, name))), 'link');
const hintLine = element('p', { className: 'hint', role: 'status' });
const faultLine = element('p', { className: 'fault', role: 'alert', id: 'desk-fault' });
const staleLine = element('p', { className: 'fault', role: 'alert', id: 'desk-stale', hidden: true });
const brings = element('div', { className: 'brings', id: 'desk-brings', role: 'status' });
const widerBox = element('div', { id: 'desk-wider', role: 'status' });
const changeList = element('ol', { id: 'desk-list', 'aria-label': deskText('list') });
const deskFields = [deskField('layer', layerField), deskField('kind', kindField), deskField('name', nameField), deskField('capacity', capacityField), deskField('column', columnField), deskField('answer', answerField), deskField('link', linkField), deskField('cost', costField)];
/** @type {Record<string, string[]>} */
const fieldsOf = { '': [], add: ['layer', 'kind', 'name', 'capacity', 'cost'], move: ['layer', 'cost'], close: ['layer', 'cost'], enlarge: ['layer', 'capacity', 'cost'], certify: ['layer', 'column', 'answer', 'cost'], link: ['link', 'cost'], gate: ['cost'], open: ['cost'], street: ['cost'], signal: ['answer', 'cost'], walk: [] };
/** What the form has before the place is known, where there is little room. */
const BEFORE = ['move', 'close', 'enlarge', 'certify'];
const finishButton = deskButton('finish', finish);
const confirmButton = deskButton('confirm', confirmChange);
const drawButtons = element('div', { className: 'row' }, finishButton, confirmButton, deskButton('cancel', () => cancel()));

function fillKinds() {
  const kinds = desk.layers[layerField.value] || [];
  kindField.replaceChildren(...kinds.map((kind) => choice(kind, desk.kinds[kind] || kindName(kind))));
  chosen.kind = kindField.value;
  columnField.replaceChildren(...Object.entries(desk.answers[layerField.value] || {}).map(([column, name]) => choice(column, name)));
  chosen.column = columnField.value;
}

/** Offer the layers that the tool is about. */
function fillLayers() {
  const options = [...layerField.options];
  for (const option of options) option.disabled = tool === 'certify' ? !desk.answers[option.value] : option.value === COMMUNITIES;
  if (!layerField.selectedOptions[0]?.disabled) return;
  layerField.value = options.find((option) => !option.disabled)?.value || '';
  chosen.layer = layerField.value;
  fillKinds();
  showPlaces();
}

/** The community for which the form was filled in last. */
let filledFor = -1;

/** Offer what the chosen community lacks first, once for each. */
function fillLacking() {
  if (tool !== 'add' || state.selected < 0 || state.selected === filledFor) return;
  filledFor = state.selected;
  const lacks = data.communities[filledFor].failed.map((id) => clauseOf.get(id)).find((clause) => clause && clause.layer in desk.layers);
  if (!lacks) return;
  layerField.value = lacks.layer;
  chosen.layer = lacks.layer;
  fillKinds();
  if (!desk.layers[lacks.layer].includes(lacks.kinds[0])) return;
  kindField.value = lacks.kinds[0];
  chosen.kind = lacks.kinds[0];
}

function drawForm() {
  fillLayers();
  fillLacking();
  const ofPlace = BEFORE.includes(tool) ? ['layer'] : [];
  const shown = !narrow.matches ? fieldsOf[tool] : isAsking() ? fieldsOf[tool].filter((field) => !ofPlace.includes(field)) : ofPlace;
  for (const node of deskFields) node.hidden = !shown.includes(String(node.dataset.field)) || (node.dataset.field === 'kind' && kindField.options.length === 0);
  nameField.value = chosen.name;
  costField.value = chosen.cost;
  drawButtons.hidden = !tool;
  finishButton.hidden = tool !== 'link' || isAsking();
  confirmButton.hidden = !isAsking();
}

/** What changes bring alone, by what they are: the list may be drawn anew while an answer is on its way. @type {Map<string, string[]>} */
const broughtAlone = new Map();

/**
 * Write behind a change what it brings alone, where that is known.
 * @param {Element | null} words
 * @param {DeskEdit} edit
 */
function tellAlone(words, edit) {
  const lines = broughtAlone.get(JSON.stringify(edit.row)) || [];
  words?.replaceChildren(...[...words.childNodes].slice(0, 2), ...lines.map((line) => element('small', { className: 'alone' }, line)));
}

/**
 * A row of the list.
 * @param {DeskEdit} edit
 */
function changeItem(edit) {
  const what = changeWords(edit.row, edit.street);
  const box = element('input', { type: 'checkbox', checked: edit.on, disabled: desk.readOnly || edit.decided, 'aria-label': deskText('counts', { what }) });
  box.addEventListener('change', () => act({ do: 'switch', id: edit.id, on: box.checked }));
  const remove = element('button', { type: 'button', title: deskText('remove'), 'aria-label': `${deskText('remove')}: ${what}`, hidden: desk.readOnly }, '✕');
  remove.addEventListener('click', () => act({ do: 'remove', id: edit.id }));
  const alone = element('button', { type: 'button', 'aria-label': deskText('alone_of', { what }), title: deskText('alone_of', { what }) }, deskText('alone_ask'));
  const facts = element('small', {}, ...changeFacts(edit, what));
  const words = element('span', {}, `${edit.number === null ? '' : `${edit.number}. `}${what}${edit.decided ? deskText('is_decided') : ''}`, facts);
  alone.addEventListener('click', async () => {
    const answer = await ask(`/api/alone?id=${edit.id}`);
    if (answer) broughtAlone.set(JSON.stringify(edit.row), answer.lines);
    tellAlone(changeList.querySelector(`[data-edit="${edit.id}"] > span`), edit);
  });
  tellAlone(words, edit);
  return element('li', { className: edit.on ? '' : edit.decided ? 'decided' : 'off', 'data-edit': edit.id }, box, words, ...(edit.decided ? [] : [alone]), remove);
}

/**
 * What a change is, in short.
 * @param {DeskRow} row
 * @param {string} named the name of its street
 */
function changeWords(row, named) {
  if (row.link === GATE || (row.action === 'opengate' && row.way === undefined && !row.street)) return deskText('what_gate');
  if (row.link && row.action === 'refit') return deskText(row.tags?.crossing === 'traffic_signals' ? 'what_signal' : 'what_no_signal');
  if (row.link) return deskText('what_link', { name: desk.links[row.link] || row.link });
  const street = row.street || named;
  const about = row.tags?.foot === 'yes' ? 'opened' : 'street';
  if (!row.layer) return street ? deskText(about, { name: street }) : deskText(`${about}_unnamed`, { way: row.way });
  const index = desk.ids.indexOf(row.facility || '');
  const community = row.layer === COMMUNITIES ? data.communities.find(({ code, name }) => row.facility === code || row.facility === name) : null;
  const name = community?.name || row.name || data.facilities[index]?.name || row.facility || desk.kinds[row.kind || ''] || layerName(row.layer);
  const facts = Object.entries(row.attributes || {}).map(([column, answer]) => `${desk.answers[row.layer || '']?.[column] || column} ${answer === 'yes' || answer === 'no' ? deskText(answer) : answer}`);
  if (row.capacity !== undefined && row.action === 'refit') facts.push(`${deskText('capacity')} ${row.capacity}`);
  if (facts.length && row.action !== 'add') return deskText('what_facts', { name, facts: facts.join(deskText('and')) });
  return deskText(`what_${row.action}`, { layer: layerName(row.layer), name, capacity: row.capacity });
}

/** @type {import('leaflet').LayerGroup} */
const marks = L.layerGroup().addTo(map);

/** @param {string} words */
const markIcon = (words) => L.divIcon({ className: 'desk-mark', html: words, iconSize: [26, 26] });

/**
 * A link or street on the map, with its number in its middle.
 * @param {import('leaflet').LatLngExpression[][]} lines
 * @param {import('leaflet').PolylineOptions} style
 * @param {DeskEdit} edit
 */
function lineMark(lines, style, { number }) {
  const longest = lines.reduce((one, other) => (other.length > one.length ? other : one));
  const shown = L.polyline(lines, { ...style, pane: 'desk', interactive: false });
  if (number === null) return shown;
  const middle = longest.length === 2 ? L.latLngBounds(longest).getCenter() : longest[longest.length >> 1];
  return L.layerGroup([shown, L.marker(middle, { pane: 'desk', interactive: false, keyboard: false, icon: markIcon(String(number)) })]);
}

/**
 * Where a change is on the map.
 * @param {DeskEdit} edit
 */
function changeMark(edit) {
  const { row } = edit;
  const opacity = edit.on ? 1 : 0.4;
  if (edit.lines.length) {
    const style = row.action === 'close' ? { color: '#b3261e', dashArray: '2 8', weight: 5 } : { color: '#1b7f3b', weight: 6 };
    return lineMark(edit.lines, { ...style, opacity }, edit);
  }
  if (row.wkt) return lineMark([cornersOf(row.wkt)], { color: '#d9480f', weight: 6, opacity }, edit);
  const index = desk.ids.indexOf(row.facility || '');
  const own = row.layer === COMMUNITIES && edit.community !== null ? data.communities[edit.community].label : null;
  const at = own ? positionOf(own) : row.lat !== undefined && row.lon !== undefined ? L.latLng(row.lat, row.lon) : index >= 0 ? positionOf(data.facilities[index].point) : null;
  if (!at) return null;
  const canMove = !desk.readOnly && edit.on && row.lat !== undefined && !row.link && row.action !== 'opengate';
  const marker = L.marker(at, {
    pane: 'desk', opacity, draggable: canMove, title: changeWords(row, ''), alt: changeWords(row, ''),
    icon: markIcon(row.action === 'close' ? '✕' : String(edit.number ?? '')),
  });
  marker.on('dragend', () => {
    const { lng, lat } = marker.getLatLng();
    act({ do: 'replace', id: edit.id, row: { ...row, lon: lng, lat } }).then((done) => {
      if (!done) refresh();
    });
  });
  return marker;
}

/** Draw the list of changes anew; whoever is in it by keys stays where they were. */
function drawList() {
  if (!session || isEntering()) return;
  const held = /** @type {HTMLElement} */ (document.activeElement);
  const row = /** @type {HTMLElement | null} */ (held?.closest('[data-edit]') ?? null);
  /** @param {Element | null | undefined} within @returns {HTMLElement[]} */
  const controls = (within) => [...(within?.querySelectorAll('button, input') ?? [])].map((each) => /** @type {HTMLElement} */ (each));
  const place = controls(row).indexOf(held);
  changeList.replaceChildren(...(session.edits.length ? session.edits.map(changeItem) : [element('li', {}, element('span', {}, deskText('none')))]));
  if (row) controls(changeList.querySelector(`[data-edit="${row.dataset.edit}"]`))[place]?.focus();
}

/** @param {DeskState} state */
function drawState(state) {
  drawList();
  brings.replaceChildren(...state.words.lines.map((line) => element('p', {}, line)),
    ...state.remarks.map((remark) => element('p', { className: 'hint' }, remark)));
  staleLine.textContent = state.stale;
  staleLine.hidden = !state.stale;
  marks.clearLayers();
  for (const edit of state.edits) changeMark(edit)?.addTo(marks);
  for (const at of state.junctions) L.circleMarker(at, { pane: 'desk', color: '#d9480f', fillColor: '#fff', fillOpacity: 1, weight: 3, radius: 5, interactive: false }).addTo(marks);
  for (const [key, can] of /** @type {const} */ ([['undo', state.undo], ['redo', state.redo], ['clear', state.edits.length > 0]])) {
    const node = /** @type {HTMLButtonElement | null} */ (document.getElementById(`desk-${key}`));
    if (node) node.disabled = !can;
  }
}

/** @param {File | undefined} file */
async function openTable(file) {
  if (!file) return;
  const form = file.name.toLowerCase().split('.').pop();
  const state = await ask(`/api/open?form=${form}`, { method: 'POST', body: file });
  if (state) show(state);
}

/**
 * @param {string} key
 * @param {string} href
 */
const fileLink = (key, href) => element('a', { className: 'button', href, download: '' }, deskText(key));

const whatifLink = () => element('a', { className: 'button', href: '/api/whatif.html', target: '_blank', rel: 'noopener' }, deskText('whatif'));

function build() {
  const fold = element('button', { type: 'button', 'aria-expanded': 'true' }, deskText('fold'));
  const upload = element('input', { type: 'file', accept: '.xlsx,.csv,.toml', id: 'desk-open', className: 'hidden' });
  upload.addEventListener('change', () => openTable(upload.files?.[0]).then(() => {
    upload.value = '';
  }));
  const steps = element('div', { className: 'row' }, deskButton('undo', () => act({ do: 'undo' })), deskButton('redo', () => act({ do: 'redo' })), deskButton('clear', () => act({ do: 'clear' })));
  const files = element('div', { className: 'row' }, fileLink('save', '/api/changes.xlsx'), fileLink('save_csv', '/api/changes.csv'), fileLink('save_toml', '/api/changes.toml'),
    ...(desk.readOnly ? [] : [element('label', { className: 'button', htmlFor: 'desk-open' }, deskText('open'), upload)]), whatifLink(), ...(desk.readOnly ? [] : [reportButton()]));
  const form = element('form', { id: 'desk-form' }, deskField('tool', toolField), ...deskFields);
  form.addEventListener('submit', (event) => event.preventDefault());
  toolField.addEventListener('input', () => choose(/** @type {any} */ (toolField.value)));
  const body = element('div', { className: 'desk-body' }, ...(desk.readOnly ? [element('p', {}, deskText('read_only'))] : [form]), brings, changeList, homeBox, widerBox,
    scenarioPanel(), files, ...(desk.readOnly ? [] : askPanel()), element('p', { className: 'about' }, deskText('about')));
  const now = element('div', { className: 'desk-now' }, staleLine, hintLine, drawButtons, faultLine, ...(desk.readOnly ? [] : [steps]));
  const box = element('section', { className: 'desk', id: 'desk', 'aria-label': deskText('title') }, element('div', { className: 'desk-head' }, element('h2', {}, deskText('title')), fold), body, now);
  /** @param {boolean} folded */
  const setFolded = (folded) => {
    const covered = besides.left();
    box.classList.toggle('folded', folded);
    fold.textContent = deskText(folded ? 'unfold' : 'fold');
    fold.setAttribute('aria-expanded', String(!folded));
    besides.onChange(covered);
  };
  fold.addEventListener('click', () => setFolded(!box.classList.contains('folded')));
  document.querySelector('.map')?.append(box);
  besides.left = () => (narrow.matches || box.classList.contains('folded') ? 0 : box.offsetLeft + box.offsetWidth);
  setFolded(narrow.matches || zoomBeside() < MOST_SMALLER);
}

const MOST_SMALLER = -0.75; // zoom

/** How much smaller the whole map is beside the desk than below it [levels of zoom]. */
function zoomBeside() {
  const { x, y } = map.getSize();
  const size = map.project(wholeMap.getSouthEast(), 0).subtract(map.project(wholeMap.getNorthWest(), 0));
  /** @param {number} wide */
  const zoom = (wide) => Math.log2(Math.min(Math.max(wide, 1) / size.x, y / size.y));
  return zoom(x - besides.left()) - zoom(x);
}

document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement && event.target.type !== 'checkbox';
  if (event.key === 'Escape' && cancel()) event.stopPropagation();
  else if (event.key === 'Enter' && isAsking()) confirmChange();
  else if (event.key === 'Enter' && tool === 'link' && !typing) finish();
  else if (!typing && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && session && !desk.readOnly) {
    event.preventDefault();
    act({ do: event.shiftKey ? 'redo' : 'undo' });
  }
});

onHint((words) => {
  hintLine.textContent = words;
  hintLine.hidden = !words;
  if (toolField.value !== tool) toolField.value = tool;
  if (tool && !narrow.matches) toolField.scrollIntoView({ block: 'nearest' });
  document.getElementById('desk')?.classList.toggle('drawing', Boolean(tool));
  document.getElementById('desk')?.classList.toggle('asking', isAsking());
  drawForm();
  holdSigns();
  if (!tool) hideCross();
});
onFault((words) => {
  faultLine.textContent = words;
  faultLine.hidden = !words;
});
onState(drawState);
onCostLeft(drawList);
onWider((lines) => widerBox.replaceChildren(...lines.map((line) => element('p', {}, line))));
build();
fillKinds();
choose('');
faultLine.hidden = true;
refresh().then(follow);

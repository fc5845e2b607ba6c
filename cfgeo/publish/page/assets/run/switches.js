// The choices: colouring, filters, what is drawn.

import { byId, count, element, say } from '../shared/base.js';
import { communityClauses, data, kindName, kindsOf, layerName, timedClauses } from './core.js';
import { sign } from './marks.js';
import { chooseOffice } from './offices.js';
import { showView } from './overlays.js';
import { reachMinutes, reachName } from './places.js';
import { changed, filterBy, onChange, state, toggle } from './state.js';

/**
 * @param {string} value
 * @param {string} label
 */
const option = (value, label) => element('option', { value }, label);

export function fillView() {
  /**
   * @param {string} key
   * @param {Clause[]} clauses
   */
  const group = (key, clauses) => element('optgroup', { label: say(key) }, ...clauses.map((clause) => option(clause.id,
    clause.open ? say('view_open', { name: clause.name }) : clause.name)));
  const view = byId('view');
  view.append(option('verdict', say('view_verdict')));
  if (data.plan) view.append(option('plan', say('view_plan')));
  const required = communityClauses.filter((clause) => clause.required);
  const others = communityClauses.filter((clause) => !clause.required);
  if (required.length) view.append(group('view_group_required', required));
  if (others.length) view.append(group('view_group_other', others));
  if (timedClauses.length) {
    view.append(element('optgroup', { label: say('view_group_minutes') },
      ...timedClauses.map((clause) => option(`minutes:${clause.id}`, say('view_minutes', { name: clause.name })))));
  }
  if (data.walks.ratios.level_ratio.some((ratio) => ratio !== null)) view.append(option('terrain', say('view_terrain')));
  view.append(option('none', say('view_none')));
  view.addEventListener('change', () => showView(view.value));
}

export function fillFilters() {
  const box = byId('all-clauses');
  byId('office').append(option('', say('office_all')), ...data.offices.map((office) => option(office.name, office.name)));
  byId('verdict').append(option('', say('verdict_all')),
    ...['passed', 'failed', 'not_assessed', 'marginal'].map((word) => option(word, data.verdicts[word])));
  byId('search').addEventListener('input', () => filterBy('text', byId('search').value.trim()));
  byId('verdict').addEventListener('change', () => filterBy('verdict', byId('verdict').value));
  byId('office').addEventListener('change', () => chooseOffice(byId('office').value));
  box.addEventListener('change', () => {
    state.allClauses = box.checked;
    document.body.classList.toggle('wide-table', state.allClauses);
    changed('columns');
  });
  byId('filters').addEventListener('submit', (event) => event.preventDefault());
  byId('filters').addEventListener('reset', () => {
    Object.assign(state, { text: '', office: '', verdict: '' });
    changed('filter');
    if (state.allClauses) setTimeout(() => box.dispatchEvent(new Event('change'))); // after the form has emptied the box
  });
}

/**
 * A box to tick, and its label.
 * @param {string | Node} label
 * @param {boolean} checked
 * @param {(on: boolean) => void} listener
 * @param {Record<string, any>} properties
 */
function checkbox(label, checked, listener, properties) {
  const box = element('input', { type: 'checkbox', checked, ...properties });
  box.addEventListener('change', () => listener(box.checked));
  return { box, label: element('label', { className: 'switch' }, box, ' ', label) };
}

export function lineSwitches() {
  const { streets, walks } = data;
  /** @type {Record<string, unknown>} */
  const available = {
    plan: data.plan?.steps.length,
    land: data.land,
    streets: true,
    street_names: data.land?.names.length,
    steps: streets.steps.length,
    lifts: streets.lift.length + streets.escalator.length,
    walkways: walks.walkways.length,
    school: walks.streets.length,
    crossings: walks.crossings.length,
    offices: true,
    blocks: data.blocks.length,
    zones: data.zones.length,
    labels: true,
    tiles: data.tiles,
  };
  const names = Object.keys(available).filter((name) => available[name]);
  const switches = names.map((name) => checkbox(say(`line_${name}`), state.lines.has(name), (on) => toggle('lines', name, on), { name: `line-${name}` }));
  onChange(['lines'], () => names.forEach((name, nth) => {
    switches[nth].box.checked = state.lines.has(name);
  }));
  return element('fieldset', {}, element('legend', {}, say('layers_lines')), ...switches.map(({ label }) => label));
}

/**
 * One layer's switch, with one for each kind below it if there are several.
 * @param {string} layer
 * @param {Facility[]} facilities
 */
function layerSwitch(layer, facilities) {
  const kinds = [...count(facilities.flatMap(kindsOf), (kind) => kind)];
  const keys = kinds.map(([kind]) => `${layer}|${kind}`);
  const title = element('span', {}, sign(layer), ' ', say('legend_count', { name: layerName(layer), count: facilities.length }));
  const whole = checkbox(title, false, (on) => {
    for (const key of keys) toggle('facilities', key, on);
  }, { name: `layer-${layer}` });
  const parts = kinds.length === 1 ? [] : kinds.map(([kind, number]) => checkbox(
    say('legend_count', { name: kindName(kind) || '–', count: number }), false, (on) => toggle('facilities', `${layer}|${kind}`, on),
    { name: `kind-${layer}|${kind}` }));
  onChange(['facilities'], () => {
    const chosen = keys.filter((key) => state.facilities.has(key));
    whole.box.checked = chosen.length === keys.length;
    whole.box.indeterminate = chosen.length > 0 && chosen.length < keys.length;
    parts.forEach(({ box }, nth) => {
      box.checked = state.facilities.has(keys[nth]);
    });
  });
  return element('div', {}, whole.label, element('div', { className: 'kinds' }, ...parts.map(({ label }) => label)));
}

export function facilitySwitches() {
  const layers = [...new Set(data.facilities.map((facility) => facility.layer))];
  const switches = layers.map((layer) => layerSwitch(layer, data.facilities.filter((facility) => facility.layer === layer)));
  return element('fieldset', {}, element('legend', {}, say('layers_facilities')),
    ...(switches.length ? switches : [say('facilities_none')]));
}

/** A row for each destination and walker, a column for each number of minutes. */
export function reachSwitches() {
  const legend = element('legend', {}, say('layers_isochrones'));
  if (!data.isochrones.length) return element('fieldset', {}, legend, say('isochrone_none'));
  /** @type {Map<string, Map<number, number>>} */
  const byName = new Map();
  data.isochrones.forEach((area, index) => {
    const areas = byName.get(reachName(area)) || new Map();
    byName.set(reachName(area), areas.set(area.minutes, index));
  });
  const heads = reachMinutes.map((limit) => element('th', { scope: 'col' }, say('isochrone_minutes', { minutes: limit })));
  /**
   * @param {string} name
   * @param {number} limit
   * @param {number | undefined} index
   */
  const cell = (name, limit, index) => {
    if (index === undefined) return element('td', {});
    const box = element('input', { type: 'checkbox', name: `reach-${index}`, 'aria-label': say('isochrone_switch', { layer: name, minutes: limit }) });
    box.addEventListener('change', () => toggle('isochrones', index, box.checked));
    onChange(['isochrones'], () => {
      box.checked = state.isochrones.has(index);
    });
    return element('td', {}, element('label', { className: 'tap' }, box));
  };
  const rows = [...byName].map(([name, areas]) => element('tr', {}, element('th', { scope: 'row' }, name),
    ...reachMinutes.map((limit) => cell(name, limit, areas.get(limit)))));
  return element('fieldset', {}, legend, element('table', { className: 'reach-table' },
    element('thead', {}, element('tr', {}, element('td', {}), ...heads)), element('tbody', {}, ...rows)),
  element('p', { className: 'note' }, say('isochrones_note')));
}

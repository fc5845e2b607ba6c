// The choices: colouring, filters, what is drawn.

function option(value, label) {
  return element('option', { value }, label);
}

function fillView() {
  const group = (key, clauses) => element('optgroup', { label: say(key) }, ...clauses.map((clause) => option(clause.id,
    clause.open ? say('view_open', { name: clause.name }) : clause.name)));
  const view = byId('view');
  view.append(option('verdict', say('view_verdict')));
  if (data.plan) view.append(option('plan', say('view_plan')));
  const required = communityClauses.filter((clause) => clause.required);
  const others = communityClauses.filter((clause) => !clause.required);
  if (required.length) view.append(group('view_group_required', required));
  if (others.length) view.append(group('view_group_other', others));
  const timed = communityClauses.filter((clause) => clause.measure === 'reach' && clause.limit
    && data.coverage[clause.id].median_minutes.some((value) => value !== null));
  if (timed.length) {
    view.append(element('optgroup', { label: say('view_group_minutes') },
      ...timed.map((clause) => option(`minutes:${clause.id}`, say('view_minutes', { name: clause.name })))));
  }
  if (walks.ratios.level_ratio.some((ratio) => ratio !== null)) view.append(option('terrain', say('view_terrain')));
  view.append(option('none', say('view_none')));
  view.addEventListener('change', () => {
    state.view = view.value;
    changed('view');
  });
}

function fillFilters() {
  byId('office').append(option('', say('office_all')), ...data.offices.map((office) => option(office.name, office.name)));
  byId('verdict').append(option('', say('verdict_all')),
    ...['passed', 'failed', 'not_assessed', 'marginal'].map((word) => option(word, data.verdicts[word])));
  byId('search').addEventListener('input', (event) => filterBy('text', event.target.value.trim()));
  byId('verdict').addEventListener('change', (event) => filterBy('verdict', event.target.value));
  byId('office').addEventListener('change', (event) => chooseOffice(event.target.value, false));
  byId('all-clauses').addEventListener('change', (event) => {
    allClauses = event.target.checked;
    document.body.classList.toggle('wide-table', allClauses);
    drawTable();
    drawFilter();
    refit();
  });
  byId('filters').addEventListener('submit', (event) => event.preventDefault());
  byId('filters').addEventListener('reset', () => {
    Object.assign(state, { text: '', office: '', verdict: '' });
    changed('filter');
    if (allClauses) setTimeout(() => byId('all-clauses').dispatchEvent(new Event('change')));
  });
}

function filterBy(part, value) {
  state[part] = value;
  changed('filter');
}

/** Show one street office's communities and go there; "" shows all. */
function chooseOffice(name, toTable = true) {
  byId('office').value = name;
  filterBy('office', name);
  if (toTable) showTab('communities');
  const inside = communityShapes.filter((_, index) => !name || data.communities[index].office === name);
  if (inside.length) goTo(L.featureGroup(inside).getBounds(), 16);
}

function checkbox(label, checked, listener, properties = {}) {
  const box = element('input', { type: 'checkbox', checked, ...properties });
  box.addEventListener('change', () => listener(box.checked));
  return element('label', { className: 'switch' }, box, ' ', label);
}

function lineSwitches() {
  const there = {
    streets: true, steps: data.streets.steps.length, offices: true, labels: true,
    lifts: data.streets.lift.length + data.streets.escalator.length,
    tiles: data.tiles, walkways: walks.walkways.length, school: walks.streets.length, crossings: walks.crossings.length,
    plan: data.plan && data.plan.steps.length,
  };
  const switches = ['plan', 'streets', 'steps', 'lifts', 'walkways', 'school', 'crossings', 'offices', 'labels', 'tiles'].filter((name) => there[name])
    .map((name) => checkbox(say(`line_${name}`), state.lines.has(name), (on) => toggle('lines', name, on), { name: `line-${name}` }));
  return element('fieldset', {}, element('legend', {}, say('layers_lines')), ...switches);
}

function count(list, key) {
  const found = new Map();
  for (const item of list) found.set(key(item), (found.get(key(item)) || 0) + 1);
  return found;
}

/** One layer's switch, with one for each kind below it if there are several. */
function layerSwitch(layer, facilities) {
  const kinds = [...count(facilities, (facility) => facility.kind)];
  const keys = kinds.map(([kind]) => `${layer}|${kind}`);
  const title = element('span', {}, sign(layer), ' ', say('legend_count', { name: layerName(layer), count: facilities.length }));
  const whole = checkbox(title, false, (on) => {
    for (const box of inner.querySelectorAll('input')) box.checked = on;
    for (const key of keys) toggle('facilities', key, on);
  }, { name: `layer-${layer}` });
  const box = whole.querySelector('input');
  const kindSwitch = ([kind, number]) => checkbox(say('legend_count', { name: kindName(kind) || '–', count: number }), false, (on) => {
    toggle('facilities', `${layer}|${kind}`, on);
    const chosen = keys.filter((key) => state.facilities.has(key)).length;
    box.checked = chosen === keys.length;
    box.indeterminate = chosen > 0 && chosen < keys.length;
  }, { name: `kind-${layer}|${kind}` });
  const inner = element('div', { className: 'kinds' }, ...(kinds.length > 1 ? kinds.map(kindSwitch) : []));
  return element('div', {}, whole, inner);
}

function facilitySwitches() {
  const byLayer = new Map();
  for (const facility of data.facilities) {
    if (!byLayer.has(facility.layer)) byLayer.set(facility.layer, []);
    byLayer.get(facility.layer).push(facility);
  }
  const switches = [...byLayer].map(([layer, facilities]) => layerSwitch(layer, facilities));
  return element('fieldset', {}, element('legend', {}, say('layers_facilities')),
    ...(switches.length ? switches : [say('facilities_none')]));
}

/** A row for each destination and walker, a column for each number of minutes. */
function reachSwitches() {
  const legend = element('legend', {}, say('layers_isochrones'));
  if (!data.isochrones.length) return element('fieldset', {}, legend, say('isochrone_none'));
  const byName = new Map();
  data.isochrones.forEach((area, index) => {
    const name = reachName(area);
    if (!byName.has(name)) byName.set(name, new Map());
    byName.get(name).set(area.minutes, index);
  });
  const heads = reachMinutes.map((limit) => element('th', { scope: 'col' }, say('isochrone_minutes', { minutes: limit })));
  const cell = (name, limit, index) => {
    if (index === undefined) return element('td', {});
    const box = element('input', { type: 'checkbox', name: `reach-${index}`, 'aria-label': say('isochrone_switch', { layer: name, minutes: limit }) });
    box.addEventListener('change', () => toggle('isochrones', index, box.checked));
    return element('td', {}, box);
  };
  const lines = [...byName].map(([name, areas]) => element('tr', {}, element('th', { scope: 'row' }, name),
    ...reachMinutes.map((limit) => cell(name, limit, areas.get(limit)))));
  return element('fieldset', {}, legend, element('table', { className: 'reach-table' },
    element('thead', {}, element('tr', {}, element('td', {}), ...heads)), element('tbody', {}, ...lines)),
  element('p', { className: 'note' }, say('isochrones_note')));
}

// Tabs, with the arrow keys as in other programs.

const tabs = [...document.querySelectorAll('[role=tab]')];

function showTab(id) {
  for (const tab of tabs) {
    const on = tab.id === `tab-${id}`;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    byId(tab.getAttribute('aria-controls')).hidden = !on;
  }
}

function startTabs() {
  tabs.forEach((tab, place) => {
    tab.addEventListener('click', () => showTab(tab.getAttribute('aria-controls')));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(place + step + tabs.length) % tabs.length];
      showTab(next.getAttribute('aria-controls'));
      next.focus();
    });
  });
}

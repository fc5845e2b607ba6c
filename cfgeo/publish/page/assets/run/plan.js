// The plan of a run: its projects as a layer, the communities with all of them built, and the list in the panel.

const { plan } = data;
Object.assign(data.texts, plan.texts);
const planFills = { passed: fills.passed, gained: '#1b8a3a', lost: '#b3261e', failed: fills['failed-high'], held: fills['failed-low'], not_assessed: fills.not_assessed };

/** What a community's colour stands for with the plan built. */
function planName(index) {
  const { before, after, held } = plan.communities[index];
  if (after === 'passed') return before === 'passed' ? 'passed' : 'gained';
  if (before === 'passed') return 'lost';
  return after === 'failed' && held ? 'held' : after;
}

themes.plan = {
  title: () => say('view_plan'),
  fill: (index) => planFills[planName(index)],
  name: planName,
  value: (index) => signs[plan.communities[index].after],
  bold: (index) => planName(index) === 'gained',
  entries: () => {
    const found = count([...data.communities.keys()], planName);
    return Object.keys(planFills).filter((name) => found.has(name)).map((name) => entry(swatch(planFills[name]),
      say('legend_count', { name: data.plan.texts[`plan_${name}`] || data.verdicts[name], count: found.get(name) })));
  },
};

const stepName = (step) => `${step.rank}. ${step.name}`;
const stepNumber = (step) => element('span', { className: step.decided ? 'plan-number decided' : 'plan-number' }, String(step.rank));

function stepWords(step) {
  const names = step.adds.map((index) => data.communities[index].name).join(say('list_mark'));
  return [[step.what, step.where].filter(Boolean).join(' · '), [step.cost, say('plan_then', { passed: step.passed })].join(' · '),
    names ? say('plan_brings', { count: step.adds.length, names }) : '', ...step.facts].filter(Boolean);
}

const stepPopup = (step) => element('div', { className: 'popup', tabIndex: -1 }, element('h2', {}, stepName(step)),
  ...stepWords(step).map((line) => element('p', {}, line)));

/** One project: its shape, and its number. */
function stepParts(step) {
  const style = { pane: 'areas', color: '#d9480f', weight: 5, fillColor: '#ffd54a', fillOpacity: 0.7, className: 'plan-shape' };
  const shapes = step.shapes.flatMap(({ kind, at }) => {
    if (kind === 'area') return [L.polygon(at, { ...style, weight: 3 })];
    if (kind === 'line') return [L.polyline(at, style)];
    return at.flat().map((point) => L.circleMarker(point, { ...style, weight: 3, radius: 7 }));
  });
  if (!step.at) return shapes;
  const icon = L.divIcon({ className: 'plan-mark', html: stepNumber(step), iconSize: [24, 24] });
  return [...shapes, L.marker(step.at, { icon, title: stepName(step), alt: stepName(step), riseOnHover: true })];
}

makers.plan = () => L.layerGroup(plan.steps.map((step) => {
  const parts = stepParts(step);
  for (const part of parts) part.bindPopup(() => stepPopup(step), popupOptions());
  return L.layerGroup(parts);
}));
lineMarks.plan = () => stepNumber({ rank: 1 });

popupNotes.push((index) => {
  const { rank, held } = plan.communities[index];
  const step = plan.steps[rank - 1];
  if (step) return [element('p', {}, say('plan_passes', step))];
  return held ? [element('p', {}, say('plan_cannot', { clauses: held }))] : [];
});

/** Switch the projects on. */
function showPlan() {
  const box = document.querySelector('input[name="line-plan"]');
  if (!box.checked) box.click();
}

function stepRow(step) {
  const button = element('button', { type: 'button', className: 'link' }, step.name);
  button.addEventListener('click', () => {
    showPlan();
    const around = step.adds.map((index) => communityShapes[index].getBounds());
    const bounds = L.latLngBounds([...(step.at ? [step.at] : []), ...around]);
    if (bounds.isValid()) goTo(bounds, 16);
  });
  return element('tr', {}, element('td', {}, stepNumber(step)), element('th', { scope: 'row' }, button,
    ...stepWords(step).map((line) => element('span', { className: 'line' }, line))));
}

byId('plan').append(...plan.lines.map((line, nth) => element('p', nth ? {} : { className: 'plan-headline' }, line)),
  element('h2', {}, plan.heading), plan.steps.length ? element('table', { className: 'plan-table' }, element('tbody', {}, ...plan.steps.map(stepRow)))
    : element('p', {}, say('plan_none')), ...plan.left.map((line) => element('p', { className: 'note' }, line)));
onChange(['view'], () => { if (state.view === 'plan') showPlan(); });

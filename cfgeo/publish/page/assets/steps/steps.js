// The page of a plan or of sites: which communities pass when so many of its steps are built.

import { byId, collator, element, pageData, say } from '../shared/base.js';
import { changeLayers, clauseChanges, communityPolygons, drawFillLegend, restyle } from '../shared/changes.js';
import { showAll, startLabels, startPlace } from '../shared/place.js';

const data = /** @type {StepsData} */ (pageData);
const last = data.steps.length;
let built = last;
let selected = -1;

/** @type {Record<string, string>} */
const fills = { ...pageData.colours.changes, newest: '#7bd389' };

/**
 * What a community's colour stands for, with so many steps built.
 * @param {SteppedCommunity} community
 */
function fillName(community) {
  if (built === last && community.before === 'passed' && community.after !== 'passed') return 'lost';
  if (community.before === 'passed') return 'passed';
  if (community.rank && community.rank <= built) return community.rank === built && built < last ? 'newest' : 'gained';
  if (built === last && community.after === 'passed') return 'gained';
  return community.before === 'failed' && community.held ? 'held' : community.before;
}

/** @param {SteppedCommunity} community */
const wordOf = (community) => data.texts[`legend_${fillName(community)}`] || data.verdicts[fillName(community)];

/**
 * @param {SteppedCommunity} community
 * @param {number} index
 */
function styleOf(community, index) {
  const newest = community.rank === built && built > 0;
  return {
    color: index === selected ? '#000' : newest ? '#111' : '#fff',
    weight: index === selected ? 4 : newest ? 3 : 1.2,
    fillColor: fills[fillName(community)],
    fillOpacity: 1,
  };
}

const communityShapes = communityPolygons(data.communities, wordOf, choose);

/**
 * One step on the map: its shapes, and the mark with its number.
 * @param {Step} step
 */
function drawStep(step) {
  const tooltip = element('span', {}, element('b', {}, `${step.rank}. ${step.name}`), element('br'), step.what);
  const shapes = step.shapes.flatMap(changeLayers);
  for (const shape of shapes) shape.bindTooltip(tooltip).on('click', () => show(step.rank));
  if (!step.at) return { shapes, mark: null };
  const number = element('span', { className: step.decided ? 'number number-decided' : 'number' }, String(step.rank));
  const icon = L.divIcon({ className: 'numbered', html: number, iconSize: [26, 26] });
  const mark = L.marker(step.at, { icon, title: `${step.rank}. ${step.name}`, alt: `${step.rank}. ${step.name}`, riseOnHover: true });
  mark.on('click', () => show(step.rank));
  mark.on('keypress', ({ originalEvent }) => {
    if (originalEvent.key === 'Enter') show(step.rank);
  });
  for (const shape of shapes) shape.addTo(map);
  return { shapes, mark: mark.addTo(map) };
}
const stepLayers = data.steps.map(drawStep);

const narrow = window.matchMedia('(max-width: 900px)'); // map and list stand under one another

/**
 * Go to a step: it and those before it are built, the map flies there, the list shows it.
 * @param {number} rank
 */
function show(rank) {
  goTo(rank);
  if (narrow.matches) byId('readout').scrollIntoView({ block: 'start' });
  const { shapes, mark } = stepLayers[rank - 1];
  const box = L.featureGroup([...shapes, ...(mark ? [mark] : []), ...data.steps[rank - 1].adds.map((index) => communityShapes[index])]);
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (box.getLayers().length) map.fitBounds(box.getBounds().pad(0.25), { maxZoom: 16, animate: !still });
}

/**
 * Build so many steps.
 * @param {number} rank
 */
function goTo(rank) {
  built = Math.min(Math.max(rank, 0), last);
  draw();
  const row = document.getElementById(`step-${built}`);
  if (row && !narrow.matches) row.scrollIntoView({ block: 'nearest' });
}

/** @param {SteppedCommunity} community */
const titleOf = (community) => say('place', { community: community.name, office: community.office });

/**
 * Show one community: what changes, and with which step it passes; none where there is no such index.
 * @param {number} index
 */
function choose(index) {
  selected = index;
  byId('community').value = String(index);
  const community = data.communities[index];
  if (!community) {
    byId('chosen').textContent = say('choose');
    byId('about').replaceChildren();
    draw();
    return;
  }
  byId('chosen').textContent = titleOf(community);
  const step = data.steps[community.rank - 1];
  byId('about').replaceChildren(
    step ? element('p', {}, say('passes_with', { rank: step.rank, name: step.name })) : '',
    community.held ? element('p', {}, say('held_by', { clauses: community.held })) : '', ...clauseChanges(community));
  byId('chosen').scrollIntoView({ block: 'nearest' });
  draw();
}

/** The sentence above the map: how many communities pass by now. */
function readout() {
  const values = { step: built, count: last, communities: data.communities.length };
  if (built === 0) return say('now', { ...values, passed: data.passed });
  const step = data.steps[built - 1];
  return say(step.soFar ? 'then_cost' : 'then', { ...values, passed: step.passed, cost: step.soFar });
}

function drawCommunities() {
  data.communities.forEach((community, index) => {
    restyle(communityShapes[index], community, styleOf(community, index), fillName(community));
    if (community.rank === built && built > 0) communityShapes[index].bringToFront();
  });
  if (selected >= 0) communityShapes[selected].bringToFront();
}

/** Show steps that are built in full, later ones faintly. */
function drawSteps() {
  stepLayers.forEach(({ shapes, mark }, index) => {
    const isBuilt = index < built;
    const current = index + 1 === built;
    for (const shape of shapes) {
      shape.setStyle({ opacity: isBuilt ? 1 : 0.35, fillOpacity: isBuilt ? 0.9 : 0.2, dashArray: isBuilt ? undefined : '5 6' });
    }
    if (mark) {
      mark.getElement()?.classList.toggle('later', !isBuilt);
      mark.setZIndexOffset(current ? 1000 : isBuilt ? 100 : 0);
      mark.getElement()?.classList.toggle('current', current);
    }
  });
}

/** Mark the step in the list, in the chart and on the slider. */
function drawControls() {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.step'))) {
    const rank = Number(button.dataset.rank);
    if (rank === built) button.setAttribute('aria-current', 'step');
    else button.removeAttribute('aria-current');
    button.classList.toggle('later', rank > built);
  }
  for (const dot of /** @type {NodeListOf<SVGElement>} */ (document.querySelectorAll('[data-dot]'))) {
    dot.classList.toggle('current', Number(dot.dataset.dot) === built);
  }
  byId('slider').value = String(built);
  byId('slider').setAttribute('aria-valuetext', readout());
  byId('readout').textContent = readout();
  byId('back').disabled = built === 0;
  byId('forward').disabled = built === last;
  byId('view-before').setAttribute('aria-pressed', String(built === 0));
  byId('view-after').setAttribute('aria-pressed', String(built === last && last > 0));
}

function draw() {
  drawCommunities();
  drawSteps();
  drawControls();
  drawFillLegend(fills, data.communities.map(fillName));
}

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-adds]'))) {
  const step = data.steps[Number(place.dataset.adds) - 1];
  const names = step.adds.map((index) => data.communities[index].name).join(data.lang === 'zh' ? '、' : ', ');
  place.append(element('span', {}, say('passing', { passed: step.passed })),
    names ? element('b', {}, say('adds', { count: step.adds.length, names })) : '');
}
const options = data.communities.map((community, index) => element('option', { value: String(index) }, titleOf(community)));
byId('community').append(...options.sort((a, b) => collator.compare(a.textContent || '', b.textContent || '')));

byId('steps').addEventListener('click', (event) => {
  const button = /** @type {Element} */ (event.target).closest('.step');
  if (button instanceof HTMLElement) show(Number(button.dataset.rank));
});
byId('slider').addEventListener('input', () => goTo(Number(byId('slider').value)));
byId('community').addEventListener('change', () => choose(Number(byId('community').value)));
byId('back').addEventListener('click', () => goTo(built - 1));
byId('forward').addEventListener('click', () => goTo(built + 1));
byId('view-before').addEventListener('click', () => goTo(0));
byId('view-after').addEventListener('click', () => goTo(last));
byId('whole').addEventListener('click', showAll);
byId('print').addEventListener('click', () => window.print());

draw();
startPlace();
startLabels(data.communities);
document.documentElement.dataset.ready = 'true';

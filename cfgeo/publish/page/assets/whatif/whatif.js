// The what-if page: communities coloured by what changes, or by their verdict before or after.

import { byId, element, pageData } from '../shared/base.js';
import { changeLayers, changeStyle, clauseChanges, communityPolygons, drawFillLegend, restyle } from '../shared/changes.js';

const data = /** @type {WhatifData} */ (pageData);

/** @type {'change' | 'before' | 'after'} */
let view = 'change';
let selected = -1;

const fills = pageData.colours.changes;

/**
 * What a community's colour stands for.
 * @param {WhatifCommunity} community
 */
function fillName(community) {
  return view === 'change' ? community.change || community.after : community[view];
}

/**
 * @param {WhatifCommunity} community
 * @param {number} index
 */
function styleOf(community, index) {
  const changes = view === 'change' && community.change;
  return {
    color: index === selected ? '#000' : changes ? '#111' : '#fff',
    weight: index === selected ? 4 : changes ? 3 : 1.2,
    fillColor: fills[fillName(community)],
    fillOpacity: 1,
  };
}

/** @param {WhatifCommunity} community */
function wordOf(community) {
  if (view === 'change' && community.change) return data.texts[`legend_${community.change}`];
  return data.verdicts[view === 'before' ? community.before : community.after];
}

/**
 * Show one community's clauses that change.
 * @param {number} index
 */
function choose(index) {
  selected = index;
  const community = data.communities[index];
  byId('chosen').textContent = `${community.name} (${community.office})`;
  byId('about').replaceChildren(...clauseChanges(community));
  draw();
}

const communityShapes = communityPolygons(data.communities, wordOf, choose);

function draw() {
  data.communities.forEach((community, index) => {
    restyle(communityShapes[index], community, styleOf(community, index), fillName(community));
    if (community.change && view === 'change') communityShapes[index].bringToFront();
  });
  if (selected >= 0) communityShapes[selected].bringToFront();
  drawFillLegend(fills, data.communities.map(fillName));
}

for (const change of data.changes) {
  for (const layer of changeLayers(change)) layer.bindTooltip(element('span', {}, change.what)).addTo(map);
}
for (const at of data.junctions) {
  L.circleMarker(at, { ...changeStyle, weight: 2, radius: 4, interactive: false }).addTo(map);
}

const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-view]'));
for (const button of buttons) {
  button.addEventListener('click', () => {
    view = /** @type {typeof view} */ (button.dataset.view);
    for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
    draw();
  });
}

draw();
document.documentElement.dataset.ready = 'true';

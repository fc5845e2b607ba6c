// What the pages of changes share: what is changed, communities, the table of one community's clauses, the legend.

import { byId, count, element, pageData, say } from './base.js';
import { polygons } from './packed.js';
import { addPane, fillEntry, placeEntries } from './place.js';
import { shapeLayers } from './shapes.js';

addPane('changes', 460);

export const changeStyle = { pane: 'changes', color: '#d9480f', weight: 5, fillColor: '#ffd54a', fillOpacity: 0.9 };

/**
 * What is changed, on the map: an area, lines, or points.
 * @param {DrawnShape} shape
 */
export const changeLayers = (shape) => shapeLayers(shape, changeStyle, { point: { weight: 3, radius: 8 } });

/**
 * Draw the communities; a click chooses one.
 * @template {ChangedCommunity} Community
 * @param {Community[]} communities
 * @param {(community: Community, index: number) => string} wordOf what a tooltip says
 * @param {(index: number) => void} choose
 */
export function communityPolygons(communities, wordOf, choose) {
  return communities.map((community, index) => {
    const polygon = L.polygon(polygons(community.shape));
    polygon.bindTooltip(() => element('span', {}, element('b', {}, community.name), ` ${wordOf(community, index)}`), { sticky: true });
    polygon.on('click', () => choose(index));
    return polygon.addTo(map);
  });
}

/**
 * Style a community's polygon, and name its fill for tests and for those who read the page's elements.
 * @param {import('leaflet').Polygon} polygon
 * @param {ChangedCommunity} community
 * @param {import('leaflet').PathOptions} style
 * @param {string} fill
 */
export function restyle(polygon, community, style, fill) {
  polygon.setStyle(style);
  polygon.getElement()?.setAttribute('data-code', community.code);
  polygon.getElement()?.setAttribute('data-fill', fill);
}

/**
 * The verdicts before and after, and the clauses that change.
 * @param {ChangedCommunity} community
 */
export function clauseChanges(community) {
  const verdicts = element('p', {}, `${pageData.verdicts[community.before]} → ${pageData.verdicts[community.after]}`);
  if (community.clauses.length === 0) return [verdicts, element('p', {}, say('clauses_same'))];
  const heads = ['column_clause', 'view_before', 'view_after', 'column_more'].map((key) => element('th', { scope: 'col' }, say(key)));
  const rows = community.clauses.map((cells) => element('tr', { className: cells[4] },
    ...cells.slice(0, 4).map((cell) => element('td', {}, cell))));
  return [verdicts, element('table', {}, element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...rows))];
}

/**
 * Draw the legend: which fills there are, and of how many communities.
 * @param {Record<string, string>} fills
 * @param {string[]} names the fill of each community
 */
export function drawFillLegend(fills, names) {
  const counts = count(names, (name) => name);
  byId('legend').replaceChildren(...Object.keys(fills).filter((name) => counts.has(name)).map((name) => (
    fillEntry(fills[name], `${pageData.texts[`legend_${name}`] || pageData.verdicts[name]} (${counts.get(name)})`))),
  ...placeEntries());
}

// What the walks tell: reach ratios, walkways, school routes, and what the minutes of a walk are spent on.

const { walks } = data;
const partColours = {
  level: '#4d7f3a', uphill: '#c2571a', downhill: '#2f74b5', stairs: '#5b2a86', lift: '#00695c', wait: '#8a6d00',
  off_network: '#6b6b6b',
};

// Reach ratios: of the land that a walk on level streets would open, how much the real one does.

const ratioSteps = [0.5, 0.6, 0.7, 0.8];
const ratioFills = ['#7f2704', '#d94801', '#fd8d3c', '#fdd0a2', '#fff5eb'];
const ratioOf = (index) => walks.ratios.level_ratio[index];
const ratioClass = (ratio) => ratioSteps.filter((step) => ratio >= step).length;
const terrainTheme = {
  title: () => say('view_terrain'),
  fill: (index) => (ratioOf(index) === null ? fills.not_assessed : ratioFills[ratioClass(ratioOf(index))]),
  name: (index) => `ratio-${ratioOf(index) === null ? 'none' : ratioClass(ratioOf(index))}`,
  value: (index) => percent(ratioOf(index)),
  bold: (index) => data.communities[index].byTerrain,
  entries: ratioEntries,
};

// The walk of each community's median child to a clause's places, in thirds of the clause's limit.

const minuteFills = ['#003c30', '#1b7f75', '#63b7ab', '#dfb760', '#b0701e', '#543005'];
const minuteSteps = (limit) => [limit / 3, (limit * 2) / 3, limit, (limit * 4) / 3, limit * 2];

function minutesTheme(clause) {
  const steps = minuteSteps(clause.limit);
  const of = (index) => data.coverage[clause.id].median_minutes[index];
  const rank = (index) => (of(index) === beyond ? steps.length : steps.filter((step) => of(index) > step).length);
  const number = (value) => Number(value.toFixed(1));
  const words = [...steps.map((step, nth) => say('minutes_between', { low: nth ? number(steps[nth - 1]) : 0, high: number(step) })
    + (step === clause.limit ? say('minutes_limit') : '')), say('minutes_above', { low: number(steps[steps.length - 1]) })];
  return {
    title: () => say('view_minutes', { name: clause.name }),
    fill: (index) => (of(index) === null ? fills.not_assessed : minuteFills[rank(index)]),
    name: (index) => `minutes-${of(index) === null ? 'none' : rank(index)}`,
    value: (index) => (of(index) === null ? say('missing') : minutes(of(index))),
    bold: () => false,
    entries: () => words.map((sentence, nth) => entry(swatch(minuteFills[nth]), sentence)),
  };
}

themes.terrain = terrainTheme;

/** What the communities are coloured by beside verdicts, or null. */
function themeInView() {
  if (themes[state.view]) return themes[state.view];
  return state.view.startsWith('minutes:') ? minutesTheme(clauseOf.get(state.view.slice('minutes:'.length))) : null;
}

function ratioEntries() {
  const [low, ...others] = ratioSteps.map(needed);
  const words = [say('ratio_below', { high: low }),
    ...others.map((high, nth) => say('ratio_between', { low: needed(ratioSteps[nth]), high })),
    say('ratio_above', { low: needed(ratioSteps[ratioSteps.length - 1]) })];
  const found = words.map((sentence, nth) => entry(swatch(ratioFills[nth]), sentence));
  const flagged = data.communities.filter((community) => community.byTerrain).length;
  if (flagged) found.push(entry(swatch('#fff', { stroke: '#111', 'stroke-width': 3 }), say('legend_count', { name: say('by_terrain'), count: flagged })));
  return found;
}

// On the map.

const widest = 11;
const busiest = Math.max(1, ...walks.streets.map((street) => street.total));
const mostLost = Math.max(1, ...walks.walkways.map((walkway) => walkway.beyond));

/** So many children, or so much of what stands for them. */
const demandWords = (value) => say(`demand_${data.basis}`, { number: amount(value) });

function walkwayWords(walkway) {
  const lost = Object.entries(walkway.lost).sort((a, b) => b[1] - a[1]);
  if (!walkway.length) return say('walkway_no_street');
  if (!lost.length) return say('walkway_nothing');
  return lost.map(([clause, many]) => say('walkway_lost', { clause: clauseOf.get(clause).name, many: demandWords(many) }))
    .join(say('list_mark'));
}

const walkwayTip = (walkway) => element('span', {}, element('b', {}, `${walkway.rank}. ${walkway.name}`),
  element('br', {}), walkwayWords(walkway));

function walkwayGroup() {
  const lines = walks.walkways.map((walkway) => {
    const shape = L.polyline(walkway.lines.map(positions), {
      pane: 'areas', color: '#0b6b2e', weight: 4 + 5 * (walkway.beyond / mostLost), opacity: 0.95, className: 'walkway',
    });
    return shape.bindTooltip(() => walkwayTip(walkway), { sticky: true });
  });
  const marks = walks.walkways.filter((walkway) => walkway.lines.length).map((walkway) => {
    const middle = walkway.lines[Math.floor(walkway.lines.length / 2)];
    const points = positions(middle);
    return L.marker(points[Math.floor(points.length / 2)], {
      pane: 'areas', interactive: false, keyboard: false,
      icon: L.divIcon({ className: 'walkway-rank', html: element('span', {}, String(walkway.rank)), iconSize: [20, 20] }),
    });
  });
  return L.layerGroup([...lines, ...marks]);
}

const streetTip = (street) => element('span', {}, element('b', {}, street.name || say('street_unnamed')), element('br', {}),
  say('school_street', { total: demandWords(street.total), most: demandWords(Math.max(street.forward, street.backward)) }));

function schoolGroup() {
  const lines = [...walks.streets].reverse().map((street) => {
    const weight = 1.5 + (widest - 1.5) * Math.sqrt(street.total / busiest);
    const shape = L.polyline(street.lines.map(positions), { pane: 'areas', color: '#c51b7d', weight, opacity: 0.85, className: 'school-street' });
    return shape.bindTooltip(() => streetTip(street), { sticky: true });
  });
  return L.layerGroup(lines);
}

function crossingGroup() {
  const most = Math.max(1, ...walks.crossings.map((crossing) => crossing.total));
  return L.layerGroup(walks.crossings.map((crossing, nth) => {
    const shape = L.circleMarker(positions(crossing.point)[0], {
      pane: 'areas', radius: 4 + 9 * Math.sqrt(crossing.total / most), color: '#111', weight: 1.5, fillColor: '#ffd400', fillOpacity: 0.9, className: 'crossing',
    });
    return shape.bindTooltip(() => crossingTip(crossing, nth), { sticky: true });
  }));
}

const crossingTip = (crossing, nth) => element('span', {}, element('b', {}, `${nth + 1}. ${crossing.name || say('street_unnamed')}`),
  element('br', {}), say('school_crossing', { total: demandWords(crossing.total) }));

Object.assign(makers, { walkways: walkwayGroup, school: schoolGroup, crossings: crossingGroup });

// In a community's popup.

/** A walk as a bar: each part as wide as the minutes it takes. */
function partBar(route, index, longest) {
  const bar = element('span', { className: 'parts', 'aria-hidden': 'true' });
  for (const part of walks.parts) {
    const value = route[part][index];
    if (!value) continue;
    const piece = element('span', { title: say('part_minutes', { part: say(`part_${part}`), minutes: minutes(value) }) });
    piece.style.width = `${(100 * value) / longest}%`;
    piece.style.backgroundColor = partColours[part];
    bar.append(piece);
  }
  return bar;
}

function partWords(route, index) {
  return walks.parts.map((part) => [part, route[part][index]]).filter(([, value]) => value >= 0.05)
    .sort((a, b) => b[1] - a[1]).map(([part, value]) => say('part_minutes', { part: say(`part_${part}`), minutes: minutes(value) }))
    .join(say('list_mark'));
}

/** What the walk of a community's median child is spent on, clause by clause. */
function routeSection(index) {
  const found = communityClauses.filter((clause) => walks.routes[clause.id] && typeof walks.routes[clause.id].minutes[index] === 'number');
  if (!found.length) return [];
  const longest = Math.max(...found.map((clause) => walks.routes[clause.id].minutes[index]));
  const rows = found.map((clause) => {
    const route = walks.routes[clause.id];
    const heights = say('route_metres', { length: amount(route.length_m[index]), climb: amount(route.climb_m[index]),
      descent: amount(route.descent_m[index]) }) + (route.steps[index] ? say('route_steps', { steps: amount(route.steps[index]) }) : '');
    return element('li', {}, element('b', {}, clause.name), ' ',
      say('route_minutes', { minutes: minutes(route.minutes[index]), direction: say(`route_${route.direction[index]}`), place: route.place[index] || say('facility_unnamed') }),
      partBar(route, index, longest), element('span', { className: 'part-words' }, `${partWords(route, index)}${say('route_stop')}${heights}`));
  });
  return [element('h3', {}, say('popup_routes')), element('ul', { className: 'routes' }, ...rows)];
}

function terrainWords(index) {
  const ratio = ratioOf(index);
  const words = [];
  if (data.communities[index].byTerrain) words.push(element('p', { className: 'popup-terrain' }, say('popup_by_terrain')));
  if (ratio !== null) {
    words.push(element('p', {}, say('popup_ratio', { limit: walks.limit, level: percent(ratio), circle: percent(walks.ratios.circle_ratio[index]) })));
  }
  return words;
}

// The panel's tab.

function walkTable(key, heads, rows) {
  if (!rows.length) return '';
  return element('table', {}, element('caption', {}, say(`${key}_caption`)),
    element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, say(head))))),
    element('tbody', {}, ...rows));
}

/** A row whose name leads to its place on the map, switching on what is drawn there. */
function walkRow(name, line, places, cells) {
  const button = element('button', { type: 'button', className: 'link' }, name);
  button.addEventListener('click', () => {
    const box = document.querySelector(`input[name="line-${line}"]`);
    if (box && !box.checked) box.click();
    const bounds = L.latLngBounds(places);
    if (bounds.isValid()) goTo(bounds, 17);
  });
  return element('tr', {}, element('th', { scope: 'row' }, button), ...cells.map((cell) => element('td', {}, cell)));
}

const mostRows = 15;

function drawWalks() {
  const places = (item) => item.lines.flatMap(positions);
  const flagged = data.communities.filter((community) => community.byTerrain);
  const byTerrain = flagged.length
    ? say('terrain_communities', { count: flagged.length, names: flagged.map((community) => community.name).join(say('list_mark')) })
    : say('terrain_none');
  byId('walks').append(
    element('h2', {}, say('terrain_title')), element('p', {}, byTerrain, walks.byTerrain.rows ? say('terrain_rows', walks.byTerrain) : ''), element('p', { className: 'note' }, say('terrain_note', { limit: walks.limit })),
    walks.walkways.length ? element('h2', {}, say('walkways_title')) : '',
    walkTable('walkways', ['column_walkway', 'column_without'], walks.walkways.map((walkway) => walkRow(`${walkway.rank}. ${walkway.name}`, 'walkways', places(walkway),
      [walkwayWords(walkway)]))),
    walks.streets.length ? element('h2', {}, say('school_title')) : '',
    walks.streets.length ? element('p', { className: 'note' }, say('school_note')) : '',
    walkTable('crossings', ['column_road', 'column_crossing'], walks.crossings.slice(0, mostRows).map((crossing, nth) => walkRow(
      `${nth + 1}. ${crossing.name || say('street_unnamed')}`, 'crossings', positions(crossing.point), [demandWords(crossing.total)]))),
    walkTable('streets', ['column_street', 'column_walkers'], walks.streets.slice(0, mostRows).map((street, nth) => walkRow(
      `${nth + 1}. ${street.name || say('street_unnamed')}`, 'school', places(street), [demandWords(street.total)]))),
  );
}

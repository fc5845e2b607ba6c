// What every part of the map of a run uses beside that: numbers, verdicts, clauses, names.

const grouped = new Intl.NumberFormat(data.lang === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 1 });

/** A number with at most one decimal; "–" if missing. */
const amount = (value) => (value === null || value === undefined ? say('missing') : grouped.format(value));

/** A share in tenths of a percent, half up; the tables' six decimals decide. */
const tenthsOf = (share) => Math.floor((Math.round(share * 1000000) + 500) / 1000);

/** A share as a percentage with one decimal; "–" if missing. */
function percent(share) {
  if (share === null || share === undefined) return say('missing');
  const tenths = tenthsOf(share);
  return say('percent', { number: `${Math.floor(tenths / 10)}.${tenths % 10}` });
}

/** A needed share, without needless decimals. */
const needed = (share) => say('percent', { number: Number((share * 100).toFixed(4)) });

const beyond = '>';

/** Minutes with one decimal; longer than was searched as ">30". */
function minutes(value) {
  if (value === beyond) return say('beyond', { search: data.search });
  if (value === null || value === undefined) return say('missing');
  return say('minutes', { number: value.toFixed(1) });
}

const signs = { passed: '✓', failed: '✗', not_assessed: '–' };

/** A verdict as sign and word. */
function verdictMark(verdict, words = data.verdicts[verdict]) {
  return element('span', { className: `verdict verdict-${verdict}` }, words);
}

const clauseOf = new Map(data.clauses.map((clause) => [clause.id, clause]));
const communityClauses = data.clauses.filter((clause) => clause.scope === 'community' && data.coverage[clause.id]);
const layerName = (layer) => data.names.layers[layer] || layer;
const kindName = (kind) => data.names.kinds[kind] || kind;

/** One community's values under one clause. */
function valuesOf(clause, index) {
  const columns = data.coverage[clause.id];
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[index]]));
}

/** Say something to those who do not see the map. */
function announce(sentence) {
  byId('announcer').textContent = sentence;
}

// What the reader has chosen. Whoever changes it says which part has changed; the parts that care draw anew.

const state = {
  view: 'verdict', // 'verdict', 'terrain', 'none', a clause's id, or 'minutes:' and a clause's id
  lines: new Set(['streets', 'offices', 'labels']),
  facilities: new Set(), // 'layer|kind'
  isochrones: new Set(), // positions in data.isochrones
  text: '',
  office: '',
  verdict: '',
  selected: -1,
};

/** What the map is coloured by beside verdicts and minutes, by the view's name. */
const themes = {};

const listeners = { view: [], lines: [], facilities: [], isochrones: [], filter: [], selected: [] };

/** Call `listener` whenever one of the named parts has changed. */
function onChange(parts, listener) {
  for (const part of parts) listeners[part].push(listener);
}

function changed(part) {
  for (const listener of listeners[part]) listener();
}

/** Put `key` into a set of the state's or take it out. */
function toggle(part, key, on) {
  if (on) state[part].add(key);
  else state[part].delete(key);
  changed(part);
}

/** The clause by which the map is coloured, or null. */
const clauseInView = () => clauseOf.get(state.view) || null;

/** A community's verdict as the map shows it. */
function verdictInView(index) {
  const clause = clauseInView();
  return clause ? data.coverage[clause.id].verdict[index] : data.communities[index].verdict;
}

/** Does a community match the filters? */
function matches(community) {
  if (state.office && community.office !== state.office) return false;
  if (state.verdict === 'marginal' ? !community.marginal : state.verdict && community.verdict !== state.verdict) {
    return false;
  }
  const words = `${community.name} ${community.office} ${community.code}`.toLowerCase();
  return state.text.toLowerCase().split(/\s+/).every((word) => words.includes(word));
}

const facilityKey = (facility) => `${facility.layer}|${facility.kind}`;

/** Is a facility shown: switched on, or one that the clause in view asks for? */
function facilityShown(facility) {
  if (state.facilities.has(facilityKey(facility))) return true;
  const clause = clauseInView();
  return Boolean(clause) && clause.layer === facility.layer
    && (clause.kinds.length === 0 || clause.kinds.includes(facility.kind));
}

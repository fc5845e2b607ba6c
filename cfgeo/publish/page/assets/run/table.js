// The table of communities and that of street offices.

const sorting = { key: 'verdict', up: true };
const ranks = { failed: 0, not_assessed: 1, passed: 2 };
const inOrder = new Intl.Collator(data.lang === 'zh' ? 'zh-CN' : 'en', { numeric: true });
const someChildren = data.communities.some((community) => community.children !== null);
let allClauses = false;

/** A column: its key, heading, what it sorts by, what its cell holds. */
function columns() {
  const clause = clauseInView();
  const amountKey = someChildren ? 'children' : 'demand';
  const fixed = [
    { key: 'community', head: say('column_community'), value: (i) => data.communities[i].name, cell: nameCell },
    { key: 'office', head: say('column_office'), value: (i) => data.communities[i].office },
    {
      key: 'verdict', head: say('column_verdict'), cell: verdictCell,
      value: (i) => ranks[data.communities[i].verdict] + (data.communities[i].marginal ? 0.5 : 0),
    },
    {
      key: 'failed', head: say('column_failed'), figure: true, value: (i) => data.communities[i].failed.length,
      cell: (i) => `${data.communities[i].failed.length} / ${data.communities[i].judged}`,
    },
  ];
  if (allClauses) return [...fixed, ...communityClauses.map((one) => clauseColumn(one, one.name))];
  if (!clause) {
    return [...fixed, {
      key: amountKey, head: say(someChildren ? 'column_children' : `column_${data.basis}`), figure: true,
      value: (i) => data.communities[i][amountKey], cell: (i) => amount(data.communities[i][amountKey]),
    }];
  }
  const reach = clause.measure === 'reach';
  const walk = { key: 'minutes', head: say('column_minutes'), figure: true,
    value: (i) => timeRank(valuesOf(clause, i).median_minutes), cell: (i) => minutes(valuesOf(clause, i).median_minutes) };
  const value = clauseColumn(clause, say(reach ? 'column_share' : 'column_places'));
  return reach ? [...fixed.slice(0, 3), value, walk] : [...fixed, value];
}

function clauseColumn(clause, head) {
  const key = clause.measure === 'reach' ? 'share' : 'places';
  return {
    key: `clause-${clause.id}`, head, figure: true, value: (i) => data.coverage[clause.id][key][i],
    cell: (i) => element('span', { className: `verdict verdict-${data.coverage[clause.id].verdict[i]}` }, valueText(clause, i)),
  };
}

const timeRank = (value) => (value === beyond ? Infinity : value);

function nameCell(index) {
  const button = element('button', { type: 'button', className: 'link' }, data.communities[index].name);
  button.addEventListener('click', (event) => {
    event.stopPropagation();
    // A key press and a screen reader's click have no clicks to count: the popup then takes the focus.
    chooseRow(index, event.detail === 0);
  });
  return button;
}

function verdictCell(index) {
  const { verdict, marginal, fewHomes } = data.communities[index];
  return element('span', {}, verdictMark(verdict),
    marginal ? element('span', { className: 'marginal', title: say('popup_marginal') }, `≈ ${data.verdicts.marginal}`) : '',
    fewHomes ? element('span', { className: 'few', title: say('popup_few_homes', { points: fewHomes }) }, say('few_homes')) : '');
}

function chooseRow(index, focus) {
  if (window.matchMedia('(max-width: 899px)').matches) byId('view').scrollIntoView({ block: 'start' });
  selectCommunity(index, { focus });
}

const rows = data.communities.map((community, index) => {
  const row = element('tr', { 'data-code': community.code });
  row.addEventListener('click', () => chooseRow(index, false));
  return row;
});
const rowOf = (index) => rows[index];

function drawHead(shownColumns) {
  const heads = shownColumns.map((column) => {
    const sorted = column.key === sorting.key;
    const button = element('button', { type: 'button', className: 'sort' }, column.head);
    button.addEventListener('click', () => {
      sorting.up = column.key === sorting.key ? !sorting.up : true;
      sorting.key = column.key;
      drawTable();
      byId('community-table').querySelector(`th[data-key="${column.key}"] button`).focus();
    });
    return element('th', { scope: 'col', 'data-key': column.key, className: column.figure ? 'figure' : '',
      'aria-sort': sorted ? (sorting.up ? 'ascending' : 'descending') : 'none' }, button);
  });
  byId('community-table').tHead.replaceChildren(element('tr', {}, ...heads));
}

/** Compare two values; missing ones always come last. */
function compare(one, other, up) {
  const gone = (value) => value === null || value === undefined;
  if (gone(one) || gone(other)) return gone(one) - gone(other);
  const order = typeof one === 'string' ? inOrder.compare(one, other) : one === other ? 0 : one - other;
  return up ? order : -order;
}

function drawTable() {
  const shownColumns = columns();
  if (!shownColumns.some((column) => column.key === sorting.key)) sorting.key = 'verdict';
  drawHead(shownColumns);
  const { value } = shownColumns.find((column) => column.key === sorting.key);
  rows.forEach((row, index) => {
    row.replaceChildren(...shownColumns.map((column, place) => element(place ? 'td' : 'th',
      place ? { className: column.figure ? 'figure' : '' } : { scope: 'row' },
      column.cell ? column.cell(index) : column.value(index))));
  });
  const order = rows.map((_, index) => index)
    .sort((a, b) => compare(value(a), value(b), sorting.up) || a - b);
  byId('community-table').tBodies[0].append(...order.map(rowOf));
}

function drawFilter() {
  let count = 0;
  rows.forEach((row, index) => {
    row.hidden = !matches(data.communities[index]);
    count += row.hidden ? 0 : 1;
  });
  byId('count').textContent = count ? say('shown', { shown: count, all: rows.length }) : say('none_shown');
}

function drawSelected() {
  rows.forEach((row, index) => {
    if (index === state.selected) row.setAttribute('aria-current', 'true');
    else row.removeAttribute('aria-current');
  });
  const row = rows[state.selected];
  if (!row || row.hidden) return;
  // Within the table's own box only: the page itself must not jump on a phone.
  const box = row.closest('.table-box');
  const gap = row.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (gap < 40 || gap > box.clientHeight - 40) box.scrollTop += gap - box.clientHeight / 3;
}

/** Fill the table of street offices; a name filters the communities and goes there. */
function drawOffices() {
  const heads = ['column_office', 'column_passed', 'column_share_passed', 'column_marginal'];
  const table = byId('office-table');
  const { files, offices } = data.links;
  byId('links').hidden = !files.length;
  byId('links').append(...files.map(([words, href]) => element('a', { href }, words)));
  if (Object.keys(offices).length) heads.push('column_report');
  table.tHead.append(element('tr', {}, ...heads.map((key) => element('th', { scope: 'col' }, say(key)))));
  table.tBodies[0].append(...data.offices.map((office) => {
    const button = element('button', { type: 'button', className: 'link' }, office.name);
    button.addEventListener('click', () => chooseOffice(office.name));
    return element('tr', {}, element('th', { scope: 'row' }, button),
      element('td', { className: 'figure' }, `${office.passed} / ${office.communities}`),
      element('td', { className: 'figure' }, percent(office.share)),
      element('td', { className: 'figure' }, amount(office.marginal)),
      offices[office.name] ? element('td', {}, element('a', { href: offices[office.name] }, say('link_word'))) : '');
  }));
}

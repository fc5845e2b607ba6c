// Street offices: their table, and what choosing one does.

import { byId, element, say } from '../shared/base.js';
import { amount, data, percent } from './core.js';
import { communityShapes, goTo } from './map.js';
import { filterBy } from './state.js';
import { showTab } from './tabs.js';

/**
 * Show one street office's communities and go there; "" shows all.
 * @param {string} name
 */
export function chooseOffice(name) {
  byId('office').value = name;
  filterBy('office', name);
  const inside = communityShapes.filter((_, index) => !name || data.communities[index].office === name);
  if (inside.length) goTo(L.featureGroup(inside).getBounds(), 16);
}

/** Fill the table of street offices; a name filters the communities and goes there. */
export function drawOffices() {
  const heads = ['column_office', 'column_passed', 'column_share_passed', 'column_marginal'];
  const table = byId('office-table');
  const { files, offices } = data.links;
  byId('links').hidden = !files.length;
  byId('links').append(...files.map(([words, href]) => element('a', { href }, words)));
  if (Object.keys(offices).length) heads.push('column_report');
  table.tHead?.append(element('tr', {}, ...heads.map((key) => element('th', { scope: 'col' }, say(key)))));
  table.tBodies[0].append(...data.offices.map((office) => {
    const button = element('button', { type: 'button', className: 'link' }, office.name);
    button.addEventListener('click', () => {
      showTab('communities');
      chooseOffice(office.name);
    });
    return element('tr', {}, element('th', { scope: 'row' }, button),
      element('td', { className: 'figure' }, `${office.passed} / ${office.communities}`),
      element('td', { className: 'figure' }, percent(office.share)),
      element('td', { className: 'figure' }, amount(office.marginal)),
      offices[office.name] ? element('td', {}, element('a', { href: offices[office.name] }, say('link_word'))) : '');
  }));
}

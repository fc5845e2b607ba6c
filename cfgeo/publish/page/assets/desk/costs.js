// The cost of a change in the list: entered where its tool did not ask for it, or mended.

import { element } from '../shared/base.js';
import { data } from '../run/core.js';
import { act, desk, deskText, session } from './session.js';

/** Where a cost is being entered. @type {HTMLInputElement | null} */
let entering = null;
/** Whether a cost is being entered, so that the list may not be drawn anew beneath it. */
export const isEntering = () => entering !== null;
let costLeft = () => {};

/** @param {() => void} listener called to draw the list anew once nothing is entered any more */
export function onCostLeft(listener) {
  costLeft = listener;
}

/**
 * The community that a change is in, and its cost, which a click lets enter.
 * @param {DeskEdit} edit
 * @param {string} what the change in words
 */
export function changeFacts(edit, what) {
  const { community, row } = edit;
  const name = community === null ? '' : data.communities[community].name;
  if (desk.readOnly || edit.decided) return [[name, row.cost || ''].filter(Boolean).join(' · ')];
  const [shown, title] = [row.cost || deskText('cost_add'), deskText('cost_of', { what })];
  const button = element('button', { type: 'button', className: 'cost', title, 'aria-label': `${shown}, ${title}` }, shown);
  button.addEventListener('click', () => enterCost(button, edit));
  return [name ? `${name} · ` : '', button];
}

/**
 * Take the cost of a change in the place of its button; Escape leaves it as it was.
 * @param {HTMLButtonElement} button
 * @param {DeskEdit} edit
 */
function enterCost(button, { id, row: { cost = '' } }) {
  const field = element('input', { type: 'text', className: 'cost', maxLength: 30, autocomplete: 'off', value: cost, placeholder: deskText('cost_hint'), 'aria-label': button.title });
  /** @param {boolean} keeps whether what was entered is meant */
  const leave = async (keeps) => {
    if (entering !== field) return;
    entering = null;
    const entered = field.value.trim();
    const now = session?.edits.find((edit) => edit.id === id)?.row; // another tab may have changed it, or taken it away
    if (!keeps || entered === cost || !now) {
      costLeft();
      return;
    }
    const { cost: _, ...rest } = now;
    field.readOnly = true;
    const isTaken = await act({ do: 'replace', id, row: entered ? { ...rest, cost: entered } : rest });
    field.readOnly = false;
    if (!isTaken && field.isConnected) entering = field; // the fault is said, and what was entered can be mended
  };
  field.addEventListener('blur', () => window.setTimeout(() => leave(true))); // when the focus is where it goes
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') leave(true);
    else if (event.key === 'Escape') leave(false);
    else return;
    event.stopPropagation(); // neither a tool nor the map is meant
  });
  entering = field;
  button.replaceWith(field);
  field.focus();
}

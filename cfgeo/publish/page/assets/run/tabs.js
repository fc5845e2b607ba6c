// The tabs of the panel, with the arrow keys as in other programs.

const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[role=tab]')]);

/** @param {HTMLElement} tab */
const panelOf = (tab) => tab.getAttribute('aria-controls') || '';

/**
 * What fills a tab when it is first shown, by its id: what nobody looks at costs nothing.
 * @type {Record<string, () => void>}
 */
export const onFirstShown = {};

/** @param {string} id of a tab's panel */
export function showTab(id) {
  for (const tab of tabs) {
    const on = panelOf(tab) === id;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    const panel = /** @type {HTMLElement} */ (document.getElementById(panelOf(tab)));
    panel.hidden = !on;
  }
  const fill = onFirstShown[id];
  delete onFirstShown[id];
  fill?.();
}

export function startTabs() {
  tabs.forEach((tab, place) => {
    tab.addEventListener('click', () => showTab(panelOf(tab)));
    tab.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (!step) return;
      const next = tabs[(place + step + tabs.length) % tabs.length];
      showTab(panelOf(next));
      next.focus();
    });
  });
}

// Starts what a page needs: elements, keys, search while typing. Every page works without this file, too.
import './live-values.js';
import { listenToKeys } from './keys.js';
import { refreshParts, setLocation } from './refresh.js';

if (document.querySelector('region-map')) import('./region-map.js');
if (document.querySelector('day-curve')) import('./day-curve.js');
if (document.querySelector('[data-ticks]')) import('./ticks.js');
listenToKeys();
searchWhileTyping();
followPlan();

function searchWhileTyping() {
  const form = document.querySelector('form[data-live-search]');
  if (!form) return;
  let waiting;
  const search = () => {
    const asked = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...asked]) if (!value) asked.delete(name);
    setLocation(`${form.action}?${asked}`);
    refreshParts();
  };
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 200);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    search();
  });
}

// A plan that is being made tells its progress once a second until it is done.
function followPlan() {
  const follow = async () => {
    if (!document.querySelector('[data-following]')) return;
    await refreshParts();
    setTimeout(follow, 1000);
  };
  setTimeout(follow, 1000);
}

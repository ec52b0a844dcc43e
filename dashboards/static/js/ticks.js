// Ticks of a tour's sheet: kept on the phone at once, sent when there is a network; the page itself is kept, too.
const form = document.querySelector('[data-ticks]');
const state = form.querySelector('[data-tick-state]');
const key = `ticks-${form.dataset.ticks}`;
const RETRY_MS = 15000;
let sending = false;

const waiting = () => JSON.parse(localStorage.getItem(key) ?? '{}');
const keep = (ticks) => localStorage.setItem(key, JSON.stringify(ticks));

for (const [seq, tick] of Object.entries(waiting())) {
  const box = form.querySelector(`input[type=checkbox][value="${seq}"]`);
  if (box) box.checked = tick.done;
}
form.addEventListener('change', ({ target }) => {
  if (target.name !== 'done') return;
  keep({ ...waiting(), [target.value]: { done: target.checked, at: new Date().toISOString() } });
  send();
});
addEventListener('online', send);
setInterval(send, RETRY_MS);
send();
keepPage();
const print = document.querySelector('[data-print]');
print.hidden = false;
print.addEventListener('click', () => window.print());

async function send() {
  if (sending) return;
  sending = true;
  try {
    for (const [seq, tick] of Object.entries(waiting())) {
      const body = new URLSearchParams({ shown: seq, at: tick.at });
      if (tick.done) body.set('done', seq);
      const answer = await fetch(location.pathname, { method: 'POST', body, headers: { Accept: 'application/json' } });
      if (!answer.ok) {
        state.textContent = form.dataset.refused;
        return;
      }
      const rest = waiting();
      if (rest[seq]?.at === tick.at) delete rest[seq];
      keep(rest);
      state.textContent = form.dataset.saved;
    }
  } catch {
    state.textContent = form.dataset.waiting.replace('{count}', Object.keys(waiting()).length);
  } finally {
    sending = false;
  }
}

// The first visit happens before the worker is there: page and files are put into its store from here.
async function keepPage() {
  if (!('serviceWorker' in navigator)) return;
  await navigator.serviceWorker.register('/sheet-worker.js');
  const store = await caches.open('sheets');
  const files = performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => name.includes('/static/'));
  await Promise.all([location.pathname, ...new Set(files)].map((name) => store.add(name).catch(() => {})));
}

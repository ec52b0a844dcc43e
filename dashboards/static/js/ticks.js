// What a driver ticks and says: kept on the phone at once, sent in order when there is a network; the page itself is kept, too.
const form = document.querySelector('[data-ticks]');
const state = form.querySelector('[data-tick-state]');
const key = `said-${form.dataset.ticks}`;
const RETRY_MS = 15000;
let sending = false;
let latest = 0;

const waiting = () => JSON.parse(localStorage.getItem(key) ?? '[]');
const keep = (reports) => localStorage.setItem(key, JSON.stringify(reports));

for (const { seq, done, note } of waiting()) {
  if (note === undefined) {
    const box = form.querySelector(`input[type=checkbox][value="${seq}"]`);
    if (box) box.checked = done;
  } else {
    const option = [...form.querySelectorAll('option')].find((one) => one.value === note);
    if (option) option.selected = true;
  }
}
form.addEventListener('change', ({ target }) => {
  latest = Math.max(Date.now(), latest + 1); // two answers within a millisecond keep their order
  const at = { key: newKey(), at: new Date(latest).toISOString() };
  if (target.name === 'done') say({ ...at, seq: target.value, done: target.checked });
  if (target.name === 'note' && target.value) say({ ...at, note: target.value });
});
addEventListener('online', send);
setInterval(send, RETRY_MS);
send();
keepPage();
const print = document.querySelector('[data-print]');
print.hidden = false;
print.addEventListener('click', () => window.print());

// Not randomUUID: that exists over TLS only, and a demo runs without.
function newKey() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-');
}

function say(report) {
  keep([...waiting(), report]);
  send();
}

async function send() {
  if (sending) return;
  sending = true;
  try {
    for (let [first] = waiting(); first; [first] = waiting()) {
      const answer = await fetch(location.pathname, { method: 'POST', body: bodyOf(first), headers: { Accept: 'application/json' } });
      // Who is signed out may sign in again; what the server finds wrong stays wrong and must not stop the rest.
      if (answer.status === 401 || answer.status === 403 || answer.status >= 500) {
        state.textContent = form.dataset.refused;
        return;
      }
      keep(waiting().filter((report) => report.key !== first.key));
      const left = waiting().length;
      const saved = answer.ok ? form.dataset.saved : form.dataset.dropped;
      state.textContent = left ? form.dataset.waiting.replace('{count}', left) : saved;
    }
  } catch {
    state.textContent = form.dataset.waiting.replace('{count}', waiting().length);
  } finally {
    sending = false;
  }
}

function bodyOf({ key: id, at, seq, done, note }) {
  const body = new URLSearchParams({ key: id, at });
  if (note !== undefined) body.set('note', note);
  else body.set('shown', seq);
  if (done) body.set('done', seq);
  return body;
}

// The first visit happens before the worker is there: page and files are put into its store from here.
async function keepPage() {
  if (!('serviceWorker' in navigator)) return;
  await navigator.serviceWorker.register('/sheet-worker.js');
  const store = await caches.open('sheets');
  const files = performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => name.includes('/static/'));
  await Promise.all([location.pathname, ...new Set(files)].map((name) => store.add(name).catch(() => {})));
}

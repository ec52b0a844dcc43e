// <live-values src>: the stream of readings. Announces each batch as the event "live-values" on the document;
// after a lost stream it first has the state read again ("live-reread"), then goes on.
import { refreshParts } from './refresh.js';

const BANNER_AFTER_MS = 3000;
const RETRY_MS = 2000;
const PARTS_EVERY_MS = 5000;
const AGES_EVERY_MS = 15000;

class LiveValues extends HTMLElement {
  #stream = null;
  #lost = false;
  #banner = null;
  #retry = null;
  #parts = null;
  #lostAt = null;

  connectedCallback() {
    if (!this.hasAttribute('src')) return;
    document.addEventListener('visibilitychange', this.#visible);
    addEventListener('pagehide', this.#close);
    addEventListener('offline', this.#onLost);
    setInterval(() => this.#ages(), AGES_EVERY_MS);
    if (!document.hidden) this.#open();
  }

  // A page in the background holds no stream: browsers allow six to a host.
  #visible = () => {
    if (document.hidden) {
      this.#close();
    } else if (!this.#stream) {
      this.#lost = true;
      this.#open();
    }
  };

  #open() {
    clearTimeout(this.#retry);
    this.#stream = new EventSource(this.getAttribute('src'));
    this.#stream.addEventListener('open', this.#onOpen);
    this.#stream.addEventListener('values', (event) => this.#onValues(JSON.parse(event.data)));
    this.#stream.addEventListener('outage', this.#onLost);
    this.#stream.addEventListener('recovered', this.#onOpen);
    this.#stream.addEventListener('error', this.#onLost);
  }

  #close = () => {
    this.#stream?.close();
    this.#stream = null;
    clearTimeout(this.#retry);
  };

  #onOpen = async () => {
    if (this.#lost) {
      document.dispatchEvent(new CustomEvent('live-reread'));
      if ((await refreshParts()) === false) return;
      this.#lost = false;
    }
    this.#lostAt = null;
    clearTimeout(this.#banner);
    this.#banner = null;
    document.getElementById('offline').hidden = true;
    this.#seen();
  };

  #onLost = () => {
    this.#lost = true;
    this.#lostAt ??= new Date();
    this.#banner ??= setTimeout(() => this.#showBanner(), BANNER_AFTER_MS);
    // The browser itself tries again after a broken line, but not after a refusal.
    if (this.#stream?.readyState === EventSource.CLOSED) {
      this.#close();
      this.#retry = setTimeout(() => this.#open(), RETRY_MS);
    }
  };

  #showBanner() {
    const banner = document.getElementById('offline');
    banner.querySelector('[data-since]').textContent = this.#clock(this.#lostAt);
    banner.hidden = false;
    this.#state(this.dataset.lost, true);
  }

  #onValues(items) {
    this.#seen();
    document.dispatchEvent(new CustomEvent('live-values', { detail: items }));
    if (items.some(updateRow)) this.#parts ??= setTimeout(() => this.#refresh(), PARTS_EVERY_MS);
  }

  #refresh() {
    this.#parts = null;
    refreshParts();
  }

  #seen() {
    const now = new Date();
    this.#state(this.dataset.fresh, false);
    const stand = this.querySelector('[data-stand]');
    stand.dateTime = now.toISOString();
    stand.textContent = this.#clock(now);
  }

  #state(words, hollow) {
    const state = this.querySelector('[data-state]');
    if (!state) return;
    state.textContent = words;
    this.querySelector('.dot').classList.toggle('hollow', hollow);
  }

  #clock(time) {
    return time.toLocaleTimeString('de', { timeZone: this.dataset.zone, hour12: false });
  }

  #ages() {
    const now = Date.now();
    for (const time of document.querySelectorAll('time[data-age]')) {
      const seconds = Math.max(0, Math.round((now - Date.parse(time.dateTime)) / 1000));
      time.textContent = ageWords(seconds, this.dataset.days);
    }
  }
}

function ageWords(seconds, days) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} ${days}`;
}

// Puts a new level into the row that shows the object; tells whether the tables as a whole may have changed.
function updateRow(item) {
  if (item.object_kind === 'vehicle') return false;
  const row = document.querySelector(`tr[data-object="${CSS.escape(item.object ?? '')}"]`);
  if (row && item.level != null) {
    const value = row.querySelector('[data-value]');
    if (value) value.textContent = Math.round(item.level * 100);
    row.querySelector('.level small')?.remove();
    row.querySelector('.level rect:last-of-type')?.setAttribute('width', Math.min(100, Math.max(0, item.level * 100)));
    const age = row.querySelector('time[data-age]');
    if (age) {
      age.dateTime = item.time;
      age.classList.remove('old');
      age.textContent = ageWords(Math.max(0, Math.round((Date.now() - Date.parse(item.time)) / 1000)), '');
    }
  }
  return true;
}

customElements.define('live-values', LiveValues);

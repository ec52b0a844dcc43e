// Reads the page again from the server and puts its living parts in place; the server alone knows how they look.
let running = null;
let again = false;

// One reading at a time; whoever asks meanwhile gets the next one.
export function refreshParts() {
  if (running) {
    again = true;
    return running;
  }
  running = read().finally(() => {
    running = null;
    if (again) {
      again = false;
      refreshParts();
    }
  });
  return running;
}

export function setLocation(address) {
  history.replaceState(null, '', address);
}

// Resolves to whether the page could be read.
async function read() {
  const asked = location.href;
  let text;
  try {
    const answer = await fetch(asked, { headers: { Accept: 'text/html' }, cache: 'no-cache' });
    if (!answer.ok) return false;
    text = await answer.text();
  } catch {
    return false;
  }
  if (asked !== location.href) return false;
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  for (const part of document.querySelectorAll('[data-live-part]')) {
    const next = fresh.getElementById(part.id);
    if (next) replace(part, next);
  }
  const stand = document.querySelector('[data-stand]');
  const freshStand = fresh.querySelector('[data-stand]');
  if (stand && freshStand) stand.replaceWith(document.importNode(freshStand, true));
  document.dispatchEvent(new CustomEvent('parts-refreshed'));
  return true;
}

// The reader keeps focus and scroll position.
function replace(part, next) {
  // Nobody loses what they are choosing.
  if (part.contains(document.activeElement) && document.activeElement.matches('input, select, textarea')) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const mark = focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.getAttribute('href') ? `a[href="${CSS.escape(focused.getAttribute('href'))}"]` : null);
  const top = part.scrollTop;
  part.replaceChildren(...[...next.childNodes].map((node) => document.importNode(node, true)));
  part.scrollTop = top;
  if (mark) part.querySelector(mark)?.focus({ preventScroll: true });
}

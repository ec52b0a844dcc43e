// Keys for each task: "/" to the search, arrows through rows, Esc back out.
export function listenToKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest('input, select, textarea');
    if (event.key === '/' && !field) {
      const search = document.querySelector('input[type=search]');
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    } else if (event.key === 'Escape') {
      leave(event.target);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      step(event, event.key === 'ArrowDown' ? 1 : -1);
    }
  });
}

function leave(target) {
  if (target.matches('input[type=search]') && target.value) {
    target.value = '';
    target.dispatchEvent(new Event('input', { bubbles: true }));
  } else if (target !== document.body) {
    target.blur();
  }
}

// From the search into the first row, then from row to row.
function step(event, by) {
  const table = event.target.closest('table[data-arrows]');
  if (!table) {
    if (by > 0 && event.target.matches('input[type=search]')) {
      const first = document.querySelector('table[data-arrows] tbody a');
      if (first) {
        event.preventDefault();
        first.focus();
      }
    }
    return;
  }
  const links = [...table.querySelectorAll('tbody tr')].map((row) => row.querySelector('a')).filter(Boolean);
  const here = links.findIndex((link) => link.closest('tr').contains(event.target));
  const next = links[here + by];
  event.preventDefault();
  if (next) next.focus();
  else if (by < 0) document.querySelector('input[type=search]')?.focus();
}

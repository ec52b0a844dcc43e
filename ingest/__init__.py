"""From bytes to rows, nothing lost: subscribe, decode, write, keep the books, quarantine what cannot be
read."""
